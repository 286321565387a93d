"""Pass rate under each condition, by tier, before and after SFT: what every delta is taken from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, beside, by_student, condition_axis, panel_width, panels_across
from skillift.figures.marks import estimates, seeds_note
from skillift.figures.theme import described, finish, undefined
from skillift.reporting.arms import by_condition, conditions_in, measure, on_path, place, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=700, tables=("pass_rates",), question="basis")


def figure(pass_rates: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the pass rates of the headline path.

    Args:
        pass_rates: contract PASS_RATES.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    rows = place(on_path(pass_rates, view.headline_path, "pass rates"), view, "pass rates")
    rows = by_condition(measure(rows, "pass_rate", "ci_low", "ci_high", "%"))
    rows = beside(rows, view, "condition_place")
    conditions = conditions_in(rows)
    panels = panels_across(view)
    width = panel_width(panels)
    x = alt.X("x:Q", scale=around(conditions), axis=condition_axis(conditions, width))
    largest = max([*rows["high"].drop_nulls(), *rows["value"].drop_nulls()], default=100.0)
    scale = alt.Scale(domain=[0, min(100, 10 * math.ceil(largest / 10))], nice=False)
    y = alt.Y("value:Q", scale=scale, title=f"pass rate (%), n = {spanned(rows['n_tasks'], view.nouns.task)}")
    chart = (
        alt.layer(*estimates(rows, view, x, y), data=rows)
        .properties(width=width, height=240)
        .facet(facet=by_student(alt.Facet, view.labels, width), columns=panels)
    )
    name = pl.col("label") + " " + pl.col("series") + " " + pl.col("condition")
    notes = [
        described(rows, view, view.headline_path, "intervals"),
        *seeds_note(rows, view.nouns.repeat),
        *undefined(rows, name),
    ]
    return finish(chart, f"How often does each {view.nouns.student} pass under each condition?", notes)
