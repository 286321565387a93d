"""Anthropic's batches: its Message Batches API over HTTP, with litellm's client and headers.

litellm looks at such batches and reads them, but does not create them, and reads structured replies as plain
ones; hence the four calls here. A batch carries no name of ours. One whose creation was never acknowledged is
told by the time, by the number of its questions and, once it has ended, by their keys.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skillift.chat.batches.api import Batch, called
from skillift.chat.batches.lines import Line, Reply
from skillift.chat.completions import load_litellm
from skillift.chat.models import ChatModel
from skillift.chat.retries import CallFailed, retry_after
from skillift.redaction import redact

_PAGE = 100
_CLOCKS_APART_S = 600.0
_MAX_REASON = 300
_STATUS = {"billing_error": 402, "request_too_large": 413}  # that litellm's map lacks
_BETA = "anthropic-beta"  # header that chooses features, such as structured replies


@dataclass
class AnthropicBatches:
    """Batches as Anthropic has them; see `BatchApi`."""

    own_address = True
    model: ChatModel
    timeout_s: float
    secrets: Mapping[str, str]

    def __post_init__(self) -> None:
        load_litellm()
        from litellm.llms.anthropic.batches.transformation import AnthropicBatchesConfig

        self._config = AnthropicBatchesConfig()
        self._base = self._config.get_complete_batch_url(self.model.api_base, None, "", {}, {}, {})

    async def upload(self, ours: str, lines: Mapping[str, Line]) -> Mapping[str, Line]:
        """Nothing is handed over beforehand."""
        return lines

    async def create(self, ours: str, uploaded: Mapping[str, Line]) -> str:
        questions = [{"custom_id": key, "params": line.body} for key, line in uploaded.items()]
        features = ",".join(sorted({line.features[_BETA] for line in uploaded.values() if line.features}))
        return (await self._send("POST", "", {"requests": questions}, features))["id"]

    async def find(
        self, ours: str, since: float, keys: Collection[str], known: Collection[str]
    ) -> str | None:
        after: dict[str, Any] = {}
        while True:
            page = await self._send("GET", "", query={"limit": _PAGE, **after})
            found = [batch for batch in page["data"] if _created(batch) >= since - _CLOCKS_APART_S]
            for batch in found:
                counted = _batch(batch)
                if batch["id"] in known or counted.total != len(keys):
                    continue
                if not counted.ended or set(await self.replies(counted)) & set(keys):
                    return batch["id"]
            if len(found) < len(page["data"]) or not page.get("has_more"):
                return None
            after = {"after_id": page["last_id"]}

    async def look(self, batch_id: str) -> Batch:
        return _batch(await self._send("GET", f"/{batch_id}"))

    async def replies(self, batch: Batch) -> dict[str, Reply]:
        found: dict[str, Reply] = {}
        for text in (await self._fetch("GET", f"/{batch.id}/results")).split(b"\n"):
            try:
                line = json.loads(text)
                key, reply = line["custom_id"], _reply(line["result"])
            except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
                continue
            if isinstance(key, str):
                found.setdefault(key, reply)
        return found

    async def cancel(self, batch_id: str) -> None:
        await self._send("POST", f"/{batch_id}/cancel", {})

    async def _send(self, method: str, path: str, *arguments: Any, **options: Any) -> dict:
        content = await self._fetch(method, path, *arguments, **options)
        try:
            return json.loads(content)
        except ValueError:
            raise CallFailed("the reply cannot be read") from None

    async def _fetch(
        self, method: str, path: str, body: dict | None = None, features: str = "", query: dict | None = None
    ) -> bytes:
        from litellm.llms.custom_httpx.http_handler import get_async_httpx_client
        from litellm.types.utils import LlmProviders

        headers = self._config.validate_environment(
            {_BETA: features} if features else {}, "", [], {}, {}, None, self.model.api_base
        )
        http = get_async_httpx_client(llm_provider=LlmProviders.ANTHROPIC).client
        content = None if body is None else json.dumps(body).encode()
        sent = http.request(
            method,
            f"{self._base}{path}",
            content=content,
            headers=headers,
            params=query,
            timeout=self.timeout_s,
        )
        response = await called(sent, self.secrets)
        if response.status_code >= 400:
            reason = " ".join(redact(response.text, self.secrets).split())[:_MAX_REASON]
            raise CallFailed(reason, response.status_code, retry_after(response.headers), text=response.text)
        return response.content


def _batch(entry: dict) -> Batch:
    counts = {name: int(number) for name, number in entry["request_counts"].items()}
    total = sum(counts.values())
    status = entry["processing_status"]
    files = (entry["id"],) if status == "ended" else ()
    return Batch(entry["id"], status, total - counts.get("processing", 0), total, files)


def _created(entry: dict) -> float:
    return datetime.fromisoformat(entry["created_at"]).timestamp()


def _reply(result: dict) -> Reply:
    """The reply in one line of results; cancelled and expired questions have none."""
    from litellm.llms.anthropic.common_utils import ANTHROPIC_ERROR_STATUS_CODE_MAP

    if result["type"] == "succeeded":
        return Reply(200, dict(result["message"]))
    if result["type"] == "errored":
        error = result["error"]
        kind = error["error"]["type"]
        return Reply(_STATUS.get(kind) or ANTHROPIC_ERROR_STATUS_CODE_MAP.get(kind, 500), error)
    return Reply(0, None)


BATCHES = AnthropicBatches
