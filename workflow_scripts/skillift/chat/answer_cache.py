"""The cache of answers of chat models: what was paid for once is never asked again.

One SQLite file in the state folder, which outlives failed jobs. It is content-addressed: the key is a hash of
everything that can change an answer, and of nothing else, so a hit is right whatever job, run or study asks.
Each answer is committed as it arrives. Beside the answers stand what was spent on each model and when the
next request may leave, for `skillift.chat.budget` and `skillift.chat.rate_limits`, and which batches are
outstanding (`skillift.chat.batches.state`). Several processes may use one file at once (write-ahead log, busy
timeout); it must lie on a local disk or one with working file locks.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillift.errors import UserError

_BUSY_S = 60.0
_LONGEST_TURN_S = 3600.0
_VERSION = 1
_TABLES = (
    "answers (key TEXT PRIMARY KEY, answer TEXT)",
    "spent (model TEXT PRIMARY KEY, usd REAL NOT NULL)",
    "turns (name TEXT PRIMARY KEY, free REAL NOT NULL)",  # Unix time at which the next request may leave
    # batches that are outstanding; `at` is the Unix time of the last stage, `usd` what one may cost at most
    "batches (id TEXT PRIMARY KEY, place TEXT, model TEXT, stage TEXT, provider_id TEXT, at REAL, usd REAL)",
    "batch_lines (key TEXT PRIMARY KEY, batch TEXT NOT NULL, request TEXT NOT NULL)",
)


class AnswerCache:
    """Answers by key. A context manager; every method raises a `UserError` where the file fails.

    Raises:
        UserError: the file cannot be made, read or written (no space, no permission, not SQLite, or
            made by another version); names the file and the fix.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._open: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._problem(error) from error
        try:
            self._open = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise self._problem(error) from error

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        # in WAL mode this loses nothing when a process is killed; only a power cut may lose the last answers
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")  # fails now, and not after the first paid answer, if read-only
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            connection.execute("ROLLBACK")
            raise sqlite3.DatabaseError(f"made by another version of skillift ({version})")
        for table in _TABLES:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} WITHOUT ROWID")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")

    def get(self, key: str) -> dict | None:
        """The answer kept under `key`; None where there is none."""
        try:
            row = self._connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            return None if row is None else json.loads(row[0])
        except (sqlite3.Error, json.JSONDecodeError) as error:
            raise self._problem(error) from error

    def put(self, key: str, answer: dict, model: str = "", usd: float = 0.0) -> None:
        """Keep `answer` under `key` and what it cost, committed at once on return.

        The first answer kept under a key stays; the cost of another one is counted all the same.
        """
        with self.transaction() as connection:
            self.insert(connection, key, answer, model, usd)

    def insert(self, connection: sqlite3.Connection, key: str, answer: dict, model: str, usd: float) -> None:
        """The same within a transaction that does more."""
        text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
        connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, text))
        self.add(connection, model, usd)

    def pay(self, model: str, usd: float) -> None:
        """Count `usd` that an answer which is not kept has cost."""
        if usd:
            with self.transaction() as connection:
                self.add(connection, model, usd)

    def spent(self) -> dict[str, float]:
        """USD that were paid up to now, by all jobs, for each model."""
        with self.transaction() as connection:
            return dict(connection.execute("SELECT model, usd FROM spent"))

    def reserved(self) -> dict[str, float]:
        """USD that outstanding batches may cost at most, for each model."""
        with self.transaction() as connection:
            return dict(connection.execute("SELECT model, SUM(usd) FROM batches GROUP BY model"))

    def take_turn(self, shares: dict[str, float], now: float) -> float:
        """Let one request leave if all its turns are free, and move each on by its share in seconds.

        Returns:
            0 where it may leave, else the seconds until the turns will be free.
        """
        with self.transaction() as connection:
            free = dict.fromkeys(shares, now)
            for name in shares:
                row = connection.execute("SELECT free FROM turns WHERE name = ?", (name,)).fetchone()
                # a clock that was set back must not stop everything
                if row is not None and row[0] < now + _LONGEST_TURN_S:
                    free[name] = max(now, row[0])
            waiting = max(free.values()) - now
            if waiting > 0:
                return waiting
            connection.executemany(
                "INSERT OR REPLACE INTO turns VALUES (?, ?)",
                [(name, now + share) for name, share in shares.items()],
            )
            return 0.0

    def shift_turn(self, name: str, seconds: float) -> None:
        """Move a turn by `seconds`, later or earlier."""
        with self.transaction() as connection:
            connection.execute("UPDATE turns SET free = free + ? WHERE name = ?", (seconds, name))

    @staticmethod
    def add(connection: sqlite3.Connection, model: str, usd: float) -> None:
        """Count `usd` within a transaction that does more."""
        if usd:
            connection.execute(
                "INSERT INTO spent VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET usd = usd + excluded.usd",
                (model, usd),
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything within it is written, or nothing."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Close the file; further calls fail."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            raise sqlite3.ProgrammingError("the file is closed")
        return self._open

    def __enter__(self) -> AnswerCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _problem(self, error: Exception) -> UserError:
        text = str(error)
        if isinstance(error, OSError) or "unable to open" in text or "readonly" in text:
            fix = "Give write permission on its folder, or name another folder as `state` in config.yaml."
        elif "full" in text or "disk I/O" in text:
            fix = "Free disk space, or name a folder on another disk as `state` in config.yaml."
        elif "locked" in text:
            fix = "Another process holds it: wait for that one to end, then run again."
        else:
            fix = "Move the file away: answers that were paid for are in it, and a new one will be made."
        return UserError(
            f"{self.path}: the cache of answers cannot be used ({text}). {fix} "
            "Answers kept earlier are untouched."
        )
