"""Which batches are outstanding, and which questions are in them: what makes batch mode outlive a kill.

Two tables in the file of the answer cache (`skillift.chat.answer_cache`). A batch is written down before
anything is sent (`planned`), again before it is created at the provider (`creating`), and once its provider's
name is known (`created`). A question is in at most one outstanding batch, whichever process asks it. A batch
leaves the table in one transaction with its answers and what they cost, so it is collected once, by whoever
comes first. Only the process that holds the lock of `submitting` may plan and create; where another finds a
batch in one of the first two stages while it holds that lock, the process that wrote it is dead.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import NamedTuple

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest

PLANNED, CREATING, CREATED = "planned", "creating", "created"

_LOOK_AT_LOCK_S = 0.2


class Outstanding(NamedTuple):
    """One batch: our name of it, where it is (`place`), its model, its stage, and the provider's name of it.

    `at` is the Unix time at which it came to its stage, `usd` what it may cost at most.
    """

    id: str
    place: str
    model: str
    stage: str
    provider_id: str | None
    at: float
    usd: float


@dataclass
class BatchState:
    """The outstanding batches that a cache of answers knows of."""

    cache: AnswerCache

    @asynccontextmanager
    async def submitting(self) -> AsyncIterator[None]:
        """Hold the lock without which no batch is planned or created; it goes with its process."""
        if str(self.cache.path) == ":memory:":  # of one process alone
            yield
            return
        with open(f"{self.cache.path}.submitting", "w", encoding="utf-8") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(_LOOK_AT_LOCK_S)
            yield  # closing the file releases it

    def open_batches(self, place: str | None = None) -> list[Outstanding]:
        """The outstanding batches (of one place), oldest first."""
        with self.cache.transaction() as connection:
            rows = connection.execute("SELECT * FROM batches ORDER BY at, id").fetchall()
        found = [Outstanding(*row) for row in rows]
        return [batch for batch in found if place in (None, batch.place)]

    def find(self, batch_id: str) -> Outstanding | None:
        """The batch of that name; None once it was collected or given up."""
        return next((batch for batch in self.open_batches() if batch.id == batch_id), None)

    def lines(self) -> dict[str, str]:
        """The name of the batch that each question is in, by the question's key."""
        with self.cache.transaction() as connection:
            return dict(connection.execute("SELECT key, batch FROM batch_lines"))

    def requests(self, batch_id: str) -> dict[str, ChatRequest]:
        """The questions of a batch, by key."""
        with self.cache.transaction() as connection:
            rows = connection.execute("SELECT key, request FROM batch_lines WHERE batch = ?", (batch_id,))
            return {key: _request(json.loads(text)) for key, text in rows}

    def plan(self, place: str, model: str, requests: Mapping[str, ChatRequest], usd: float) -> str:
        """Write down that these questions will be sent, none of which is in another batch.

        Returns:
            Our name of the new batch.
        """
        batch_id = uuid.uuid4().hex
        lines = [(key, batch_id, json.dumps(asdict(request))) for key, request in requests.items()]
        row = Outstanding(batch_id, place, model, PLANNED, None, time.time(), usd)
        with self.cache.transaction() as connection:
            connection.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            connection.executemany("INSERT INTO batch_lines VALUES (?, ?, ?)", lines)
        return batch_id

    def advance(self, batch_id: str, stage: str, provider_id: str | None = None) -> None:
        """Write down that a batch came to its next stage."""
        with self.cache.transaction() as connection:
            connection.execute(
                "UPDATE batches SET stage = ?, provider_id = ?, at = ? WHERE id = ?",
                (stage, provider_id, time.time(), batch_id),
            )

    def give_up(self, batch_id: str) -> None:
        """Forget a batch; its questions are open again."""
        self.settle(batch_id, {}, ())

    def settle(self, batch_id: str, answers: Mapping[str, ChatAnswer], lost_usd: Iterable[float]) -> bool:
        """Keep a batch's answers, count what it has cost, and forget it: all or nothing.

        Args:
            batch_id: our name of it.
            answers: by the key of their question.
            lost_usd: what replies have cost that brought no answer.

        Returns:
            False where another process has done so before; then nothing is changed.
        """
        with self.cache.transaction() as connection:
            row = connection.execute("SELECT model FROM batches WHERE id = ?", (batch_id,)).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM batches WHERE id = ?", (batch_id,))
            connection.execute("DELETE FROM batch_lines WHERE batch = ?", (batch_id,))
            for key, answer in answers.items():
                self.cache.insert(connection, key, asdict(answer), row[0], answer.cost_usd)
            self.cache.add(connection, row[0], sum(lost_usd))
            return True


def _request(entry: dict) -> ChatRequest:
    model = entry["model"]
    model["price"] = tuple(model["price"]) if model["price"] else None
    return ChatRequest(**{**entry, "model": ChatModel(**model)})
