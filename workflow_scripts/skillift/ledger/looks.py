"""Looks at the results of a study, and the level at which each of them tests.

Whoever looks at the words of a study, adds data, and looks again has several chances of a false word: with
five looks at 5 % each, 14 % of studies without any effect get one. So the looks of a study share its alpha,
1 - the confidence that it declares. Look j tests at

    alpha / (j (j + 1))

a half, a sixth, a twelfth of alpha and so on, which add up to alpha however many looks there will be and
whatever their dependence (Bonferroni's inequality). That is alpha spending (Lan and DeMets, Biometrika 70,
1983) over the number of looks: none need be planned.

A look is one set of verdicts on the headline path with one set of settings that words depend on (confidence,
headline path, margins). The same verdicts under the same settings are the same look, however often they are
analysed, and after whatever other looks: its word was found at its own level. Everything else is a new one:
more tasks, seeds or samples, another recipe, answers asked again, another margin. The suite `dev` is there to
be looked at and does not count, unless nothing else is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.ledger.entries import Entry, Look, append, read_ledger, timestamp
from skillift.ledger.registration import records_of


def level(look: int, alpha: float) -> float:
    """The level of a look, its number counted from 1, where all looks together have `alpha`."""
    return alpha / (look * (look + 1))


def looks_of(entries: Iterable[Entry]) -> list[Look]:
    """The looks in a ledger, oldest first."""
    return [entry for entry in entries if isinstance(entry, Look)]


def count_look(
    settings: Mapping,
    data: str,
    n_tasks: int,
    n_skills: int,
    ledger: Path | str,
    now: datetime | None = None,
) -> Look:
    """The look that an analysis is: a line of the ledger, added where it is a new one.

    Args:
        settings: `design.look_settings`.
        data: digest of the verdicts.
        n_tasks, n_skills: that they are of.
        ledger: the file of JSON lines.
        now: the time to write; the present where left out.

    Raises:
        UserError: the ledger is damaged or cannot be written.
    """
    entries = read_ledger(ledger)
    known = looks_of(entries)
    for look in known:
        if (look.settings, look.data) == (settings, data):
            return look
    number = len(known) + 1
    alpha = round(level(number, shared_alpha(settings["confidence"], entries)), 10)
    look = Look(timestamp(now), number, alpha, dict(settings), data, n_tasks, n_skills, "", "")
    _, written = append(ledger, look)
    return written


def shared_alpha(confidence: float, entries: Iterable[Entry]) -> float:
    """What all looks share: 1 - confidence, at most that of the design that was registered before results."""
    known = [(record.results, record.design) for record in records_of(entries) if record.design is not None]
    before = [design for results, design in known if not results] or [design for _, design in known[:1]]
    first = [before[-1]["confidence"]] if before else []
    return round(1 - max([confidence, *first]), 10)


def next_level(confidence: float, ledger: Path | str) -> tuple[int, float]:
    """The number and the level of the look that a study would next have.

    Raises:
        UserError: the ledger is damaged.
    """
    entries = read_ledger(ledger)
    number = len(looks_of(entries)) + 1
    return number, level(number, shared_alpha(confidence, entries))


def as_json(look: Look) -> dict:
    """What the analysis and its pages need of a look; the same bytes whenever it is counted."""
    return {"look": look.look, "alpha": look.alpha}


class LookLevel(NamedTuple):
    """What the analysis and its pages know of a look: its number, and the alpha of its words."""

    look: int
    alpha: float

    @property
    def confidence(self) -> float:
        """What an interval at its alpha covers: 1 - alpha."""
        return round(1 - self.alpha, 10)


def look_level(read: Mapping) -> LookLevel:
    """A look as `as_json` has it.

    Raises:
        UserError: it is none.
    """
    if read.keys() != {"look", "alpha"}:
        raise UserError(problem("--look", sorted(read), "the keys look and alpha, as count_look.py writes"))
    return LookLevel(**read)
