"""The cache of answers of chat models: what was paid for once is never asked again.

One SQLite file in the state folder, which outlives failed jobs. It is content-addressed: the key is a
hash of everything that can change an answer, and of nothing else, so a hit is right whatever job, run
or study asks. Each answer is committed as it arrives. Several processes may use one file at once
(write-ahead log, busy timeout); it must lie on a local disk or one with working file locks.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from skillift.errors import UserError

_BUSY_S = 60.0
_VERSION = 1


class AnswerCache:
    """Answers by key. A context manager; every method raises a `UserError` where the file fails.

    Raises:
        UserError: the file cannot be made, read or written (no space, no permission, not SQLite, or
            made by another version); names the file and the mend.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._connection: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._problem(error) from error
        try:
            self._connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
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
        connection.execute(
            "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID"
        )
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")

    def get(self, key: str) -> dict | None:
        """The answer kept under `key`; None where there is none."""
        try:
            row = self._connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            return None if row is None else json.loads(row[0])
        except (sqlite3.Error, json.JSONDecodeError) as error:
            raise self._problem(error) from error

    def put(self, key: str, answer: dict) -> None:
        """Keep `answer` under `key`, committed on return. The first answer kept under a key stays."""
        text = json.dumps(answer, ensure_ascii=False, sort_keys=True)
        try:
            self._connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, text))
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Close the file; further calls fail."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> AnswerCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _problem(self, error: Exception) -> UserError:
        text = str(error)
        if isinstance(error, OSError) or "unable to open" in text or "readonly" in text:
            mend = "Give write permission on its folder, or name another folder as `state` in config.yaml."
        elif "full" in text or "disk I/O" in text:
            mend = "Free disk space, or name a folder on another disk as `state` in config.yaml."
        elif "locked" in text:
            mend = "Another process holds it: wait for that one to end, then run again."
        else:
            mend = "Move the file away: answers that were paid for are in it, and a new one will be made."
        return UserError(
            f"{self.path}: the cache of answers cannot be used ({text}). {mend} "
            "Answers kept earlier are untouched."
        )
