"""The ledger of a study: what was declared and which results were looked at, in a file that only grows.

A file of JSON lines in the study's state folder, which the workflow never deletes. Two kinds of lines: a
`Record` says what the study declared from then on (`registration`), a `Look` that results were analysed
(`looks`). Each holds the digest of the line before it, so an edited ledger is noticed. That guards against
accidents and honest mistakes: whoever wants to deceive can delete state and results together, and only a copy
elsewhere (a public repository, a registry of studies) rules that out.

Until November 2026 there were predictions alone, in a file `predictions.jsonl`. Its lines are the first of a
ledger that begins beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from skillift.errors import UserError, problem
from skillift.provenance import canonical

FILE = "ledger.jsonl"
_EARLIER = "predictions.jsonl"


@dataclass(frozen=True)
class Record:
    """A line about what the study declares.

    Attributes:
        time: when it was written, UTC, as `2026-01-31T12:00:00Z`.
        results: whether answers of the study existed by then.
        predictions: all of the study's predictions as declared then, by id.
        sha256: of the canonical text of what is declared.
        previous: SHA-256 of the line before, empty in the first.
        design: what else is declared, by key (`design.design_of`); None in lines that are older than it.
    """

    time: str
    results: bool
    predictions: dict[str, dict]
    sha256: str
    previous: str
    design: dict | None = None

    @property
    def digest(self) -> str:
        """What `sha256` must be."""
        with_design = {"design": self.design, "predictions": self.predictions}
        return digest(canonical(self.predictions if self.design is None else with_design))


@dataclass(frozen=True)
class Look:
    """A line about results that were analysed.

    Attributes:
        time: when they were first analysed, as in `Record`.
        look: its number, from 1.
        alpha: the level of its words: the chance of a false one in a family of claims.
        settings: what words depend on besides the data, such as the margins.
        data: SHA-256 of the verdicts.
        n_tasks, n_skills: that they are of.
        sha256: of the canonical text of all this.
        previous: as in `Record`.
    """

    time: str
    look: int
    alpha: float
    settings: dict
    data: str
    n_tasks: int
    n_skills: int
    sha256: str
    previous: str

    @property
    def digest(self) -> str:
        """What `sha256` must be."""
        own = {name: value for name, value in asdict(self).items() if name not in ("sha256", "previous")}
        return digest(canonical(own))


Entry = Record | Look
Line = TypeVar("Line", bound=Record | Look)


def digest(text: str) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def timestamp(now: datetime | None = None) -> str:
    """A time, the present where left out, as lines have it."""
    return (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_ledger(ledger: Path | str) -> list[Entry]:
    """All lines of a ledger, oldest first; empty where there is none.

    Raises:
        UserError: it cannot be read, or a line was changed after it was written.
    """
    return _read(Path(ledger))[1]


def append(ledger: Path | str, entry: Line) -> tuple[list[Entry], Line]:
    """Add a line, whose `sha256` and `previous` are filled in here, and return those before it, and it.

    Raises:
        UserError: the ledger is damaged or cannot be written.
    """
    path = Path(ledger)
    lines, entries = _read(path)
    fields = asdict(entry) | {"sha256": entry.digest, "previous": digest(lines[-1]) if lines else ""}
    if fields.get("design", ...) is None:
        del fields["design"]
    _write(path, [*lines, canonical(fields)])
    if path.name == FILE:  # its lines stand in the ledger from now on
        path.with_name(_EARLIER).unlink(missing_ok=True)
    return entries, type(entry)(**fields)


def _read(path: Path) -> tuple[list[str], list[Entry]]:
    """The lines of a ledger and what they hold."""
    if path.name == FILE and not path.exists():
        path = path.with_name(_EARLIER)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return [], []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(problem(str(path), str(error), "a readable ledger of the study")) from None
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        previous = digest(lines[number - 2]) if number > 1 else ""
        try:
            fields = json.loads(line)
            entry = (Look if "look" in fields else Record)(**fields)
            sound = entry.previous == previous and entry.sha256 == entry.digest
        except (json.JSONDecodeError, TypeError):
            sound = False
        if not sound:
            raise UserError(_damage(path, number))
        entries.append(entry)
    return lines, entries


def _damage(path: Path, number: int) -> str:
    fix = (
        "Put back a copy of the file; the last one stands beside the tables of the analysis. Without a copy, "
        "delete it: a new ledger then begins when the study is next run, and says that earlier looks at "
        "its results are unknown."
    )
    return problem(f"{path}:{number}", "a line that was changed or lost", "the line as it was written", fix)


def _write(path: Path, lines: list[str]) -> None:
    """Write the file again and rename it into place: a kill leaves the old ledger or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write("".join(f"{line}\n" for line in lines))
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(problem(str(path), error.strerror or str(error), "a writable state folder")) from None
