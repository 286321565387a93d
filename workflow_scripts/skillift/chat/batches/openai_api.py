"""Batches as OpenAI's API has them, through litellm; our own name of a batch stands in its metadata."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from skillift.chat.batches.api import Batch, called
from skillift.chat.batches.lines import Line, Reply, replies
from skillift.chat.completions import load_litellm
from skillift.chat.models import ChatModel

_OURS = "skillift_batch"  # key of the metadata
_ENDPOINT = "/v1/chat/completions"
_WINDOW = "24h"  # the only one that there is
_PAGE = 100  # batches of one page of a list, the most that OpenAI gives
_CLOCKS_APART_S = 3600.0  # between this machine and the provider, at most


@dataclass
class OpenAIBatches:
    """Batches as OpenAI has them; see `BatchApi`."""

    own_address = True
    spoken: ClassVar[str | None] = (
        None  # whose API litellm is to speak, where not that of the model's provider
    )
    model: ChatModel
    timeout_s: float
    secrets: Mapping[str, str]

    def __post_init__(self) -> None:
        found = load_litellm().get_llm_provider(self.model.model, api_base=self.model.api_base)
        _, provider, key, address = found
        self._options = {"custom_llm_provider": self.spoken or provider, "timeout": self.timeout_s}
        self._options["max_retries"] = 0
        if address:
            self._options["api_base"] = address
        if key:
            self._options["api_key"] = key

    async def upload(self, ours: str, lines: Mapping[str, Line]) -> str:
        text = "".join(
            json.dumps({"custom_id": key, "method": "POST", "url": _ENDPOINT, "body": line.body}) + "\n"
            for key, line in lines.items()
        )
        named = (f"skillift-{ours}.jsonl", text.encode())
        return (await self._call(load_litellm().acreate_file, file=named, purpose="batch")).id

    async def create(self, ours: str, uploaded: str) -> str:
        batch = await self._call(
            load_litellm().acreate_batch,
            completion_window=_WINDOW,
            endpoint=_ENDPOINT,
            input_file_id=uploaded,
            metadata={_OURS: ours},
        )
        return batch.id

    async def find(
        self, ours: str, since: float, keys: Collection[str], known: Collection[str]
    ) -> str | None:
        after = None
        while True:
            page = await self._call(load_litellm().alist_batches, after=after, limit=_PAGE)
            for batch in page.data:
                if (batch.metadata or {}).get(_OURS) == ours:
                    return batch.id
            oldest = min((batch.created_at for batch in page.data), default=0.0)
            if len(page.data) < _PAGE or oldest < since - _CLOCKS_APART_S:
                return None
            after = page.data[-1].id

    async def look(self, batch_id: str) -> Batch:
        found = await self._call(
            load_litellm().aretrieve_batch,
            batch_id=batch_id,
            # else litellm fetches the results of its own accord, to count what they cost
            litellm_metadata={"batch_ignore_default_logging": True},
        )
        counts, errors = found.request_counts, (found.errors.data or []) if found.errors else []
        return Batch(
            found.id,
            found.status,
            counts.completed + counts.failed if counts else 0,
            counts.total if counts else 0,
            tuple(file for file in (found.output_file_id, found.error_file_id) if file),
            "; ".join(" ".join(filter(None, (error.code, error.message))) for error in errors),
        )

    async def replies(self, batch: Batch) -> dict[str, Reply]:
        found: dict[str, Reply] = {}
        for file in batch.files:
            content = await self._call(load_litellm().afile_content, file_id=file)
            for key, reply in replies(content.content):
                found.setdefault(key, reply)
        return found

    async def cancel(self, batch_id: str) -> None:
        await self._call(load_litellm().acancel_batch, batch_id=batch_id)

    async def _call(self, function: Callable[..., Awaitable], **arguments: Any) -> Any:
        return await called(function(**arguments, **self._options), self.secrets)


BATCHES = OpenAIBatches
