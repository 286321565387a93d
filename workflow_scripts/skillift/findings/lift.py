"""Findings on the lift: is it resolved?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    by_tier,
    estimated,
    numbers_of,
    told_with_sizes,
    whose,
)
from skillift.findings.judges import format_caveats
from skillift.reporting.numbers import how_many
from skillift.reporting.view import View
from skillift.statistics import claim_labels

_ONE_SEED = "a recipe has one training: what is claimed there is about that run alone"


def of_claim(tables: Mapping[str, pl.DataFrame], view: View, claim: str) -> Iterator[dict]:
    """The rows of one kind of claim on the headline path and the view's suite: by tier, before SFT first."""
    rows = tables["claims"].filter(path=view.headline_path, suite=view.suite, claim=claim)
    return by_tier(rows, view).iter_rows(named=True)


def resolved(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """Each lift, and the procedural deltas that it is the difference of."""
    figures = {"lift": "lift", "procedural_delta": "tier_trajectory"}
    found = [
        finding_of("resolved", row, claim.replace("_", " "), figure, view)
        for claim, figure in figures.items()
        for row in of_claim(tables, view, claim)
    ]
    caveats = list(format_caveats(tables["claims"], tables["certification"], view))
    lifts = list(of_claim(tables, view, "lift"))
    found += caveats
    if not lifts:
        return Part("resolved", "This study has no lift: no run was trained, or its arms are missing.", found)
    single = {row["student"] for row in lifts if row["n_runs"] == 1}
    about = f" At {how_many(len(single), 'student')} {_ONE_SEED}." if single else ""
    if caveats:
        about += (
            f" At {how_many(len(caveats), 'lift')} the share of ANSWER lines changes too: see the caveat."
        )
    return Part("resolved", f"{settled_of(lifts, f'on the path {view.headline_path}')}{about}", found)


def settled_of(lifts: list[dict], where: str) -> str:
    """How many lifts are resolved, with their words and sizes; `where`: on which path or suite.

    One lift is not counted.
    """
    settled = sum(row["word"] in (claim_labels.SUPPORTED, claim_labels.CONTRADICTED) for row in lifts)
    if len(lifts) == 1:
        word = told_with_sizes(lifts).removeprefix("1 ")
        return f"The lift {where} is {'resolved' if settled else 'not resolved'}: {word}."
    return f"{settled} of {len(lifts)} lifts resolved {where}: {told_with_sizes(lifts)}."


def finding_of(question: str, row: Mapping, name: str, figure: str, view: View, meaning: str = "") -> Finding:
    """An effect with its word as a sentence; `meaning` says what it tells."""
    subject = f"{name[0].upper()}{name[1:]} {whose(row['student'], row['run'], view)}"
    return Finding(
        question,
        f"{name}: {meaning}" if meaning else name,
        f"{subject}: {estimated(row, view)}.",
        row["word"],
        row["path"],
        view.label_by_student[row["student"]],
        figure,
        numbers_of(row),
        row["run"],
    )
