"""What SFT changes besides pass rates: the gain in every other metric, each in its own unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.interaction import tooltip
from skillift.figures.marks import arrows, cut_beyond, interval, zero
from skillift.figures.theme import COLOURS, described, finish, undefined
from skillift.metrics.names import INTERVENED, PASS, SHARE, TEXT
from skillift.metrics.registry import label_of, metrics
from skillift.reporting.arms import in_rows, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import BASE, DOT

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=600,
    tables=("effects",),
    question="form",
    needs={"trained": 1, "delta": 1},
    every_metric=True,
)

CONTRAST = "gain:none"
_COLUMNS = 2
_LINE = 19  # px


def figure(effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the gain under `none` in every metric but `pass`: a panel for each, a line for each recipe.

    Those of answers after interventions have a figure of their own.

    Args:
        effects: contract EFFECTS, with the rows of every metric.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no gain in another metric.
    """
    import altair as alt

    apart = [PASS, *(name for name, each in metrics().items() if INTERVENED in each.reads)]
    here = pl.col("path").is_in([view.headline_path, TEXT]) & ~pl.col("metric").is_in(apart)
    rows = effects.filter(here, pl.col("run") != BASE, contrast=CONTRAST)
    if rows.is_empty():
        raise UserError(
            problem("effects table", "none of them", f"rows of {CONTRAST} in another metric than {PASS}")
        )
    rows, names = in_rows(place(rows, view, "effects").filter("headline"))
    rows = _in_units(rows)
    order = [name for name in metrics() if name in set(rows["metric"])]
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    height = row_height(names, _LINE) * len(names)
    panels, cut_in = [], []
    for place_of, name in enumerate(order):
        of_it, are_cut = cut_beyond(rows.filter(metric=name), _widest(name))
        x = alt.X("value:Q", title=_title(name), axis=alt.Axis(tickCount=4))
        if are_cut:
            x = x.scale(domain=(-_widest(name), _widest(name)))
            cut_in.append(label_of(name))
        here = y if place_of % _COLUMNS == 0 else y.copy()
        if place_of % _COLUMNS:
            here.axis = None
        drawn = alt.Chart().transform_filter("isValid(datum.value)")
        point = drawn.mark_point(filled=True, size=48, opacity=1, color=COLOURS[0]).encode(x=x, y=here)
        bars = interval(drawn, x, here).encode(color=alt.value(COLOURS[0]))
        ends = arrows(here, -_widest(name), _widest(name)) if are_cut else []
        ends = [each.encode(color=alt.value(COLOURS[0])) for each in ends]
        marks = [mark.encode(tooltip=tooltip(of_it)) for mark in (bars, *ends, point)]
        panels.append(
            alt.layer(zero("x"), *marks, data=of_it).properties(
                width=150, height=height, title=alt.TitleParams(label_of(name), fontSize=12)
            )
        )
    chart = alt.concat(*panels, columns=_COLUMNS, spacing=24).resolve_scale(x="independent")
    notes = [
        described(rows, view, f"{view.headline_path}; {TEXT} for what reads no verdict", _KIND),
        f"gain under none: after SFT minus before, paired by task; n = {spanned(rows['n_tasks'], 'task')}",
        *([f"arrows: bars that go on beyond what a gain can be ({', '.join(cut_in)})"] if cut_in else []),
        *undefined(
            rows, pl.col("name") + DOT + pl.col("metric").replace({name: label_of(name) for name in order})
        ),
    ]
    return finish(chart, "What else does SFT change in a response?", notes)


_KIND = "intervals, clustered by skill"


def _unit(name: str) -> str:
    found = metrics().get(name)
    return "pp" if found is None or found.unit == SHARE else found.unit


def _widest(name: str) -> float:
    """The largest gain that there can be, in the metric's unit; of what is no share there is none."""
    found = metrics().get(name)
    if _unit(name) != "pp":
        return math.inf
    return 200.0 if found is not None and found.signed else 100.0


def _title(name: str) -> str:
    return f"gain ({_unit(name)})"


def _in_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Add value, low, high in the metric's unit, and `shown`: estimate and interval as text."""
    factors = {name: 100.0 if _unit(name) == "pp" else 1.0 for name in rows["metric"].unique()}
    units = {name: _unit(name) for name in factors}
    factor = pl.col("metric").replace_strict(factors, return_dtype=pl.Float64)
    rows = rows.with_columns(
        value=pl.col("estimate") * factor, low=pl.col("ci_low") * factor, high=pl.col("ci_high") * factor
    )
    ends = {name: pl.col(name).round(1).cast(pl.String) for name in ("value", "low", "high")}
    around = pl.concat_str(pl.lit(" ["), ends["low"], pl.lit(", "), ends["high"], pl.lit("]")).fill_null("")
    unit = pl.col("metric").replace_strict(units, return_dtype=pl.String)
    shown = pl.concat_str(ends["value"], around, pl.lit(" "), unit).str.replace_all(
        "-", "\u2212", literal=True
    )
    return rows.with_columns(shown=shown.fill_null("undefined"))
