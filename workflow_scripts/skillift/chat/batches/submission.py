"""Submitting batches so that a kill at any moment loses none and repeats none.

A batch is written down before anything leaves, and again before it is created at the provider; where no
acknowledgement came, it is looked for by our own name of it before it is created again. All this happens
under one lock of the state (`skillift.chat.batches.state`), so of several processes with the same questions
one submits them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from skillift.chat.batches.api import BatchApi
from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.batches.lines import line_of
from skillift.chat.batches.state import CREATED, CREATING, BatchState, Outstanding
from skillift.chat.budget import Budget
from skillift.chat.models import ChatRequest
from skillift.chat.retries import CallFailed
from skillift.errors import UserError

FORGOTTEN_S = 172_800.0  # age of a batch that a provider need not know any more
_MOST_BYTES = 100_000_000  # of the questions of one batch; OpenAI takes 200 MB, Anthropic 256


@dataclass
class Submission:
    """Submits batches for one model at one address. Its methods are to be called under the state's lock.

    Args:
        place: the model and its address, as `batch_state` keeps it.
        api: the provider's batches.
        state: what is outstanding.
        settings: how many questions make a batch, and how long one is looked for.
        budget: checked before a batch is submitted.
        retried: awaits a coroutine function with arguments, again where it fails for a transient reason.
        tell: takes a line of progress.
    """

    place: str
    api: BatchApi
    state: BatchState
    settings: BatchSettings
    budget: Budget
    retried: Callable[..., Any]
    tell: Callable[[str], None]

    async def recover(self) -> None:
        """Find out what became of batches whose process died while it submitted them.

        Raises:
            UserError: the provider does not say.
        """
        for batch in self.state.open_batches(self.place):
            if batch.stage == CREATED:
                continue
            created = await self._look_for(batch) if batch.stage == CREATING else None
            if created is None:
                self.state.give_up(batch.id)
            else:
                self.state.advance(batch.id, CREATED, created)

    async def submit(self, requests: Mapping[str, ChatRequest]) -> bool:
        """Submit the questions, by key, that are in no outstanding batch yet.

        Returns:
            False where they cannot stand in a batch.

        Raises:
            UserError: the provider does not take them, or they would pass a ceiling.
        """
        taken = self.state.lines()
        for chunk in self._chunks({key: requests[key] for key in requests if key not in taken}):
            lines = {}
            for key, request in chunk.items():
                lines[key] = await line_of(request, self.api.secrets)
                if lines[key] is None:
                    return False
            usd = self.budget.cost_of_batch(chunk.values())
            batch_id = self.state.plan(self.place, self.api.model.model, chunk, usd)
            created = await self._upload_and_create(batch_id, lines)
            self.state.advance(batch_id, CREATED, created)
            self.tell(f"batch {created}: {len(lines)} questions submitted")
        return True

    def _chunks(self, requests: Mapping[str, ChatRequest]) -> Iterator[dict[str, ChatRequest]]:
        chunk: dict[str, ChatRequest] = {}
        size = 0
        for key, request in requests.items():
            length = len(json.dumps(request.messages))
            if chunk and (len(chunk) == self.settings.most_requests or size + length > _MOST_BYTES):
                yield chunk
                chunk, size = {}, 0
            chunk[key] = request
            size += length
        if chunk:
            yield chunk

    async def _upload_and_create(self, batch_id: str, lines: dict) -> str:
        """The provider's name of the new batch."""
        try:
            uploaded = await self.retried(self.api.upload, batch_id, lines)
            self.state.advance(batch_id, CREATING)
            return await self.retried(self._create, batch_id, uploaded)
        except CallFailed as failure:
            if failure.permanent:  # else it may exist all the same: the next run looks for it
                self.state.give_up(batch_id)
            raise batch_problem(self.api, "cannot be submitted", failure) from None

    async def _create(self, batch_id: str, uploaded: Any) -> str:
        try:
            return await self.api.create(batch_id, uploaded)
        except CallFailed as failure:
            planned = None if failure.permanent else self.state.find(batch_id)
            found = None if planned is None else await self._look_for(planned)
            if found is not None:
                return found
            raise

    async def _look_for(self, batch: Outstanding) -> str | None:
        """The provider's name of a batch that was perhaps created; it may take a moment to show up."""
        until = min(batch.at, time.time()) + self.settings.poll_s
        keys = self.state.requests(batch.id).keys()
        known = {other.provider_id for other in self.state.open_batches() if other.provider_id}
        while True:
            late = time.time() >= until
            try:
                found = await self.retried(self.api.find, batch.id, batch.at, keys, known)
            except CallFailed as failure:
                if failure.permanent and time.time() - batch.at > FORGOTTEN_S:
                    return None
                raise batch_problem(self.api, "cannot be looked for", failure) from None
            if found is not None or late:
                return found
            await asyncio.sleep(min(1.0, max(0.0, until - time.time())))


def batch_problem(api: BatchApi, what: str, failure: CallFailed) -> UserError:
    """What went wrong with a batch, and the fix."""
    fix = failure.account or (
        "Look at the key, the account and the address, or take the model out of `api.batch` in config.yaml. "
        "An outstanding batch that the provider does not know is given up after two days."
        if failure.permanent
        else "Run again to go on."
    )
    where = f"{api.model.where} ({api.model.model})"
    return UserError(f"{where}: a batch {what}: {failure.reason}. {fix} What was submitted before is kept.")
