"""Findings on the forecast: do lifts follow what the base model told of each skill before training?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Finding, Part, estimated, in_unit, numbers_of, on_claims, whose
from skillift.findings.lift import of_claim
from skillift.reporting.view import View
from skillift.statistics.claim_registry import BEYOND_BASE, FORECAST, says
from skillift.statistics.forecast import MEASURED_ON


def forecast(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The slope over skills at each student, its rival, and why three tiers tell nothing.

    Args:
        tables: claims.
        view: how results are shown.

    Yields:
        One part; none where the study foretells nothing.
    """
    of_holdout = replace(view, suite=MEASURED_ON)
    found, words = list[Finding](), dict[str, list[str]]()
    for claim, sentence in ((FORECAST, _slope), (BEYOND_BASE, _beyond)):
        rows = list(of_claim(tables, of_holdout, claim))
        of_students = [row for row in rows if row["student"]]
        found += [
            _finding(row, sentence(row, view) if row["student"] else _between(row, view), view)
            for row in rows
        ]
        words[says()[claim]] = [row["word"] for row in of_students]
    if found:
        yield Part("forecast", f"{on_claims(words)}.", found)


def _finding(row: Mapping, sentence: str, view: View) -> Finding:
    label, claim = view.label_by_student[row["student"]], row["claim"].replace("_", " ")
    numbers = numbers_of(row)
    return Finding(
        "forecast", claim, sentence, row["word"], row["path"], label, "forecast", numbers, row["run"]
    )


def _slope(row: Mapping, view: View) -> str:
    return (
        "Slope over skills of the lift on how often the base model prefers right answers, "
        f"{whose(row['student'], row['run'], view)}: {estimated(row, view, '')}."
    )


def _beyond(row: Mapping, view: View) -> str:
    return (
        "Lift that goes with one standard deviation of that, less what goes with one of the base pass rate, "
        f"{whose(row['student'], row['run'], view)}: {estimated(row, view)}."
    )


def _between(row: Mapping, view: View) -> str:
    slope = in_unit(row["estimate"], "")
    return (
        f"Slope of the same between the means of students by {row['run']}: {slope} "
        f"({view.nouns.counts(row)}). So few tiers never resolve a slope, however well they lie on a line."
    )
