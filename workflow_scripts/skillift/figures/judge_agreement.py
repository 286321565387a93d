"""How well two judges agree on each run: Cohen's kappa, Gwet's AC1 and the raw agreement side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.scoring_audit import ALL_CONDITIONS
from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.interaction import tooltip
from skillift.figures.marks import interval
from skillift.figures.theme import BEFORE_COLOUR, COLOURS, INK, TYPE, described, finish, undefined
from skillift.reporting.arms import measure, place, spanned
from skillift.reporting.column_text import decimal
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=420, tables=("agreement",), question="judge", needs={"judges": 2})

ROW = 26  # px
PLOT = 150  # px; the numbers stand to its right
_COLOURS = [COLOURS[0], COLOURS[1], BEFORE_COLOUR]
# columns of each measure, and how far from the middle of its row it stands
MEASURES: dict[str, tuple[tuple[str, str | None, str | None], float]] = {
    "Cohen's kappa": (("kappa", "kappa_low", "kappa_high"), -0.25),
    "Gwet's AC1": (("ac1", "ac1_low", "ac1_high"), 0.25),
    "raw agreement": (("agreement", None, None), 0.0),
}


def figure(agreement: pl.DataFrame, view: View) -> alt.Chart:
    """Draw one row for each student and run, one panel for each pair of judges.

    Args:
        agreement: contract AGREEMENT.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no rows of the suite.
    """
    import altair as alt

    together = agreement.filter(condition=ALL_CONDITIONS)
    rows = measure(place(together, view, "judge agreement"), "kappa", "kappa_low", "kappa_high", "")
    rows = rows.with_columns(headline=pl.lit(True), name=view.named(), pair=_pair())
    names = rows["name"].unique(maintain_order=True).to_list()
    rows = rows.with_columns(
        row=pl.col("name").replace_strict({name: i for i, name in enumerate(names)}, return_dtype=pl.Int64),
        text=_numbers(),
    )
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    lowest = pl.concat(rows[name].drop_nulls() for name in ("kappa", "kappa_low", "ac1", "ac1_low"))
    least = max(-1.0, math.floor(10 * min(lowest, default=0.0) - 1) / 10)
    title = ["agreement (1 = always the same verdict)", f"n = {spanned(rows['n_tasks'], 'task')} a run"]
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[least, 1], nice=False, zero=False),
        title=title,
        axis=alt.Axis(tickCount=4),
    )
    names_of = list(MEASURES)
    measured = _measured(rows)
    defined = set(measured.filter(pl.col("value").is_not_null())["measure"])
    key = alt.Legend(values=[name for name in names_of if name in defined])
    of_each = alt.Scale(domain=names_of, range=["circle", "square", "diamond"])
    colour = alt.Color("measure:N", scale=alt.Scale(domain=names_of, range=_COLOURS), legend=key)
    shape = alt.Shape("measure:N", scale=of_each, legend=key)
    known = alt.Chart().transform_filter("isValid(datum.value)")
    point = known.mark_point(filled=True, size=36, opacity=1).encode(x=x, y=y, shape=shape)
    marks = [mark.encode(color=colour, tooltip=tooltip(measured)) for mark in (interval(known, x, y), point)]
    text = (
        alt.Chart()
        .transform_filter(alt.FieldEqualPredicate(field="measure", equal=names_of[-1]))
        .mark_text(align="left", fontSize=TYPE, color=INK)
        .encode(x=alt.value(PLOT + 14), y=y, text="text:N")
    )
    chart = (
        alt.layer(*marks, text, data=measured)
        .properties(width=PLOT, height=row_height(names, ROW) * len(names))
        .facet(row=alt.Row("pair:N", title=None, header=alt.Header(orient="top", labelAnchor="start")))
    )
    notes = [
        described(measured, view, None, "intervals, bootstrap over skills"),
        "all conditions; numbers: kappa [interval] · episodes with the same verdict",
        *(f"Cohen's kappa {note}" for note in undefined(rows, pl.col("name") + " " + pl.col("pair"))),
    ]
    return finish(chart, "Do the judges agree?", notes)


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row once for each measure: value, low and high are its own, `measure` says which it is."""
    rows = rows.with_columns(pl.col("row").cast(pl.Float64), none=pl.lit(None, dtype=pl.Float64))
    parts = [
        measure(rows, value, low or "none", high or "none", "").with_columns(
            measure=pl.lit(name), row=pl.col("row") + shift
        )
        for name, ((value, low, high), shift) in MEASURES.items()
    ]
    return pl.concat(parts).with_columns(
        shown=pl.when(measure="raw agreement").then(decimal("value")).otherwise("shown")
    )


def _pair() -> pl.Expr:
    return pl.col("judge_a") + " and " + pl.col("judge_b")


def _numbers() -> pl.Expr:
    same = pl.col("both_pass") + pl.col("both_fail")
    judged = same + pl.col("only_a") + pl.col("only_b")
    counts = pl.lit(" · ") + same.cast(pl.String) + pl.lit(" of ") + judged.cast(pl.String)
    return pl.col("shown") + counts
