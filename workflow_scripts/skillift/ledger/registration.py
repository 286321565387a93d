"""When was something declared: what a study's ledger says of its predictions and of its design.

A line is added before the first job of a run where the study declares something else than the last line says,
and when results are first seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from skillift.ledger.entries import Entry, Record, append, read_ledger, timestamp

BEFORE, AFTER, CHANGED = "before results", "after results", "changed after results"
WITHDRAWN, NOT_REGISTERED, POST_HOC = "withdrawn", "not registered", "post hoc"
_RESULTS = ("episodes", "verdicts")  # folders of a study that hold answers


@dataclass(frozen=True)
class Registration:
    """What the ledger says about one prediction: a word of this module, and when its text was registered."""

    word: str
    time: str


class Change(NamedTuple):
    """A key of what a study declares that was changed; `before` or `after` is None where it was not there."""

    time: str
    key: str
    before: object
    after: object
    results: bool


def results_exist(results: Path | str) -> bool:
    """Whether a study's folder holds an episode or a verdict."""
    return any(next(Path(results, part).rglob("*.parquet"), None) is not None for part in _RESULTS)


def register(
    predictions: dict[str, dict],
    ledger: Path | str,
    results: bool,
    design: dict | None = None,
    now: datetime | None = None,
) -> list[Entry]:
    """Add a line to the ledger where there is news, and return all of it.

    News are predictions or a design other than the last line's, and results where that knew of none. Where
    nothing was ever declared no ledger begins.

    Args:
        predictions: what the study declares now, by id: `predictions.declared`.
        ledger: the file of JSON lines.
        results: whether answers of the study exist.
        design: what else the study declares now: `design.design_of`; that of the last line where left out.
        now: the time to write; the present where left out.

    Raises:
        UserError: the ledger is damaged or cannot be written.
    """
    entries = read_ledger(ledger)
    known = records_of(entries)
    last = known[-1] if known else None
    if design is None and last is not None:
        design = last.design
    if last is None and not predictions and design is None:
        return []
    existed = results or (last is not None and last.results)
    if last and (last.predictions, last.design, last.results) == (predictions, design, existed):
        return entries
    earlier, written = append(ledger, Record(timestamp(now), existed, predictions, "", "", design))
    return [*earlier, written]


def records_of(entries: Iterable[Entry]) -> list[Record]:
    """The lines of a ledger that say what was declared."""
    return [entry for entry in entries if isinstance(entry, Record)]


def registration_of(prediction: str, declared: dict, history: list[Record]) -> Registration:
    """When the present text of a prediction was registered, and whether results existed by then.

    One that is declared as known (`known: true`) is post hoc, whenever it was registered.

    Args:
        prediction: its id.
        declared: what the study declares for it now.
        history: see `records_of`.
    """
    same = [record for record in history if record.predictions.get(prediction) == declared]
    if declared.get("known"):
        return Registration(POST_HOC, same[0].time if same else "")
    if not same:
        return Registration(NOT_REGISTERED, "")
    first = same[0]
    if not first.results:
        return Registration(BEFORE, first.time)
    earlier = history[: history.index(first)]
    known = any(prediction in record.predictions for record in earlier)
    return Registration(CHANGED if known else AFTER, first.time)


def withdrawn(predictions: Collection[str], history: list[Record]) -> dict[str, tuple[dict, Registration]]:
    """Predictions that left the study when results existed: what was last declared, and when it left."""
    gone = {}
    for before, after in pairwise(history):
        for name in before.predictions.keys() - after.predictions.keys():
            if after.results:
                gone[name] = before.predictions[name], Registration(WITHDRAWN, after.time)
    return {name: gone[name] for name in sorted(gone) if name not in predictions}


def design_began(history: Iterable[Record]) -> Record | None:
    """The line in which the design was first declared; where results existed by then, looks are unknown."""
    return next((record for record in history if record.design is not None), None)


def design_changes(history: Iterable[Record]) -> Iterator[Change]:
    """What of the design was changed since it was first declared, key by key, oldest first."""
    known = [(record, record.design) for record in history if record.design is not None]
    for (_, old), (record, new) in pairwise(known):
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            if before != after:
                yield Change(record.time, key, before, after, record.results)
