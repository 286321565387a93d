"""Lift of every skill with its interval, one panel for each student: do a few skills carry the mean?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, by_student, places, within
from skillift.figures.interaction import tooltip
from skillift.figures.marks import arrows, cut, interval, zero
from skillift.figures.theme import BEFORE_COLOUR, COLOURS, described, finish, undefined
from skillift.reporting.arms import effects_of, measure, of_contrast, on_path, place, span, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=220,
    tables=("skill_effects", "effects"),
    question="uniform",
    needs={"trained": 1, "delta": 1},
)

LIFT = "lift:curated-none"
ROW = 13  # px
PANELS = 300  # px for the panels of all students
LONGEST = 24  # characters of a skill's id on the axis; the page tells it in full
WIDEST = 100  # pp: bars of single skills are cut there, as a few tasks tell little


def figure(skill_effects: pl.DataFrame, effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the lift of the recipe that most students were trained by, on the headline path.

    Args:
        skill_effects: contract SKILL_EFFECTS.
        effects: contract EFFECTS, for the row of all skills.
        view: how the study wants results shown.

    Raises:
        UserError: a table has no such rows.
    """
    import altair as alt

    nouns = view.nouns
    every = f"all {nouns.skills}"
    lifts = of_contrast(on_path(skill_effects, view.headline_path, "effects by skill"), LIFT)
    lifts = place(lifts, view, "effects by skill")
    recipe = next(name for name in view.recipes if name in set(lifts["recipe"]))
    chosen = pl.col("headline") & (pl.col("recipe") == recipe)
    lifts = measure(lifts.filter(chosen), "estimate", "ci_low", "ci_high")
    skills = _by_mean(lifts)
    whole = effects_of(effects, view, LIFT).filter(chosen).with_columns(skill_id=pl.lit(every))
    names = [every, *skills]
    rows = pl.concat([lifts, whole], how="diagonal").with_columns(
        row=pl.col("skill_id").replace_strict(dict(zip(names, range(len(names)), strict=True))),
        whole=pl.col("skill_id") == every,
    )
    students = [label for label in view.labels if label in set(rows["label"])]
    bold = alt.condition("datum.value === 0", alt.value(600), alt.value(400))
    axis = places(
        [_short(name) for name in names],
        None,
        ticks=False,
        domain=False,
        labelOverlap=False,
        labelFontWeight=bold,
        labelPadding=9,
    )
    y = alt.Y("row:Q", scale=around(names, down=True), axis=axis)
    width = max(80, min(280, PANELS // len(students)))
    title = ["lift (pp)", *within(f"n = {spanned(lifts['n_tasks'], nouns.task)}", width)]
    known = rows["value"].drop_nulls().to_list()
    least, most = min([-WIDEST, *known]), max([WIDEST, *known])
    rows = cut(rows, least, most)
    are_cut = rows.select((pl.col("cut_low") | pl.col("cut_high")).any()).item()
    scale = alt.Scale(domain=[least, most], nice=False)
    x = alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(tickCount=3, labelFlush=True))
    known = alt.Chart().transform_filter("isValid(datum.value)")
    of_all = alt.FieldEqualPredicate(field="whole", equal=True)
    look = {
        "color": alt.condition(of_all, alt.value(COLOURS[0]), alt.value(BEFORE_COLOUR)),
        "tooltip": tooltip(rows),
    }
    point = known.mark_point(filled=True, opacity=1).encode(
        x=x,
        y=y,
        shape=alt.condition(of_all, alt.value("diamond"), alt.value("circle")),
        size=alt.condition(of_all, alt.value(40), alt.value(24)),
    )
    marks = [interval(known, x, y, 1.1), *arrows(y, least, most), point]
    chart = (
        alt.layer(zero("x"), *(mark.encode(**look) for mark in marks), data=_drawn(rows))
        .properties(width=width, height=ROW * len(names))
        .facet(column=by_student(alt.Column, students, width))
    )
    notes = [
        described(whole, view, view.headline_path, f"{nouns.clustered} ({every})"),
        f"recipe {recipe}; of one {nouns.skill}: Student's t intervals over its {nouns.tasks}",
        f"{nouns.skills} from the highest mean lift down; unscored in one {nouns.skill}: "
        f"{span(lifts['n_unscored'])}",
        *(["arrows: bars that go on beyond the axis"] if are_cut else []),
        *undefined(rows, pl.col("label") + " " + pl.col("skill_id")),
    ]
    return finish(chart, f"Is the lift that of many {nouns.skills}, or of a few?", notes)


def _by_mean(rows: pl.DataFrame) -> list[str]:
    """Skills by their mean lift over students, the highest first, those without one last."""
    mean = pl.col("value").mean().round(9)  # so that equal means are equal whatever the order of the sum
    means = rows.group_by("skill_id", maintain_order=True).agg(mean)
    order = means.sort("value", "skill_id", descending=[True, False], nulls_last=True)
    return order["skill_id"].to_list()


def _drawn(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns that the chart and its tooltips use."""
    drawn = ("row", "whole", "value", "low", "high", "cut_low", "cut_high", "label")
    told = ("run", "skill_id", "shown", "n_tasks", "n_skills", "n_unscored")
    return rows.select(*drawn, *told)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
