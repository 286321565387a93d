"""Procedural delta by tier, before and after SFT: is there a pattern over sizes, and does SFT change it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures import published
from skillift.figures.axes import around, beside, student_axis
from skillift.figures.interaction import picked, unless_faded
from skillift.figures.marks import arrows, cut, drawn_series, estimates, seeds_note, zero
from skillift.figures.theme import colours, described, finish, undefined
from skillift.reporting.arms import effects_of, spanned
from skillift.reporting.certificates import warnings
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=110, tables=("effects", "certification"), question="resolved", needs={"delta": 1})

WIDTH, HEIGHT = 390, 260  # px
WIDEST = 100  # pp: no delta is larger, and a bar that goes further is cut there


def figure(effects: pl.DataFrame, certification: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the contrast `curated-none` of the headline path.

    Args:
        effects: contract EFFECTS.
        certification: contract CERTIFICATION_RATES; a judge above the study's limits is warned of.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    nouns = view.nouns
    rows = beside(effects_of(effects, view, "curated-none"), view, "position", width=0.36)
    beyond = published.names() if view.spec.figures and view.spec.figures.published_values else []
    axis = student_axis(view.labels, WIDTH, beyond, nouns.student)
    x = alt.X("x:Q", scale=around([*view.labels, *beyond]), axis=axis)
    y = alt.Y("value:Q", title=f"procedural delta (pp), n = {spanned(rows['n_tasks'], nouns.task)}")
    ends = (-WIDEST, WIDEST)
    rows = cut(rows, *ends)
    are_cut = rows.filter("headline").select((pl.col("cut_low") | pl.col("cut_high")).any()).item()
    if are_cut:
        y = y.scale(domain=ends)
    elif beyond:
        y = y.scale(domainMax=published.upper_end(rows, HEIGHT))
    students = alt.FieldOneOfPredicate(field="student", oneOf=_trained_or_trainable(view))
    trend = (
        alt.Chart()
        .transform_filter("isValid(datum.value) && datum.headline")
        .transform_filter(students)
        .mark_line(strokeWidth=1.2, opacity=0.55)
        .encode(x=x, y=y, color=alt.Color("series:N", scale=colours(view)), detail="seed:N")
    )
    if len(drawn_series(rows)) > 1:
        trend = trend.encode(opacity=unless_faded(picked("series"), 0.55))
    ghosts = published.layers(len(view.labels), x, y) if beyond else []
    layers = [zero("y"), *ghosts, trend, *estimates(rows, view, x, y)]
    if are_cut:
        colour = alt.Color("series:N", scale=colours(view))
        whole = "datum.headline"
        layers += [each.transform_filter(whole).encode(color=colour) for each in arrows(x, *ends)]
    else:
        rows = rows.drop("cut_low", "cut_high")
    chart = alt.layer(*layers, data=rows).properties(width=WIDTH, height=HEIGHT)
    name = pl.col("label") + " " + pl.col("series")
    notes = [
        described(rows, view, view.headline_path, nouns.clustered),
        f"procedural delta = pass rate with the procedure minus without, paired by {nouns.task}",
        *seeds_note(rows, nouns.repeat),
        *(published.NOTES if beyond else []),
        *([f"arrows: bars that go on beyond {WIDEST} pp"] if are_cut else []),
        *undefined(rows, name),
    ]
    question = f"What is a procedure worth, before and after {nouns.training}?"
    return finish(chart, question, notes, warnings(certification, view))


def _trained_or_trainable(view: View) -> list[str]:
    """The students without the reference models: a reference model is no tier of the trajectory."""
    return [student for student in view.students["student"] if student not in view.references]
