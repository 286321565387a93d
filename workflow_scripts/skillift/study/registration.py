"""When was a prediction made: a history of predictions that only grows, and what it says about each of them.

The history is a file of JSON lines in the study's state folder, which the workflow never deletes. A line is
added before the first job of a run where the study's predictions are others than in the last line, and when
results are first seen. Each line holds the digest of the line before it, so an edited history is
noticed. That guards against accidents and honest mistakes: whoever wants to deceive can delete state and
results together, and only a copy elsewhere (a public repository, a registry of studies) rules that out.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.provenance import canonical

BEFORE, AFTER, CHANGED = "before results", "after results", "changed after results"
WITHDRAWN, NOT_REGISTERED = "withdrawn", "not registered"
_RESULTS = ("episodes", "verdicts")  # folders of a study that hold answers


@dataclass(frozen=True)
class Record:
    """One line of the history.

    Attributes:
        time: when it was written, UTC, as `2026-01-31T12:00:00Z`.
        results: whether answers of the study existed by then.
        predictions: all of the study's predictions as declared then, by id.
        sha256: of their canonical text.
        previous: SHA-256 of the line before, empty in the first.
    """

    time: str
    results: bool
    predictions: dict[str, dict]
    sha256: str
    previous: str


@dataclass(frozen=True)
class Registration:
    """What the history says about one prediction: a word of this module, and when its text was registered."""

    word: str
    time: str


def results_exist(results: Path | str) -> bool:
    """Whether a study's folder holds an episode or a verdict."""
    return any(next(Path(results, part).rglob("*.parquet"), None) is not None for part in _RESULTS)


def note_predictions(
    predictions: dict[str, dict], history: Path | str, results: bool, now: datetime | None = None
) -> list[Record]:
    """Add a line to the history where there is news, and return all of it.

    News are predictions that differ from the last line's, and results where the last line knew of none. A
    study that never had predictions gets no history.

    Args:
        predictions: what the study declares now, by id: `prediction_declarations.declared`.
        history: the file of JSON lines.
        results: whether answers of the study exist.
        now: the time to write; the present where left out.

    Raises:
        UserError: the history is damaged or cannot be written.
    """
    lines, records = _read(Path(history))
    if not records and not predictions:
        return []
    last = records[-1] if records else None
    existed = results or (last is not None and last.results)
    if last is None or last.predictions != predictions or last.results != existed:
        time = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        previous = _digest(lines[-1]) if lines else ""
        record = Record(time, existed, predictions, _digest(canonical(predictions)), previous)
        _write(Path(history), [*lines, canonical(asdict(record))])
        records.append(record)
    return records


def read_history(history: Path | str) -> list[Record]:
    """All lines of a history, oldest first; empty where there is none.

    Raises:
        UserError: it cannot be read, or a line was changed after it was written.
    """
    return _read(Path(history))[1]


def registration_of(prediction: str, declared: dict, history: list[Record]) -> Registration:
    """When the present text of a prediction was registered, and whether results existed by then.

    Args:
        prediction: its id.
        declared: what the study declares for it now.
        history: see `read_history`.
    """
    same = [record for record in history if record.predictions.get(prediction) == declared]
    if not same:
        return Registration(NOT_REGISTERED, "")
    first = same[0]
    if not first.results:
        return Registration(BEFORE, first.time)
    earlier = history[: history.index(first)]
    known = any(prediction in record.predictions for record in earlier)
    return Registration(CHANGED if known else AFTER, first.time)


def withdrawn(predictions: dict[str, dict], history: list[Record]) -> dict[str, tuple[dict, Registration]]:
    """Predictions that left the study when results existed: what was last declared, and when it left."""
    gone = {}
    for before, after in pairwise(history):
        for name in before.predictions.keys() - after.predictions.keys():
            if after.results:
                gone[name] = before.predictions[name], Registration(WITHDRAWN, after.time)
    return {name: gone[name] for name in sorted(gone) if name not in predictions}


def _read(path: Path) -> tuple[list[str], list[Record]]:
    """The lines of a history and what they hold."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return [], []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(problem(str(path), str(error), "a readable history of predictions")) from None
    records = []
    for number, line in enumerate(lines, start=1):
        previous = _digest(lines[number - 2]) if number > 1 else ""
        try:
            record = Record(**json.loads(line))
            sound = record.previous == previous and record.sha256 == _digest(canonical(record.predictions))
        except (json.JSONDecodeError, TypeError):
            sound = False
        if not sound:
            raise UserError(_damage(path, number))
        records.append(record)
    return lines, records


def _damage(path: Path, number: int) -> str:
    fix = (
        "Put back a copy of the file; the last one stands beside the tables of the analysis. Without a copy, "
        "delete it: the predictions then count as registered when the study is next run."
    )
    return problem(f"{path}:{number}", "a line that was changed or lost", "the line as it was written", fix)


def _write(path: Path, lines: list[str]) -> None:
    """Write the file again and rename it into place: a kill leaves the old history or the new one."""
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
