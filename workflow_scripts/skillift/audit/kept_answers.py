"""Which calls a job would make: the library's own steps, replayed against the answers that are kept.

Nothing is asked and nothing is written. A request whose answer is not kept ends as `failed` and is counted;
what would follow from its answer (a repair of a verdict, a further attempt of a teacher) is not known.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from skillift.chat.models import ChatAnswer, ChatRequest, Result
from skillift.errors import UserError


class ReplayClient:
    """Answers with what is kept, and remembers what is not: a `chat.models.Asker`.

    Args:
        kept: the open file of answers; None where there is none yet.
    """

    def __init__(self, kept: sqlite3.Connection | None) -> None:
        self._kept = kept
        self.missing: dict[str, ChatRequest] = {}
        self.found = 0

    def ask_all(self, requests: Sequence[ChatRequest], label: str = "") -> list[ChatAnswer]:
        """What is kept for each request."""
        return [self._look(request) for request in requests]

    def run_all(
        self,
        conversations: Sequence[Coroutine[Any, Any, Result]],
        label: str = "",
        requests: Sequence[ChatRequest] = (),
    ) -> list[Result]:
        """The results of coroutines that await `ask`."""

        async def gather() -> list[Result]:
            return [await conversation for conversation in conversations]

        return asyncio.run(gather())

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """What is kept for one request."""
        return self._look(request)

    def end(self, error: UserError) -> UserError:
        """The error: there are no calls to end."""
        return error

    def _look(self, request: ChatRequest) -> ChatAnswer:
        if request.model.offline:
            return ChatAnswer("failed", reason="a program, asked for nothing")
        key = request.key()
        row = None
        if self._kept is not None:
            row = self._kept.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            self.missing[key] = request
            return ChatAnswer("failed", reason="not asked yet")
        self.found += 1
        return ChatAnswer(**json.loads(row[0]))


@contextmanager
def kept_answers(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The file of answers, opened without touching it or its folder; None where there is none.

    Raises:
        UserError: the file cannot be read.
    """
    if not path.is_file():
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        options = "immutable=1"
        log = path.with_name(f"{path.name}-wal")
        if log.is_file() and log.stat().st_size:
            # answers that SQLite has not moved into the file yet; reading them in place would make files
            for part in (path, log):
                shutil.copy(part, folder)
            path, options = Path(folder, path.name), "mode=ro"
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True)
            try:
                connection.execute("SELECT 1 FROM answers LIMIT 1")
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise UserError(f"{path}: the cache of answers cannot be read ({error}).") from None
