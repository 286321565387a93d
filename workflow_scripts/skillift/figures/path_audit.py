"""How far each judge's path stands from the bench path, under each condition, before and after SFT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import FEW, MOST_ACROSS, around, beside, by_student, condition_axis, panel_width
from skillift.figures.marks import estimates, seeds_note, zero
from skillift.figures.theme import described, finish, undefined
from skillift.reporting.arms import by_condition, conditions_in, measure, place, span, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.numbers import how_many

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=430, tables=("path_shift",), question="judge", needs={"judges": 1})

HEIGHT = 170  # px


def figure(path_shift: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the shift of every path: a column of panels for each student, a row for each path.

    Where there are many runs or students, it is the other way round.

    Args:
        path_shift: contract PATH_SHIFT.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no rows of the suite.
    """
    import altair as alt

    rows = measure(place(path_shift, view, "path shift"), "shift", "ci_low", "ci_high")
    rows = beside(by_condition(rows), view, "condition_place")
    conditions = conditions_in(rows)
    y = alt.Y("value:Q", title=["shift (pp)", f"n = {spanned(rows['n_tasks'], 'task')}"])
    paths = sorted(set(rows["path"]), key=lambda path: (path != view.headline_path, path))
    # many runs or students leave room for no more panels side by side than there are paths
    labels, by_path = view.labels, {"shorthand": "path:N", "sort": paths, "title": None}
    runs = rows.select(pl.struct("series", "seed").n_unique()).item()
    if runs <= FEW and len(labels) <= MOST_ACROSS:
        width = panel_width(len(labels))
        facets = {"row": alt.Row(**by_path), "column": by_student(alt.Column, labels, width)}
    else:
        width = panel_width(len(paths))
        facets = {"row": by_student(alt.Row, labels, HEIGHT), "column": alt.Column(**by_path)}
    x = alt.X("x:Q", scale=around(conditions), axis=condition_axis(conditions, width))
    chart = (
        alt.layer(zero("y"), *estimates(rows, view, x, y), data=rows)
        .properties(width=width, height=HEIGHT)
        .facet(**facets)
    )
    name = pl.col("label") + " " + pl.col("series") + " " + pl.col("condition") + " " + pl.col("path")
    notes = [
        described(rows, view, None, "intervals, clustered by skill"),
        "shift = pass rate on the judge's path minus on the bench path, same episodes:",
        "above zero, the judge passes more than the extractor",
        *_different_lines(rows),
        *seeds_note(rows),
        *undefined(rows, name),
    ]
    return finish(chart, "Which condition does the scoring path favour?", notes)


def _different_lines(rows: pl.DataFrame) -> list[str]:
    """A line on the episodes whose ANSWER lines contradict each other, where an arm has some."""
    arms = rows.filter(path=rows["path"].min())
    most = arms["n_different_lines"].max()
    if not most:
        return []
    total, counts = how_many(int(arms["n_different_lines"].sum()), "episode"), span(arms["n_different_lines"])
    return [f"{total} with several different ANSWER lines ({counts} an arm): the last one counts"]
