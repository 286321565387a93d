"""One question of a batch: the line that is sent for it, and the reading of the line that comes back.

Both are made by the very call that would be made without a batch (`skillift.chat.completions`): once with a
network that only looks at what would leave, and once with one that gives the provider's reply. So a question
and its answer are the same either way, with all that litellm does to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from skillift.chat.budget import booked
from skillift.chat.completions import complete
from skillift.chat.models import ChatAnswer, ChatRequest
from skillift.chat.retries import CallFailed

_LOCAL_S = 60.0  # of a call that goes nowhere
_LASTING = {
    400,
    413,
    422,
}  # of one line; others may be answered by asking again, or are the model's as a whole


class Line(NamedTuple):
    """What a direct call would send: the headers that choose features, and the body."""

    features: dict[str, str]
    body: dict


class Reply(NamedTuple):
    """What came back for one question: an HTTP status and a body; no body where it was never asked."""

    status: int
    body: dict | None


class _Seen(BaseException):  # no `Exception`: nothing on its way may catch it
    def __init__(self, line: Line) -> None:
        self.line = line


async def line_of(request: ChatRequest, secrets: Mapping[str, str]) -> Line | None:
    """The line for one question; None where a direct call is no request that a line can hold."""

    def look(sent: Any) -> Any:
        features = {name: sent.headers[name] for name in ("anthropic-beta",) if name in sent.headers}
        raise _Seen(Line(features, json.loads(sent.content)))

    try:
        await complete(request, _LOCAL_S, secrets, look)
    except _Seen as seen:
        return seen.line
    except CallFailed:  # a direct call will say why
        pass
    return None


async def answer_of(
    request: ChatRequest, reply: Reply, secrets: Mapping[str, str], share: float
) -> ChatAnswer | None:
    """The answer that a reply holds; `failed` where asking again is of no use, None where it may be.

    Args:
        request: the question.
        reply: what came back for it.
        secrets: what is taken out of every text.
        share: of the price, that a batch costs.

    Raises:
        CallFailed: the reply is not usable, and has cost something or says that the account is used up.
    """
    import httpx

    if reply.body is None:
        return None
    try:
        answer = await complete(
            request, _LOCAL_S, secrets, lambda _: httpx.Response(reply.status, json=reply.body)
        )
    except CallFailed as failure:
        if failure.usd or failure.account:
            failure.usd *= share
            raise
        return ChatAnswer("failed", reason=failure.reason) if reply.status in _LASTING else None
    return booked(request, replace(answer, cost_usd=answer.cost_usd * share), share)


def replies(content: bytes) -> Iterator[tuple[str, Reply]]:
    """The replies of a file of results as OpenAI writes them, with their questions' keys.

    Lines that are not such a reply are left out.
    """
    for text in content.split(b"\n"):
        try:
            line = json.loads(text)
            key, response = line["custom_id"], line.get("response") or {}
            status, body = int(response.get("status_code") or 0), response.get("body")
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            continue
        if isinstance(key, str):
            yield key, Reply(status, body if status and isinstance(body, dict) else None)
