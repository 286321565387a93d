"""The marks that figures share: estimates with their intervals, single seeds, and a zero line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.theme import SOFT, colours, shapes
from skillift.figures.theme import legend as legend_of

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View


def estimates(frame: pl.DataFrame, view: View, x: alt.X, y: alt.Y, *, legend: bool = True) -> list[alt.Chart]:
    """Layers for rows with value, low, high, series and headline: intervals, seeds as small dots, estimates.

    The one of `x` and `y` whose field is `value` is the measured axis. Rows without a value are left out.
    The layers carry no data, so that they can stand in facets: give `frame` to the chart that holds them.
    """
    import altair as alt

    drawn = drawn_series(frame)
    named = legend and len(drawn) > 1
    key = legend_of([name for name in view.series if name in drawn]) if named else None
    colour = alt.Color("series:N", scale=colours(view), legend=key)
    shape = alt.Shape("series:N", scale=shapes(view), legend=key)
    choice = picked("series")
    whole = alt.Chart().transform_filter("isValid(datum.value) && datum.headline")
    seeds = alt.Chart().transform_filter("isValid(datum.value) && !datum.headline")
    single = seeds.mark_circle(size=18).encode(
        x=x, y=y, color=colour, opacity=unless_faded(choice, 0.8) if key else alt.value(0.8)
    )
    point = whole.mark_point(filled=True, size=48, opacity=1).encode(x=x, y=y, color=colour, shape=shape)
    layers = [interval(whole, x, y).encode(color=colour), point]
    if key:
        layers = [layer.encode(opacity=unless_faded(choice)) for layer in layers]
        single = single.add_params(choice)
    return [layer.encode(tooltip=tooltip(frame)) for layer in (layers[0], single, layers[1])]


def drawn_series(frame: pl.DataFrame) -> set[str]:
    """The series that have something to draw; with several of them, `estimates` has a legend to pick from."""
    return set(frame.filter(pl.col("value").is_not_null())["series"])


def interval(chart: alt.Chart, x: alt.X, y: alt.Y, width: float = 1.6) -> alt.Chart:
    """Rules from `low` to `high`, along the one of `x` and `y` whose field is `value`."""
    across = x.shorthand == "value:Q"
    ends = {"x": x.copy(), "x2": "high:Q"} if across else {"y": y.copy(), "y2": "high:Q"}
    ends["x" if across else "y"].shorthand = "low:Q"
    drawn = chart.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=width)
    return drawn.encode(**{"x": x, "y": y, **ends})


def cut(frame: pl.DataFrame, least: float, most: float) -> pl.DataFrame:
    """Rows with their intervals cut at the ends of the axis; `cut_low` and `cut_high` say which are."""
    return frame.with_columns(
        cut_low=(pl.col("low") < least).fill_null(False), cut_high=(pl.col("high") > most).fill_null(False)
    ).with_columns(pl.col("low", "high").clip(least, most))


def cut_beyond(frame: pl.DataFrame, widest: float) -> tuple[pl.DataFrame, bool]:
    """Rows with their intervals cut at `widest` on either side of 0, and whether one was; else as is."""
    rows = cut(frame, -widest, widest)
    are_cut = rows.select((pl.col("cut_low") | pl.col("cut_high")).any()).item()
    return (rows, True) if are_cut else (frame, False)


def arrows(place: alt.X | alt.Y, least: float, most: float) -> list[alt.Chart]:
    """An arrow at each end of a bar that `cut` has cut; they carry no data.

    Args:
        place: where a bar stands on the other axis than the measured one: a `Y` where bars are horizontal.
        least: the lower end of the measured axis.
        most: its upper end.
    """
    import altair as alt

    across = isinstance(place, alt.Y)
    shapes = ("triangle-left", "triangle-right") if across else ("triangle-down", "triangle-up")
    here, measured = ("y", "x") if across else ("x", "y")
    return [
        alt.Chart()
        .transform_filter(f"datum.{end}")
        .mark_point(filled=True, size=30, opacity=1, shape=shape)
        .encode(**{measured: alt.datum(at), here: place})
        for end, at, shape in (("cut_low", least, shapes[0]), ("cut_high", most, shapes[1]))
    ]


def estimates_beyond(y: alt.Y, least: float, most: float) -> list[alt.Chart]:
    """A hollow arrow at the end of a horizontal axis for each estimate beyond it; they carry no data."""
    import altair as alt

    ends = (("<", least, "triangle-left"), (">", most, "triangle-right"))
    return [
        alt.Chart()
        .transform_filter(f"isValid(datum.value) && datum.value {beyond} {at}")
        .mark_point(filled=False, fill="white", size=60, opacity=1, shape=shape)
        .encode(x=alt.datum(at), y=y)
        for beyond, at, shape in ends
    ]


def zero(axis: str) -> alt.Chart:
    """A line at zero, across the measured axis `x` or `y`."""
    import altair as alt

    data = pl.DataFrame({"value": [0.0]})
    return alt.Chart(data).mark_rule(color=SOFT, strokeWidth=1).encode(**{axis: alt.datum(0)})


def seeds_note(frame: pl.DataFrame, repeat: str = "seed") -> list[str]:
    """A line that says what the small dots are; empty where there are none."""
    if frame["headline"].all():
        return []
    return [f"large marks: a recipe's mean over its {repeat}s; small dots: single {repeat}s"]
