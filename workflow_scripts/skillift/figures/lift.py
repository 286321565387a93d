"""Lift by tier and recipe with its interval, against what the study could have detected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.marks import estimates, seeds_note, zero
from skillift.figures.theme import INK, PALE, SOFT, TYPE, described, finish, undefined
from skillift.reporting.arms import effects_of, in_rows, spanned
from skillift.reporting.certificates import warnings
from skillift.reporting.column_text import detectable
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=100,
    tables=("effects", "certification"),
    question="resolved",
    needs={"trained": 1, "delta": 1},
)

ROW = 34  # px
PLOT = 190  # px; the numbers stand to its right
WIDEST = 100  # pp: what is not detected below it is told as "> 100", and its band cut there


def figure(effects: pl.DataFrame, certification: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the contrast `lift:curated-none` of the headline path.

    Args:
        effects: contract EFFECTS.
        certification: contract CERTIFICATION_RATES; a judge above the study's limits is warned of.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    nouns = view.nouns
    rows, names = in_rows(effects_of(effects, view, "lift:curated-none"))
    wide = (pl.col("mde") > WIDEST / 100).fill_null(False)
    rows = rows.with_columns(
        band=100 * pl.col("mde").clip(upper_bound=WIDEST / 100),
        wide=wide & pl.col("headline"),
        mde_text=detectable("mde") + " pp",
    )
    are_wide = rows["wide"].any()
    height = row_height(names, ROW) * len(names)
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    title = f"lift (pp), n = {spanned(rows['n_tasks'], nouns.task)}"
    band = (
        alt.Chart()
        .transform_filter("datum.headline && isValid(datum.band)")
        .transform_calculate(least="-datum.band")
        .mark_bar(color=PALE, size=20)
        .encode(x=alt.X("least:Q", title=title), x2="band:Q", y=y)
    )
    banded = rows.filter("headline")["band"].count() > 0
    numbers = rows.filter("headline").with_columns(text=_numbers())
    text = (
        alt.Chart(numbers)
        .mark_text(align="left", fontSize=TYPE, color=INK)
        .encode(x=alt.value(PLOT + 16), y=y, text="text:N")
    )
    beside = ["· smallest detectable"] if banded else []
    heading = (
        alt.Chart(pl.DataFrame({"text": [["lift [interval], pp", *beside]]}))
        .mark_text(align="left", fontSize=TYPE, color=SOFT)
        .encode(x=alt.value(PLOT + 16), y=alt.value(-22 if beside else -6), text="text:N")
    )
    bands = [band]
    if are_wide:
        ends = ((WIDEST, "triangle-right"), (-WIDEST, "triangle-left"))
        bands += [
            alt.Chart()
            .transform_filter("datum.wide")
            .mark_point(filled=True, size=60, color=SOFT, opacity=1, shape=shape)
            .encode(x=alt.datum(at), y=y)
            for at, shape in ends
        ]
    else:
        rows = rows.drop("wide")
    layers = [
        *bands,
        zero("x"),
        *estimates(rows, view, alt.X("value:Q", title=title), y, legend=False),
        text,
        heading,
    ]
    chart = alt.layer(*layers, data=rows).properties(width=PLOT, height=height)
    notes = [
        described(rows, view, view.headline_path, nouns.clustered),
        f"lift = procedural delta after {nouns.training} minus before, paired by {nouns.task}",
        *([f"grey band: smaller than what this {nouns.whole} detects with 80 % power"] if banded else []),
        *([f"grey arrows: bands that go on beyond {WIDEST} pp"] if are_wide else []),
        *seeds_note(rows, nouns.repeat),
        *undefined(rows, pl.col("name")),
    ]
    question = f"Does {nouns.training} raise what the procedure is worth?"
    return finish(chart, question, notes, warnings(certification, view))


def _numbers() -> pl.Expr:
    """The estimate with its interval and the smallest detectable effect, from the columns of the table."""
    known = pl.col("shown").str.strip_suffix(" pp")
    return known + (pl.lit(" · ") + detectable("mde")).fill_null("")
