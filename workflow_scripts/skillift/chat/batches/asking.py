"""Questions asked in batches: submitted together, answered within a day, at a share of the price.

The questions of a job that are neither answered nor in an outstanding batch are submitted
(`skillift.chat.batches.submission`); then this waits for every batch that holds one of its questions, whoever
submitted it, and keeps the answers under the keys that direct calls use. In this package, what must outlive a
kill stands in `state`, what a question is and how its reply is read in `lines`, and what a provider
understands in `<provider>_api`.

Questions that a batch leaves open (it expired, was cancelled or failed, a line is missing or cannot be read,
or met an error that may pass) go into further batches as long as these bring answers, and at last are left
to direct calls.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.batches.api import Batch
from skillift.chat.batches.batch_settings import ALL, BatchSettings
from skillift.chat.batches.lines import Reply, answer_of
from skillift.chat.batches.providers import open_api
from skillift.chat.batches.state import CREATED, BatchState, Outstanding
from skillift.chat.batches.submission import FORGOTTEN_S, Submission, batch_problem
from skillift.chat.budget import Budget
from skillift.chat.counts import Counts
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest
from skillift.chat.retries import CallFailed, retrying
from skillift.processes.progress import Progress

_ROUNDS = 3  # batches that one question is put into at most, in one job
_FEW = 20  # questions that are not worth another batch, once they were in one
_CANCELLING_S = 900.0  # OpenAI: up to 10 minutes
_NO_REPLY = Reply(0, None)


@dataclass
class Batches:
    """Asks in batches, for a client.

    Args:
        settings: which models, and how.
        cache: where answers are kept, and what is outstanding.
        budget: checked before a batch is submitted.
        counts: of the client.
        secrets: what is taken out of every text, as `redaction.secrets` gives it.
        timeout_s: the longest wait for one reply to a call about a batch.
        retries: how often a call that submits is made again.
        backoff_s: see `retries.pause`.
        check_access: raises a `UserError` where a model cannot be asked.
    """

    settings: BatchSettings
    cache: AnswerCache
    budget: Budget
    counts: Counts
    secrets: Mapping[str, str]
    timeout_s: float
    retries: int
    backoff_s: float
    check_access: Callable[[ChatModel], None]
    _told: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        self.state = BatchState(self.cache)

    async def ask(self, requests: Sequence[ChatRequest], label: str = "") -> dict[str, ChatAnswer]:
        """The answers that batches bring, by key; requests of models that are asked directly have none.

        Answers that were kept before are not among them; those that failed for a lasting reason are. A
        question in an outstanding batch is waited for whatever the settings say: it is being paid for.

        Raises:
            UserError: a batch cannot be submitted or looked at, or would pass a ceiling; nothing is lost.
        """
        outstanding = self.state.lines()
        if not outstanding and not self.settings.models:
            return {}
        places: dict[str, dict[str, ChatRequest]] = {}
        for request in requests:
            if request.model.offline:
                continue
            batched, key = self.settings.takes(request.model), request.key()
            if batched or key in outstanding:
                places.setdefault(_place(request.model), {})[key] = request
            if not batched and ALL in self.settings.models and request.model.model not in self._told:
                self._told.add(request.model.model)
                _tell(f"api.batch: {request.model.model} is asked directly, as no batches are offered there")
        found: dict[str, ChatAnswer] = {}
        for place, asked in places.items():
            await _Asking(self, place, asked, found, label).run()
        return found

    async def retried(self, call: Callable, *arguments: Any) -> Any:
        """Await a call, again where it fails for a transient reason."""

        def count() -> None:
            self.counts.retried += 1

        return await retrying(self.retries, self.backoff_s, count)(call, *arguments)


@dataclass
class _Asking:
    """The questions of one job to one model at one address."""

    batches: Batches
    place: str
    requests: dict[str, ChatRequest]
    found: dict[str, ChatAnswer]
    label: str

    async def run(self) -> None:
        """Ask in batches for as long as that brings answers."""
        batches, asked = self.batches, self._open()
        if not asked:
            return
        model = next(iter(asked.values())).model
        batches.check_access(model)
        self.state = batches.state
        self.api = open_api(model, batches.timeout_s, batches.secrets)
        self.submission = Submission(
            self.place, self.api, self.state, batches.settings, batches.budget, batches.retried, self._tell
        )
        batched = batches.settings.takes(model)
        for _ in range(_ROUNDS):
            async with self.state.submitting():
                await self.submission.recover()
                batched = batched and await self.submission.submit(asked)
            await self._collect_all(asked)
            before, asked = asked, self._open()
            if not batched or len(asked) <= _FEW or len(asked) == len(before):
                break
        if asked:
            self._tell(f"{len(asked)} questions are asked directly, at full price")

    def _open(self) -> dict[str, ChatRequest]:
        """The questions without an answer."""
        kept = self.batches.cache
        return {
            key: request
            for key, request in self.requests.items()
            if key not in self.found and kept.get(key) is None
        }

    async def _collect_all(self, asked: Mapping[str, ChatRequest]) -> None:
        """Wait for the batches that hold these questions; of others, keep those that have ended."""
        lines = self.state.lines()
        needed = {lines[key] for key in asked if key in lines}
        outstanding = [batch.id for batch in self.state.open_batches(self.place)]
        sizes = {batch: len(self.state.requests(batch)) for batch in needed}
        with Progress(f"{self.label or 'asking'}, in batches", sum(sizes.values()), "answer") as progress:
            waiting = _Waiting(progress, sizes)
            await asyncio.gather(
                *(self._collect(batch, waiting if batch in needed else None) for batch in outstanding)
            )

    async def _collect(self, batch_id: str, waiting: _Waiting | None) -> None:
        """Wait for a batch, and keep what it brings; another process may do so first."""
        told = ""
        while (batch := self.state.find(batch_id)) is not None:
            if batch.stage != CREATED or batch.provider_id is None:
                # another process planned it since, and may have died
                async with self.state.submitting():
                    await self.submission.recover()
                continue
            now = time.time()
            try:
                seen = await self.api.look(batch.provider_id)
                if seen.ended:
                    await self._keep(batch, seen, await self.api.replies(seen))
                    if waiting is not None:
                        waiting.ended(batch_id)
                    return
            except CallFailed as failure:
                if failure.permanent and now - batch.at > FORGOTTEN_S:
                    self._give_up(batch, f"is not known any more: {failure.reason}")
                    return
                if failure.permanent:
                    what = f"({batch.provider_id}) cannot be looked at"
                    raise batch_problem(self.api, what, failure) from None
                seen = None  # it may be seen next time
            if waiting is None:
                return
            if seen is not None:
                waiting.seen(batch_id, seen.done)
                if told != seen.status:
                    told = seen.status
                    self._tell(f"batch {seen.id} {seen.status}: {seen.done} of {seen.total} done")
            await self._end_if_late(batch, now)
            await asyncio.sleep(self.batches.settings.poll_s)

    async def _end_if_late(self, batch: Outstanding, now: float) -> None:
        """Cancel a batch that takes too long, and forget one that does not end by that."""
        late = now - batch.at - self.batches.settings.wait_h * 3600
        if late > _CANCELLING_S:
            self._give_up(batch, "did not end though it was cancelled")
        elif late >= 0 and batch.provider_id is not None:
            with suppress(CallFailed):  # it is being cancelled already, or has ended
                await self.api.cancel(batch.provider_id)

    def _give_up(self, batch: Outstanding, why: str) -> None:
        self.state.give_up(batch.id)
        self._tell(f"batch {batch.provider_id} {why}; its questions are asked again")

    async def _keep(self, batch: Outstanding, seen: Batch, replies: Mapping[str, Reply]) -> None:
        answers: dict[str, ChatAnswer] = {}
        failed: dict[str, ChatAnswer] = {}
        lost, account = [], None
        requests = self.state.requests(batch.id)
        share = 1.0 - self.batches.settings.discount
        for key, request in requests.items():
            try:
                answer = await answer_of(request, replies.get(key, _NO_REPLY), self.batches.secrets, share)
            except CallFailed as failure:
                lost.append(failure.usd)
                account = failure if failure.account else account
                continue
            if answer is not None:
                (failed if answer.status == "failed" else answers)[key] = answer
        if self.state.settle(batch.id, answers, lost):
            self.batches.counts.failed += len(failed)
            self.batches.counts.usd += sum(answer.cost_usd for answer in answers.values()) + sum(lost)
        self.found.update(answers | failed)
        left = len(requests) - len(answers) - len(failed)
        why = f" ({seen.errors})" if seen.errors else ""
        text = f"{len(answers)} answers, {len(failed)} failed, {left} left open{why}"
        self._tell(f"batch {seen.id} {seen.status}: {text}")
        if account is not None:
            raise batch_problem(self.api, f"({seen.id}) was not answered whole", account)

    def _tell(self, text: str) -> None:
        _tell(f"{self.label}: {text}" if self.label else text)


@dataclass
class _Waiting:
    """How many answers of the batches that are waited for their provider has; `sizes`: of the batches."""

    progress: Progress
    sizes: Mapping[str, int]
    _done: dict[str, int] = field(default_factory=dict)

    def seen(self, batch_id: str, done: int) -> None:
        """A batch has so many."""
        self._done[batch_id] = min(done, self.sizes[batch_id])
        self.progress.move_to(sum(self._done.values()))

    def ended(self, batch_id: str) -> None:
        """A batch has all that it will have."""
        self.seen(batch_id, self.sizes[batch_id])


def _place(model: ChatModel) -> str:
    """A model at an address; hashed, as addresses may hold what nobody should read."""
    return hashlib.sha256(f"{model.model} {model.api_base or ''}".encode()).hexdigest()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
