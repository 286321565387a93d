"""The lift of each skill against what the base model told of it before training, and against its rival."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import by_student
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.marks import zero
from skillift.figures.theme import COLOURS, LINE_AND_DISC, dashed, described, finish, legend, repeated
from skillift.reporting.arms import on_path, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.numbers import how_many
from skillift.statistics.forecast import MEASURED_ON, of_heads

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=290,
    tables=("forecast",),
    question="forecast",
    needs={"trained": 1, "delta": 1, "forecast": 1},
    across_suites=True,
)

PANEL, HEIGHT = 165, 120  # px
PREDICTORS = {"discrimination": "prefers right answers (%)", "base_pass": "base pass rate (%)"}
_COLUMNS = (
    "label",
    "run",
    "recipe",
    "skill_id",
    "predictor",
    "x",
    "value",
    "line",
    "shown",
    "n_tasks",
    "n_unscored",
)


def figure(forecast: pl.DataFrame, view: View) -> alt.Chart:
    """Draw a row of two panels for each student: a point for each skill, a line for each recipe.

    Args:
        forecast: contract FORECAST.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no rows of the headline path.
    """
    import altair as alt

    view = replace(view, suite=MEASURED_ON)
    table = of_heads(on_path(forecast, view.headline_path, "forecast").filter(suite=view.suite))
    if table.is_empty():
        raise UserError(problem("forecast table", "no rows", f"a skill of the suite {view.suite}"))
    heads = place(table.drop("suite", "recipe"), view, "forecast")
    points = pl.concat([_against(heads, name) for name in PREDICTORS])
    lines = pl.concat(
        [_line(part) for part in points.partition_by("label", "recipe", "predictor", maintain_order=True)]
    )
    both = pl.concat([points, lines]).select(_COLUMNS)
    recipes = [name for name in view.recipes if name in set(heads["recipe"])]
    key = legend(recipes, symbolType=LINE_AND_DISC) if len(recipes) > 1 else None
    scale = alt.Scale(domain=view.recipes, range=repeated(COLOURS, view.recipes))
    colour = alt.Color("recipe:N", scale=scale, legend=key)
    look = {"color": colour, **dashed(view, key)}
    choice = picked("recipe")
    x = alt.X("x:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(grid=False, tickCount=4))
    y = alt.Y("value:Q", title="lift (pp)", axis=alt.Axis(grid=False, tickCount=4))
    drawn = alt.Chart().transform_filter("isValid(datum.value) && isValid(datum.x)")
    skills = drawn.transform_filter("!datum.line").mark_point(filled=True, size=26)
    fitted = drawn.transform_filter("datum.line").mark_line(strokeWidth=1.6)
    layers = [
        zero("y"),
        skills.encode(x=x, y=y, color=colour, opacity=unless_faded(choice, 0.55), tooltip=tooltip(both)),
        fitted.encode(x=x, y=y, **look, opacity=unless_faded(choice)).add_params(choice),
    ]
    students = [label for label in view.labels if label in set(heads["label"])]
    chart = (
        alt.layer(*layers, data=both)
        .properties(width=PANEL, height=HEIGHT)
        .facet(
            row=by_student(alt.Row, students, HEIGHT),
            column=alt.Column("predictor:N", sort=[*PREDICTORS.values()], title=None),
        )
        .resolve_scale(x="independent")
    )
    sums = heads.group_by("label", "recipe").agg(
        pl.col("n_tasks", "n_unscored").sum(), n_skills=pl.col("skill_id").n_unique()
    )
    lacking = points.filter(pl.col("x").is_null() | pl.col("value").is_null()).height
    n_skills = spanned(sums["n_skills"], "skill")
    notes = [
        described(sums, view, view.headline_path, "intervals of the slopes: table of claims"),
        f"n = {n_skills}, a point each; lines: least squares; shares: before training",
        *(
            [f"undefined, not drawn: {how_many(lacking, 'point')} without a pair, an answer or a verdict"]
            if lacking
            else []
        ),
    ]
    return finish(chart, "Could the lift have been foretold?", notes)


def _against(heads: pl.DataFrame, predictor: str) -> pl.DataFrame:
    return heads.select(
        "label",
        "run",
        "recipe",
        "skill_id",
        predictor=pl.lit(PREDICTORS[predictor]),
        x=100 * pl.col(predictor),
        value=100 * pl.col("lift"),
        line=pl.lit(False),
        shown=pl.format("{} pp at {} %", (100 * pl.col("lift")).round(1), (100 * pl.col(predictor)).round(1)),
        n_tasks="n_tasks",
        n_unscored="n_unscored",
    )


def _line(points: pl.DataFrame) -> pl.DataFrame:
    """The ends of the least-squares line; nothing where the skills do not differ."""
    known = points.drop_nulls(["x", "value"])
    if known["x"].n_unique() < 2:
        return points.clear()
    slope, level = np.polyfit(known["x"].to_numpy(), known["value"].to_numpy(), 1)
    ends = known.sort("x")[[0, -1]]
    return ends.with_columns(
        value=level + slope * pl.col("x"), line=pl.lit(True), skill_id=pl.lit(None, pl.String)
    )
