"""Findings on the suite `transfer`: does training help on skills that no demonstration has?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Finding, Part, estimated, numbers_of, on_claims, whose
from skillift.findings.lift import of_claim
from skillift.findings.room import room_first
from skillift.reporting.view import View
from skillift.statistics.claim_registry import BY_TIER, RETENTION, TRANSFER, says

SUITE = "transfer"
_SUBJECTS = {
    TRANSFER: "Gain under curated on new skills",
    RETENTION: "Gain under curated on new skills less that on trained ones",
}


def transfer(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The gain on new skills, what of it is kept there, and its slope over the tiers.

    Args:
        tables: claims and pass_rates.
        view: how results are shown; the part is the same whichever suite is the headline's.

    Yields:
        One part; none where the suite was not asked, or nothing was trained.
    """
    here = replace(view, suite=SUITE, others=())
    found, words = list[Finding](), dict[str, list[str]]()
    for claim in (TRANSFER, RETENTION, BY_TIER):
        rows = list(of_claim(tables, here, claim))
        found += [_finding(row, here) for row in rows]
        words[says()[claim]] = [row["word"] for row in rows]
    if found:
        part = Part("transfer", f"{on_claims(words)}.", found)
        yield from room_first([part], tables["pass_rates"], here)


def _finding(row: Mapping, view: View) -> Finding:
    claim = row["claim"]
    if claim == BY_TIER:
        subject = f"Gain under curated on new skills for ten times as many parameters, by {row['run']}"
    else:
        subject = f"{_SUBJECTS[claim]}, {whose(row['student'], row['run'], view)}"
    label = view.label_by_student[row["student"]]
    return Finding(
        "transfer",
        claim.replace("_", " "),
        f"{subject}: {estimated(row, view)}.",
        row["word"],
        row["path"],
        label,
        "transfer",
        numbers_of(row),
        row["run"],
    )
