"""What a provider's batches can do: upload, create, find, look, fetch, cancel.

A batch carries our own name of it, so one whose creation was never acknowledged is found again. Every failure
is a `CallFailed` without secrets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

from skillift.chat.batches.lines import Line, Reply
from skillift.chat.completions import brief, told
from skillift.chat.models import ChatModel
from skillift.chat.retries import CallFailed, retry_after

_ENDED = {"completed", "failed", "expired", "cancelled", "ended"}


class Batch(NamedTuple):
    """What a provider says of a batch: its name, status, requests done and in all, files, and its errors."""

    id: str
    status: str
    done: int
    total: int
    files: tuple[str, ...] = ()
    errors: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come; the files may take a moment to be named."""
        return self.status in _ENDED and bool(self.files or not self.done)


class BatchApi(Protocol):
    """The batches of one model's provider and address; every method may raise a `CallFailed`."""

    own_address: ClassVar[bool] = True  # whether the provider has one, where they are offered
    model: ChatModel
    secrets: Mapping[str, str]

    def __init__(self, model: ChatModel, timeout_s: float, secrets: Mapping[str, str]) -> None:
        """Those of a model; `timeout_s`: the longest wait for one reply."""

    async def upload(self, ours: str, lines: Mapping[str, Line]) -> Any:
        """Hand over what is asked, by key, for a batch of our name `ours`; returns what `create` takes."""

    async def create(self, ours: str, uploaded: Any) -> str:
        """Let a batch begin; returns the provider's name of it."""

    async def find(
        self, ours: str, since: float, keys: Collection[str], known: Collection[str]
    ) -> str | None:
        """The provider's name of a batch that was perhaps created; None where there is none.

        Args:
            ours: our name of it.
            since: Unix time before which it was not created.
            keys: of its questions.
            known: the provider's names of other batches.
        """

    async def look(self, batch_id: str) -> Batch:
        """How far a batch is."""

    async def replies(self, batch: Batch) -> dict[str, Reply]:
        """What came back, by the key of its question; of several with one key the first."""

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to end a batch; what is done will still be handed out."""


async def called(call: Awaitable, secrets: Mapping[str, str]) -> Any:
    """What a call of an SDK gives.

    Raises:
        CallFailed: for whatever it raises.
    """
    try:
        return await call
    except Exception as error:
        headers = getattr(getattr(error, "response", None), "headers", None)
        code = getattr(error, "status_code", None)
        raise CallFailed(brief(error, secrets), code, retry_after(headers), text=told(error)) from None
