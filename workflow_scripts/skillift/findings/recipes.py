"""Findings on pairs of recipes: does the quality of the data matter, and does repeating few rows help?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding, Part, estimated, label_of, numbers_of, told
from skillift.findings.lift import of_claim
from skillift.findings.uniformity import apart
from skillift.reporting.arms import View
from skillift.statistics.claim_registry import DATA_QUALITY, REPETITION, says

_PAIRS = {
    DATA_QUALITY: "trained on other demonstrations of the same tasks",
    REPETITION: "trained for as many steps on more rows",
}


def recipes(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The lift of one recipe less that of another, for each pair that the study declares.

    Args:
        tables: claims.
        view: how results are shown.

    Yields:
        One part; none where the study compares no recipes.
    """
    found, answers = [], []
    for claim in (DATA_QUALITY, REPETITION):
        rows = list(of_claim(tables, view, claim))
        found += [_finding(row, view) for row in rows]
        answers += [f"{says()[claim]}: {told([row['word'] for row in rows])}"] if rows else []
    if found:
        text = "; ".join(answers)
        yield Part("recipes", f"{text[0].upper()}{text[1:]}.", found)


def _finding(row: Mapping, view: View) -> Finding:
    claim, label = row["claim"], label_of(row["student"], view)
    numbers = apart(row, view) if claim == DATA_QUALITY else estimated(row, view)
    sides = f"Lift by {row['run']} less that by {row['against']}, {_PAIRS[claim]}, at {label}"
    seeds = "" if row["n_runs"] > 1 else "; a side has one seed, so about these runs"
    return Finding(
        "recipes",
        claim.replace("_", " "),
        f"{sides}: {numbers}{seeds}.",
        row["word"],
        row["path"],
        label,
        "lift",
        numbers_of(row),
    )
