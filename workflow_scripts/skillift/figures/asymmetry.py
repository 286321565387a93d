"""Slope of the lift on the baseline delta by four estimators: does SFT work hardest where help is least?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.blocks import block_axis, block_height, row_of
from skillift.figures.interaction import tooltip
from skillift.figures.marks import arrows, cut, estimates_beyond, interval, zero
from skillift.figures.theme import BEFORE_COLOUR, COLOURS, INK, TYPE, described, finish, undefined
from skillift.reporting.arms import measure, on_path, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=210, tables=("asymmetry",), question="uniform", needs={"trained": 1, "delta": 1})

PLOT = 180  # px; the numbers stand to its right
WIDEST = 2.0  # slopes: a bar that goes further is cut there
ESTIMATORS = {
    "naive": "naive (coupled)",
    "split_half": "disjoint halves",
    "disattenuated": "halves, corrected",
    "oldham": "Oldham",
}


def figure(asymmetry: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the slopes of the recipe that most students were trained by, on the headline path.

    Args:
        asymmetry: contract ASYMMETRY.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    nouns = view.nouns
    rows = on_path(asymmetry, view.headline_path, "asymmetry").filter(suite=view.suite)
    recipes = [name for name in view.recipes if name in set(rows["recipe"])]
    if not recipes:
        raise UserError(problem("asymmetry table", "no rows", f"a recipe of the study on {view.suite}"))
    rows = rows.filter(recipe=recipes[0])
    if rows.filter(level="skills")["student"].n_unique() == 1:  # of one student, all are the same as its own
        rows = rows.filter(level="skills")
    rows = _named(rows, view)
    heads = rows["head"].unique(maintain_order=True).to_list()
    blocks = {key: list(ESTIMATORS.values()) for key in heads}
    row = pl.struct("head", "name").map_elements(
        lambda line: row_of(blocks)[line["head"], line["name"]], return_dtype=pl.Int64
    )
    rows = measure(rows.with_columns(row=row), "slope", "ci_low", "ci_high", "")
    least, most = _ends(rows)
    for end in (least, most):  # what lies on an end but for rounding is not beyond it
        there = (pl.col("value") - end).abs() < 1e-9
        rows = rows.with_columns(value=pl.when(there).then(end).otherwise("value"))
    rows = cut(rows, least, most)
    are_cut = rows.select((pl.col("cut_low") | pl.col("cut_high")).any()).item()
    beyond = rows.filter(~pl.col("value").is_between(least, most)).height
    y = block_axis(blocks)
    title = [
        "slope of the lift on the baseline delta",
        f"(pp per pp), n = {spanned(rows['n_tasks'], nouns.task)}",
    ]
    scale = alt.Scale(domain=[least, most], nice=False, zero=False)
    x = alt.X("value:Q", scale=scale, title=title, axis=alt.Axis(tickCount=4))
    inside = f"isValid(datum.value) && datum.value >= {least} && datum.value <= {most}"
    colour = alt.condition(
        alt.FieldEqualPredicate(field="estimator", equal="naive"),
        alt.value(BEFORE_COLOUR),
        alt.value(COLOURS[0]),
    )
    point = alt.Chart().transform_filter(inside).mark_point(filled=True, size=48, opacity=1).encode(x=x, y=y)
    bar = interval(alt.Chart().transform_filter("isValid(datum.value)"), x, y)
    ends = [*arrows(y, least, most), *(estimates_beyond(y, least, most) if beyond else [])]
    marks = [mark.encode(color=colour, tooltip=tooltip(rows)) for mark in (bar, *ends, point)]
    numbers = (
        alt.Chart()
        .mark_text(align="left", fontSize=TYPE, color=INK)
        .encode(x=alt.value(PLOT + 14), y=y, text="shown:N")
    )
    chart = alt.layer(zero("x"), *marks, numbers, data=rows).properties(
        width=PLOT, height=block_height(blocks)
    )
    notes = [
        described(rows, view, view.headline_path, "intervals"),
        f"recipe {recipes[0]}; below zero: a larger lift where the baseline delta is lower",
        "grey: shares the noise of both deltas, negative even without asymmetry",
        *([f"arrows: bars that go on beyond a slope of {WIDEST:g}"] if are_cut else []),
        *([f"hollow arrows: estimates beyond a slope of {WIDEST:g}"] if beyond else []),
        *undefined(rows.with_columns(headline=pl.lit(True)), pl.col("head") + " " + pl.col("name")),
    ]
    return finish(chart, f"Does {nouns.training} work hardest where the procedure helps least?", notes)


def _named(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """Add head (the level) and name (the estimator), students before skills, both in their order."""
    position = pl.col("student").replace_strict(
        dict(view.students.select("student", "position").rows()), default=-1, return_dtype=pl.Int64
    )
    label = pl.col("student").replace_strict(
        dict(view.students.select("student", "label").rows()), default="", return_dtype=pl.String
    )
    nouns = view.nouns
    level = {"students": 0, "cells": 1, "skills": 2}
    order = {name: place for place, name in enumerate(ESTIMATORS)}
    head = (
        pl.when(level="students")
        .then(pl.lit(f"between {nouns.students}, n = ") + pl.col("n_students").cast(pl.String))
        .when(level="cells")
        .then(pl.lit(f"between {nouns.skills}, all {nouns.students}"))
        .otherwise(pl.lit(f"between {nouns.skills}, ") + label)
    )
    return rows.sort(
        pl.col("level").replace_strict(level, return_dtype=pl.Int64),
        position,
        pl.col("estimator").replace_strict(order, return_dtype=pl.Int64),
    ).with_columns(head=head, name=pl.col("estimator").replace_strict(ESTIMATORS))


def _ends(rows: pl.DataFrame) -> tuple[float, float]:
    """The ends of the axis: all that is drawn, zero, and not beyond WIDEST."""
    drawn = [0.0, *(end for name in ("low", "value", "high") for end in rows[name].drop_nulls())]
    return max(-WIDEST, min(-1.0, *drawn)), min(WIDEST, max(1.0, *drawn))
