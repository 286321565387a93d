"""Procedural deltas and lift under every scoring path side by side: does a finding hang on how one scores?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import within
from skillift.figures.blocks import block_axis, block_height, row_of
from skillift.figures.interaction import tooltip
from skillift.figures.marks import interval, zero
from skillift.figures.theme import BEFORE_COLOUR, COLOURS, described, finish, undefined
from skillift.reporting.arms import in_rows, measure, of_contrast, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import BASE

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=400, tables=("effects",), question="judge", needs={"trained": 1, "delta": 1})

PANEL = 96  # px
QUANTITIES = ("delta before SFT", "delta after SFT", "lift")


def figure(effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw delta before, delta after and lift: a block for each student and recipe, a line for each path.

    Args:
        effects: contract EFFECTS.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    lifts = of_contrast(effects, "lift:curated-none")
    rows = pl.concat([lifts, effects.filter(contrast="curated-none")])
    rows = measure(place(rows, view, "effects"), "estimate", "ci_low", "ci_high").filter("headline")
    rows, names = _by_quantity(rows)
    paths = sorted(set(rows["path"]), key=lambda path: (path != view.headline_path, path))
    blocks = dict.fromkeys(names, paths)
    row = pl.struct("name", "path").map_elements(
        lambda line: row_of(blocks)[line["name"], line["path"]], return_dtype=pl.Int64
    )
    rows = rows.with_columns(row=row)
    colour = alt.Color("path:N", scale=_colours(paths, view), legend=None)
    y = block_axis(blocks)
    drawn = alt.Chart().transform_filter("isValid(datum.value)")
    x = alt.X(
        "value:Q",
        title=["pp", *within(f"n = {spanned(rows['n_tasks'], 'task')}", PANEL)],
        axis=alt.Axis(tickCount=3, labelFlush=True),
    )
    point = drawn.mark_point(filled=True, size=48, opacity=1).encode(x=x, y=y)
    marks = [mark.encode(color=colour, tooltip=tooltip(rows)) for mark in (interval(drawn, x, y), point)]
    chart = (
        alt.layer(zero("x"), *marks, data=rows)
        .properties(width=PANEL, height=block_height(blocks))
        .facet(column=alt.Column("quantity:N", sort=list(QUANTITIES), title=None))
    )
    shown = f"{view.headline_path} (headline, in colour)" + (" and all others" if len(paths) > 1 else "")
    notes = [
        described(rows, view, shown, _KIND),
        "each difference is taken within one path",
        *undefined(rows, pl.col("name") + " " + pl.col("quantity") + " " + pl.col("path")),
    ]
    return finish(chart, "Does a finding depend on the scoring path?", notes)


_KIND = "intervals, clustered by skill"


def _by_quantity(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Add quantity and name (student and recipe); each recipe gets its student's delta before SFT."""
    trained, names = in_rows(rows.filter(pl.col("run") != BASE))
    lift = pl.col("contrast") == "lift:curated-none"
    trained = trained.with_columns(
        quantity=pl.when(lift).then(pl.lit("lift")).otherwise(pl.lit("delta after SFT"))
    )
    labels = trained.select("student", "name").unique(maintain_order=True)
    before = rows.filter(pl.col("run") == BASE).with_columns(quantity=pl.lit("delta before SFT"))
    before = before.join(labels, on="student", maintain_order="left")
    return pl.concat([before.select(sorted(before.columns)), trained.select(sorted(before.columns))]), names


def _colours(paths: list[str], view: View) -> alt.Scale:
    import altair as alt

    return alt.Scale(
        domain=paths, range=[COLOURS[0] if path == view.headline_path else BEFORE_COLOUR for path in paths]
    )
