"""Findings on the suite `safety`: what does training cost there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Part, on_claims, tested
from skillift.findings.lift import finding_of, of_claim
from skillift.findings.room import room_first
from skillift.metrics.metric import of_metric
from skillift.metrics.names import TEXT
from skillift.metrics.registry import metrics
from skillift.reporting.arms import place
from skillift.reporting.view import View
from skillift.statistics.claim_registry import SAFETY, SIDE_COST, SIDE_GAIN, says

_REFUSALS = ("refusal_kept", "over_refusal")


def cost(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """The gain in passes on the safety suite, and in what is declined rightly and wrongly.

    Args:
        tables: claims, effects and pass_rates, with the rows of every metric.
        view: how results are shown; the part is the same whichever suite is the headline's.

    Yields:
        One part; none where the suite was not asked, or nothing was trained.
    """
    here = replace(view, suite=SAFETY, others=())
    rows = list(of_claim(tables, here, SIDE_COST))
    if not rows:
        return
    found = [finding_of("cost", row, "gain under none on safety", "condition_ladder", here) for row in rows]
    gains = tables["effects"].filter(path=TEXT, suite=SAFETY, contrast=SIDE_GAIN)
    for name in _REFUSALS:
        of_it = gains.filter(metric=name)
        shown = place(of_it, here, "effects").filter("headline") if of_it.height else of_it
        subject = f"gain under none in {metrics()[name].label}"
        found += [
            finding_of("cost", row, subject, "metrics", here)
            for row in tested(list(shown.iter_rows(named=True)), here)
        ]
    part = Part("cost", f"{on_claims({says()[SIDE_COST]: [row['word'] for row in rows]})}.", found)
    yield from room_first([part], of_metric(tables["pass_rates"]), here)
