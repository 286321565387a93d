"""Findings on recipes: does a training dip first, do its data matter, their repetition, its objective?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    estimated,
    interval,
    numbers_of,
    on_claims,
    probability,
    whose,
)
from skillift.findings.lift import of_claim
from skillift.findings.uniformity import apart
from skillift.metrics.names import TEXT
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import points
from skillift.reporting.view import View
from skillift.statistics.claim_labels import NOT_RESOLVABLE
from skillift.statistics.claim_registry import (
    DATA_QUALITY,
    DEPTH,
    IN_FORM,
    PREFERENCE,
    REPETITION,
    REWARD,
    REWARD_IN_FORM,
    says,
)

_PAIRS = {
    DATA_QUALITY: "trained on other demonstrations of the same tasks",
    REPETITION: "trained for as many steps on more rows",
    PREFERENCE: "which it starts from",
    IN_FORM: "which it starts from",
    REWARD: "which it starts from",
    REWARD_IN_FORM: "which it starts from",
}
_OF_FORM = (IN_FORM, REWARD_IN_FORM)


def recipes(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The course of each recipe's training, and one recipe's lift less another's, as the study declares them.

    Args:
        tables: claims.
        view: how results are shown.

    Yields:
        One part; none where the study claims none of them.
    """
    found, words = list[Finding](), dict[str, list[str]]()
    for claim in (DEPTH, *_PAIRS):
        of_responses = replace(view, headline_path=TEXT)
        rows = list(of_claim(tables, of_responses if claim in _OF_FORM else view, claim))
        found += [_course(row, view) if claim == DEPTH else _pair(row, view) for row in rows]
        words[says()[claim]] = [row["word"] for row in rows]
    if found:
        yield Part("recipes", f"{on_claims(words)}.", found)


def _course(row: Mapping, view: View) -> Finding:
    """Whether a training falls below the base model and rises again: the part that decides."""
    subject = f"Dip and recovery of the pass rate under curated, {whose(row['student'], row['run'], view)}"
    return Finding(
        "recipes",
        "dip and recovery",
        f"{subject}: {_deciding(row, view)}",
        row["word"],
        row["path"],
        view.label_by_student[row["student"]],
        "depth",
        numbers_of(row),
        row["run"],
    )


def _deciding(row: Mapping, view: View) -> str:
    if row["p_holm"] is None:
        return f"{UNDEFINED} ({view.nouns.counts(row)})."
    parts = [
        interval(row["ci_low"], row["ci_high"], view.level),
        probability(row["p_holm"], "Holm-adjusted p"),
        view.nouns.counts(row),
    ]
    part, multiple = row["contrast"].partition(":")[0], row["mde"]
    decides = f"{points(row['estimate'])} in its claimed direction ({'; '.join(parts)})"
    found = f"the {part} decides, {decides}."
    if multiple is None or row["word"] != NOT_RESOLVABLE:
        return found
    return (
        f"{found} With 80 % power a dip and a recovery {multiple:.1f} times as large as the declared ones "
        f"would be found, or these with {multiple**2:.1f} times as many tasks and skills."
    )


def _pair(row: Mapping, view: View) -> Finding:
    claim, label = row["claim"], view.label_by_student[row["student"]]
    numbers = apart(row, view) if claim == DATA_QUALITY else estimated(row, view)
    lift = "Lift of responses in form" if claim in _OF_FORM else "Lift"
    sides = f"{lift} by {row['run']} less that by {row['against']}, {_PAIRS[claim]}, at {label}"
    seeds = "" if row["n_runs"] > 1 else "; a side has one seed, so about these runs"
    return Finding(
        "recipes",
        claim.replace("_", " "),
        f"{sides}: {numbers}{seeds}.",
        row["word"],
        row["path"],
        label,
        "metrics" if claim in _OF_FORM else "lift",
        numbers_of(row),
    )
