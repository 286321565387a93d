"""Findings on the suite of variants: does what was learned break on a task that was changed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Part, on_claims, tested, told
from skillift.findings.lift import finding_of, of_claim
from skillift.findings.room import room_first
from skillift.reporting.arms import place
from skillift.reporting.view import View
from skillift.settings.values import VARIANTS
from skillift.statistics.claim_registry import BRITTLENESS, VARIANT_DELTA, says

_APART = "variant − its task under curated"


def variants(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """What SFT changed in how far variants fall behind, and how far they do before and after it.

    Args:
        tables: claims, effects, pass_rates and variants.
        view: how results are shown; the part is the same whichever suite is the headline's.

    Yields:
        One part; none where no variants were asked.
    """
    here = replace(view, suite=VARIANTS, others=())
    effects = tables["effects"].filter(path=here.headline_path, suite=VARIANTS, contrast=VARIANT_DELTA)
    if VARIANTS not in {view.suite, *view.others} or effects.is_empty():
        return
    claimed = list(of_claim(tables, here, BRITTLENESS))
    apart = tested(list(place(effects, here, "effects").filter("headline").iter_rows(named=True)), here)
    found = [finding_of("variants", row, f"change of {_APART}", "variants", here) for row in claimed]
    found += [finding_of("variants", row, _APART, "variants", here) for row in apart]
    before = told([row["word"] for row in apart])
    answer = f"{on_claims({says()[BRITTLENESS]: [row['word'] for row in claimed]})}."
    if not claimed:
        answer = f"Variants pass as another share than the tasks that they are made of: {before}."
    part = Part("variants", " ".join([answer, *_left_out(tables["variants"])]), found)
    yield from room_first([part], tables["pass_rates"], here)


def _left_out(counts: pl.DataFrame) -> Iterator[str]:
    """How many variants were not asked, where the study made them."""
    made = counts.filter(suite=VARIANTS).drop_nulls("n_left_out")
    if left_out := sum(made["n_left_out"].to_list()):
        total = sum(made["n_variants"].to_list()) + left_out
        yield f"Of {total} variants {left_out} have the answer of the task that they are made of: left out."
