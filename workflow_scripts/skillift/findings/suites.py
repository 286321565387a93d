"""Findings on the suites that were asked beside the headline suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Part
from skillift.findings.lift import finding_of, of_claim, settled_of
from skillift.findings.room import room_first
from skillift.reporting.view import View

_CLAIMS = {"lift": "lift", "procedural_delta": "tier_trajectory"}


def others(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The lifts and procedural deltas on each suite beside the headline suite.

    Yields:
        One part; none where one suite was asked.
    """
    parts = [_of_suite(tables, replace(view, suite=suite, others=())) for suite in view.others]
    if parts:
        found = [finding for part in parts for finding in part.findings]
        yield Part("suites", " ".join(part.answer for part in parts), found)


def _of_suite(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    found = [
        finding_of("suites", row, f"{claim.replace('_', ' ')} on {view.suite}", figure, view)
        for claim, figure in _CLAIMS.items()
        for row in of_claim(tables, view, claim)
    ]
    lifts = list(of_claim(tables, view, "lift"))
    answer = f"On {view.suite} there is no lift: no run was trained, or its arms are missing."
    if lifts:
        answer = settled_of(lifts, f"on {view.suite}")
    return room_first([Part("suites", answer, found)], tables["pass_rates"], view)[0]
