"""Variants against the tasks that they are made of, by tier, before and after SFT."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, beside, student_axis
from skillift.figures.marks import estimates, seeds_note, zero
from skillift.figures.theme import described, finish, undefined
from skillift.reporting.arms import effects_of, spanned
from skillift.reporting.declarations import Figure
from skillift.settings.values import VARIANTS
from skillift.statistics.claim_registry import VARIANT_DELTA

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=310,
    tables=("effects",),
    question="variants",
    needs={"delta": 1, "variants": 1},
    across_suites=True,
)

WIDTH = 300  # px


def figure(effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the contrast `variant:curated` of the headline path.

    Args:
        effects: contract EFFECTS.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    view = replace(view, suite=VARIANTS)
    rows = beside(effects_of(effects, view, VARIANT_DELTA), view, "position", width=0.36)
    x = alt.X("x:Q", scale=around(view.labels), axis=student_axis(view.labels, WIDTH))
    y = alt.Y("value:Q", title=f"variant − its task (pp), n = {spanned(rows['n_tasks'], 'task')}")
    chart = alt.layer(zero("y"), *estimates(rows, view, x, y), data=rows).properties(width=WIDTH, height=240)
    notes = [
        described(rows, view, view.headline_path, "intervals, clustered by skill"),
        "pass rate under curated of variants minus that of the tasks that they are made of, paired by task",
        *seeds_note(rows),
        *undefined(rows, pl.col("label") + " " + pl.col("series")),
    ]
    return finish(chart, "Does what SFT adds break on a changed task?", notes)
