"""Findings on the looks at a study's results, and on what was changed after results existed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding
from skillift.ledger.looks import LookLevel
from skillift.publication.ledger import CHANGED, LOOK, beginning
from skillift.reporting.numbers import how_many
from skillift.reporting.view import View

# what words depend on; a change of it after results existed is a warning
_DECIDING = ("confidence", "headline_", "margins.", "trajectory")
_SIZES = ("tasks.", "skills.", "samples")


def looks(ledger: pl.DataFrame | None, view: View) -> Iterator[Finding]:
    """Which look this is and at which level, when the design was registered, and what changed after results.

    Args:
        ledger: the columns `ledger.EVENTS`; None or without rows where the analysis was counted nowhere.
        view: with its look.
    """
    if ledger is None or ledger.is_empty() or view.look is None:
        text = (
            f"This analysis is not counted in a ledger of looks: its words are at {1 - view.confidence:.3g}, "
            "and are right for a first and only look."
        )
        yield Finding("basis", "looks", text)
        return
    yield Finding("basis", "looks", f"{_look(ledger.filter(event=LOOK), view.look)} {beginning(ledger)}")
    late = ledger.filter(
        pl.col("event") == CHANGED, "results", ~pl.col("key").str.starts_with("predictions.")
    )
    for row in late.iter_rows(named=True):
        deciding = row["key"].startswith(_DECIDING) or _is_less(row)
        yield Finding("basis", "warning" if deciding else "design", f"{_change(row)}.")


def in_short(view: View) -> str:
    """The look, to follow a level: ` (look 2 (1 before), alpha 0.00833)`; empty where none is counted."""
    if view.look is None:
        return ""
    number, alpha = view.look
    return f" (look {number} ({number - 1 or 'none'} before), alpha {alpha:.3g})"


def _look(known: pl.DataFrame, look: LookLevel) -> str:
    number, alpha = look
    shared = alpha * number * (number + 1)
    before = "none came before" if number == 1 else f"{how_many(number - 1, 'look')} came before"
    later = f", {how_many(known.height - number, 'look')} came later" if known.height > number else ""
    return (
        f"Look {number} at the results of this study ({before}{later}): words, intervals and smallest "
        f"detectable effects are at alpha {alpha:.3g} = {shared:.3g} / ({number} \u00d7 {number + 1}). All "
        f"looks together, however many, share {shared:.3g}."
    )


def _is_less(row: Mapping) -> bool:
    """Whether something that was declared is gone: tasks, a condition, a student, a recipe or a seed."""
    before, after = row["before"], row["after"]
    if before and after and row["key"].startswith(_SIZES):
        return int(after) < int(before)
    return not {*before.split(", ")} - {""} <= {*after.split(", ")}


def _change(row: Mapping) -> str:
    before, after = (row[name] or "none" for name in ("before", "after"))
    return f"{row['key']} {before} \u2192 {after}, changed on {row['time'][:10]} after results existed"
