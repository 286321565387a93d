"""Findings on the trajectory over the tiers: its declared shape, what dominates it, what sets its ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    estimated,
    in_unit,
    interval,
    numbers_of,
    on_claims,
    probability,
    whose,
)
from skillift.findings.lift import of_claim
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import percent, points
from skillift.reporting.view import BASE, View
from skillift.statistics.claim_labels import NOT_RESOLVABLE
from skillift.statistics.claim_registry import CEILING, DOMINATED, SHAPE, SQUARED, says


def trajectory(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The declared signs, the mean squares between tiers, and the slopes of pass rates after SFT on before.

    Args:
        tables: claims and tier_spreads.
        view: how results are shown.

    Yields:
        One part; none where the study has no such claim.
    """
    spreads = tables["tier_spreads"].filter(path=view.headline_path, suite=view.suite)
    of_recipe = {row["recipe"]: row for row in spreads.iter_rows(named=True)}
    write = {
        SHAPE: _shape,
        DOMINATED: lambda row, view: _dominated(row, of_recipe[row["run"]], view),
        CEILING: _ceiling,
    }
    found, words = list[Finding](), dict[str, list[str]]()
    for claim, sentence in write.items():
        rows = list(of_claim(tables, view, claim))
        found += [_finding(row, sentence(row, view), view) for row in rows]
        words[says()[claim]] = [row["word"] for row in rows]
    if found:
        yield Part("trajectory", f"{on_claims(words)}.", found)


def _finding(row: Mapping, sentence: str, view: View) -> Finding:
    label = view.label_by_student[row["student"]]
    figure = "" if row["claim"] == CEILING else "tier_trajectory"
    claim = row["claim"].replace("_", " ")
    numbers = numbers_of(row)
    return Finding(
        "trajectory", claim, sentence, row["word"], row["path"], label, figure, numbers, row["run"]
    )


def _shape(row: Mapping, view: View) -> str:
    when = view.before if row["run"] == BASE else f"after SFT by {row['run']}"
    subject = f"Declared signs of the procedural deltas {when}, and of their differences between neighbours"
    if row["p_holm"] is None:
        return f"{subject}: {UNDEFINED} ({view.nouns.counts(row)})."
    parts = [
        interval(row["ci_low"], row["ci_high"], view.level),
        probability(row["p_holm"], "Holm-adjusted p"),
        view.nouns.counts(row),
    ]
    multiple = row["mde"]
    decides = f"{points(row['estimate'])} in its declared direction ({'; '.join(parts)})"
    found = f"{subject}: the one that decides is {decides}."
    if multiple is None or row["word"] != NOT_RESOLVABLE:
        return found
    return (
        f"{found} With 80 % power a pattern {multiple:.1f} times as large as the declared one would be "
        f"found, or this one with {multiple**2:.1f} times as many tasks and skills."
    )


def _dominated(row: Mapping, spread: Mapping, view: View) -> str:
    lifts, deltas = (spread[name] for name in ("of_lifts", "of_deltas"))
    share = UNDEFINED
    if lifts is not None and min(lifts, deltas) > 0:
        share = percent(lifts / (lifts + deltas))
    each = " and ".join(in_unit(square, SQUARED, sign=False) for square in (lifts, deltas))
    return (
        f"Mean square between tiers by {row['run']}, lifts less procedural deltas before SFT: "
        f"{estimated(row, view, SQUARED)}. They are {each}, the lifts' share of both {share}."
    )


def _ceiling(row: Mapping, view: View) -> str:
    return (
        "Slope over skills of the pass rate under curated after SFT on that before it, "
        f"{whose(row['student'], row['run'], view)}: {estimated(row, view, '')}."
    )
