"""How well two judges agree on each run: Cohen's kappa with its interval, and the raw agreement beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.arms import measure, place, read_spec, span
from skillift.audit_contracts import ALL_CONDITIONS
from skillift.figures.interaction import tooltip
from skillift.figures.marks import interval
from skillift.figures.theme import (
    BEFORE_COLOUR,
    COLOURS,
    INK,
    TYPE,
    around,
    described,
    finish,
    places,
    undefined,
)

if TYPE_CHECKING:
    import altair as alt

ROW = 24  # px
PLOT = 150  # px; the numbers stand to its right
MEASURES = ("Cohen's kappa", "raw agreement")


def figure(agreement: pl.DataFrame, spec: dict) -> alt.Chart:
    """Draw one row for each student and run, one panel for each pair of judges.

    Args:
        agreement: contract AGREEMENT.
        spec: see `skillift.arms.read_spec`.

    Raises:
        UserError: the table has no rows of the suite.
    """
    import altair as alt

    view = read_spec(spec)
    together = agreement.filter(condition=ALL_CONDITIONS)
    rows = measure(place(together, view, "judge agreement"), "kappa", "kappa_low", "kappa_high", "")
    rows = rows.with_columns(headline=pl.lit(True), name=_name(), pair=_pair())
    names = rows["name"].unique(maintain_order=True).to_list()
    rows = rows.with_columns(
        row=pl.col("name").replace_strict({name: i for i, name in enumerate(names)}, return_dtype=pl.Int64),
        text=_numbers(),
    )
    y = alt.Y(
        "row:Q",
        scale=around(names, down=True),
        axis=places(names, None, ticks=False, domain=False, labelLimit=220),
    )
    least = min([0.0, *rows["low"].drop_nulls(), *rows["value"].drop_nulls()])
    title = ["agreement (1 = always the same verdict)", f"n = {span(rows['n_tasks'])} tasks a run"]
    x = alt.X("value:Q", scale=alt.Scale(domain=[least, 1]), title=title, axis=alt.Axis(tickCount=4))
    colour = alt.Color("measure:N", scale=alt.Scale(domain=list(MEASURES), range=[COLOURS[0], BEFORE_COLOUR]))
    shape = alt.Shape("measure:N", scale=alt.Scale(domain=list(MEASURES), range=["circle", "diamond"]))
    of_kappa = alt.FieldEqualPredicate(field="measure", equal=MEASURES[0])
    tips = tooltip(rows)
    bars = interval(alt.Chart().transform_filter(of_kappa), x, y).encode(
        color=alt.value(COLOURS[0]), tooltip=tips
    )
    point = (
        alt.Chart()
        .transform_filter("isValid(datum.value)")
        .mark_point(filled=True, size=48, opacity=1)
        .encode(x=x, y=y, color=colour, shape=shape, tooltip=tips)
    )
    text = (
        alt.Chart()
        .transform_filter(of_kappa)
        .mark_text(align="left", fontSize=TYPE, color=INK)
        .encode(x=alt.value(PLOT + 14), y=y, text="text:N")
    )
    chart = (
        alt.layer(bars, point, text, data=_both_measures(rows))
        .properties(width=PLOT, height=ROW * len(names))
        .facet(row=alt.Row("pair:N", title=None, header=alt.Header(orient="top", labelAnchor="start")))
    )
    notes = [
        described(rows, view, None, "intervals of kappa, bootstrap over skills"),
        "all conditions; numbers: kappa [interval] · episodes with the same verdict",
        *undefined(rows, pl.col("name") + " " + pl.col("pair")),
    ]
    return finish(chart, "Do the judges agree?", notes)


def _both_measures(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row twice: value is kappa, then the raw agreement; `measure` says which."""
    return pl.concat(
        [
            rows.with_columns(measure=pl.lit(MEASURES[0])),
            rows.with_columns(measure=pl.lit(MEASURES[1]), value="agreement"),
        ]
    )


def _name() -> pl.Expr:
    return (
        pl.col("label")
        + " · "
        + pl.when(pl.col("recipe").is_null()).then(pl.lit("before SFT")).otherwise(pl.col("run"))
    )


def _pair() -> pl.Expr:
    return pl.col("judge_a") + " and " + pl.col("judge_b")


def _numbers() -> pl.Expr:
    same = pl.col("both_pass") + pl.col("both_fail")
    judged = same + pl.col("only_a") + pl.col("only_b")
    counts = pl.lit(" · ") + same.cast(pl.String) + pl.lit(" of ") + judged.cast(pl.String)
    return pl.col("shown") + counts
