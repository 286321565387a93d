"""Do recipes tie? Pass rates under the procedure after SFT, and differences against the declared band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.interaction import tooltip
from skillift.figures.marks import interval, zero
from skillift.figures.theme import INK, PALE, TYPE, colours, described, finish, shapes, undefined
from skillift.reporting.arms import measure, on_path, place, span, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=200,
    tables=("pass_rates", "claims"),
    question="uniform",
    needs={"recipes": 2, "delta": 1},
)

ROW = 22  # px
PLOT = 200  # px; the words stand to its right


def figure(pass_rates: pl.DataFrame, claims: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the students with several recipes, on the headline path.

    Args:
        pass_rates: contract PASS_RATES.
        claims: contract CLAIMS.
        view: how the study wants results shown.

    Raises:
        UserError: a table has no such rows.
    """
    import altair as alt

    pairs = on_path(claims, view.headline_path, "claims").filter(
        pl.col("against") != "", claim="recipe_tie", suite=view.suite
    )
    if pairs.is_empty():
        raise UserError(problem("claims table", "no rows of the claim recipe_tie", "a pair of recipes"))
    pairs = measure(pairs, "estimate", "ci_low", "ci_high").join(view.students, on="student", how="left")
    pairs = pairs.sort("position", view.run_place(), view.run_place("against")).with_columns(
        name=view.named() + " − " + view.trained("against"),
        band=100 * pl.col("margin"),
        verdict=pl.lit("tie: ") + pl.col("word"),
    )
    rates = on_path(pass_rates, view.headline_path, "pass rates").filter(condition="curated")
    rates = place(rates, view, "pass rates").filter(pl.col("student").is_in(pairs["student"].implode()))
    rates = measure(rates, "pass_rate", "ci_low", "ci_high", "%").with_columns(name=view.named())
    chart = alt.vconcat(_rates(rates, view), _differences(pairs), spacing=18)
    margins = pairs["band"].drop_nulls().round(1)
    band = "no band: the study declares no margin"
    if len(margins):
        band = f"grey band: differences of less than {span(margins)} pp, which the study declares to be none"
    trained = view.runs.filter(pl.col("student").is_in(pairs["student"].implode()))
    several = trained.select(pl.struct("student", "recipe").is_duplicated().any()).item()
    notes = [
        described(rates, view, view.headline_path, "intervals (differences clustered by skill)"),
        band,
        "first recipe minus the second, paired by task" + (", mean over seeds" if several else ""),
        *undefined(pairs.with_columns(headline=pl.lit(True)), pl.col("name")),
    ]
    return finish(chart, "Do the recipes end in the same place?", notes)


def _rates(rows: pl.DataFrame, view: View) -> alt.Chart:
    import altair as alt

    y, names = _axis(rows)
    title = f"pass rate under curated (%), n = {spanned(rows['n_tasks'], 'task')}"
    x = alt.X("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    known = alt.Chart().transform_filter("isValid(datum.value)")
    look = {
        "color": alt.Color("series:N", scale=colours(view), legend=None),
        "tooltip": tooltip(rows),
    }
    shape = alt.Shape("series:N", scale=shapes(view), legend=None)
    point = known.mark_point(filled=True, size=48, opacity=1).encode(x=x, y=y, shape=shape, **look)
    layers = [interval(known, x, y).encode(**look), point]
    return alt.layer(*layers, data=_numbered(rows, names)).properties(
        width=PLOT, height=row_height(names, ROW) * len(names)
    )


def _differences(rows: pl.DataFrame) -> alt.Chart:
    import altair as alt

    y, names = _axis(rows)
    title = f"difference (pp), n = {spanned(rows['n_tasks'], 'task')}"
    x = alt.X("value:Q", title=title, axis=alt.Axis(tickCount=5))
    known = alt.Chart().transform_filter("isValid(datum.value)")
    band = (
        alt.Chart()
        .transform_filter("isValid(datum.band)")
        .transform_calculate(least="-datum.band")
        .mark_bar(color=PALE, size=ROW - 2, orient="horizontal")
        .encode(x=alt.X("least:Q", title=title), x2="band:Q", y=y)
    )
    tips = tooltip(rows)
    text = (
        alt.Chart()
        .mark_text(align="left", fontSize=TYPE, color=INK)
        .encode(x=alt.value(PLOT + 14), y=y, text="verdict:N")
    )
    point = known.mark_point(filled=True, size=48, opacity=1, color=INK).encode(x=x, y=y, tooltip=tips)
    bar = interval(known, x, y).encode(color=alt.value(INK), tooltip=tips)
    return alt.layer(band, zero("x"), bar, point, text, data=_numbered(rows, names)).properties(
        width=PLOT, height=row_height(names, ROW) * len(names)
    )


def _axis(rows: pl.DataFrame) -> tuple[alt.Y, list[str]]:
    import altair as alt

    names = rows["name"].unique(maintain_order=True).to_list()
    return alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names)), names


def _numbered(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    row = {name: place for place, name in enumerate(names)}
    return rows.with_columns(row=pl.col("name").replace_strict(row, return_dtype=pl.Int64))
