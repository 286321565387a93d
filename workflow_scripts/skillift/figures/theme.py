"""How every figure looks: colours, type sizes, titles, axes of tiers, intervals, and the way to SVG.

Figures are 480 px wide with type of 12 px: 9 pt on a text column of 127 mm, and 6 pt where a journal sets
them in one column of 85 mm (Nature's guide asks for 5 to 7 pt). Colours are those of Okabe and Ito
(https://jfly.uni-koeln.de/color/), which colour-blind readers can tell apart; a series differs in shape as
well, so a figure also reads in grey.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from skillift.reporting.arms import DOT, View, span

if TYPE_CHECKING:
    import altair as alt

WIDTH = 480  # px: 127 mm
INK = "#333333"
SOFT = "#767676"
PALE = "#e6e6e6"
BEFORE_COLOUR = "#595959"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"  # the same widths wherever one of these is
TYPE = 12  # px
LINE = 16  # px
WARNING = "#B3261E"  # 6.5 : 1 on white
# room for a browser whose sans-serif is wider than the font that labels were measured with
PADDING = {"left": 14, "right": 20, "top": 8, "bottom": 8}
NAME = 22  # characters of a name on one line of an axis
NAME_WIDTH = 240  # px
BOLD_CHARACTER = 7.4  # px: mean width of a character of a panel's head
LINE_CHARACTERS = 82  # of the lines under a title
TITLE_CHARACTERS = 62

NAMED = 4  # undefined estimates are named under the title up to here, and counted beyond


def finish(
    chart: alt.Chart, question: str, notes: Sequence[str], warnings: Sequence[str] = ()
) -> alt.ConcatChart:
    """Give a chart its title, the lines around it, and the common look.

    Args:
        chart: the chart.
        question: what it answers; its title.
        notes: what it is of, and how to read it. The first stands above the chart, or below the others where
            there are warnings; the others stand below the chart.
        warnings: stand above the chart, in the colour of warnings.
    """
    import altair as alt

    above, below = (warnings, notes) if warnings else (notes[:1], notes[1:])
    place = {"anchor": "start", "align": "left", "frame": "bounds"}
    title = alt.TitleParams(
        text=textwrap.wrap(question, TITLE_CHARACTERS),
        subtitle=_lines(above),
        **place,
        fontSize=14,
        fontWeight=600,
        subtitleFontSize=TYPE,
        subtitleFontWeight=600 if warnings else "normal",
        subtitleColor=WARNING if warnings else SOFT,
        subtitleLineHeight=LINE,
        color=INK,
        offset=14,
    )
    foot = alt.TitleParams(
        text=_lines(below),
        **place,
        orient="bottom",
        fontSize=TYPE,
        fontWeight="normal",
        lineHeight=LINE,
        color=SOFT,
        offset=12,
    )
    chart = alt.vconcat(chart.properties(title=foot) if below else chart)
    axis = {
        "labelFontSize": TYPE,
        "titleFontSize": TYPE,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": SOFT,
        "tickColor": SOFT,
        "gridColor": "#efefef",
        "tickSize": 4,
        "titlePadding": 8,
        "labelFlush": False,
    }
    return (
        chart.properties(title=title, background="white", padding=PADDING)
        .configure(font=FONT)
        .configure_mark(aria=False)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_legend(
            orient="top",
            direction="horizontal",
            title=None,
            labelFontSize=TYPE,
            labelColor=INK,
            symbolSize=70,
            symbolOpacity=1,
            symbolStrokeWidth=2,
            labelLimit=300,
            columnPadding=18,
            offset=8,
        )
        .configure_header(
            labelFontSize=TYPE,
            labelColor=INK,
            labelFontWeight=600,
            title=None,
            labelPadding=6,
            labelLimit=300,
        )
        .configure_facet(spacing=12)
    )


def _lines(notes: Sequence[str]) -> list[str]:
    return [line.removesuffix(" ·") for note in notes for line in textwrap.wrap(note, LINE_CHARACTERS)]


def specification(chart: alt.Chart) -> dict:
    """A chart as Vega-Lite, with all its rows."""
    import altair as alt

    with alt.data_transformers.enable("default", max_rows=None):
        return chart.to_dict()


def to_svg(chart: alt.Chart) -> str:
    """A chart as an SVG document; the same chart gives the same text."""
    import vl_convert

    return vl_convert.vegalite_to_svg(specification(chart))


def colours(view: View) -> alt.Scale:
    """Colour by series: grey before SFT, one colour for each recipe after it."""
    import altair as alt

    return alt.Scale(domain=view.series, range=_repeat((BEFORE_COLOUR, *COLOURS), view.series))


def shapes(view: View) -> alt.Scale:
    """Shape by series, so that series can be told apart without colour."""
    import altair as alt

    return alt.Scale(domain=view.series, range=_repeat(SHAPES, view.series))


def _repeat(values: tuple[str, ...], names: list[str]) -> list[str]:
    return [values[i % len(values)] for i in range(len(names))]


def places(names: list[str | list[str]], title: str | None, **options) -> alt.Axis:
    """An axis of named places at 0, 1, 2, ...: marks can then stand a little beside their place.

    A name that is a list stands on several lines.
    """
    import altair as alt

    return alt.Axis(
        values=list(range(len(names))),
        labelExpr=f"{json.dumps(names, ensure_ascii=False)}[datum.value]",
        title=title,
        grid=False,
        **options,
    )


def row_axis(names: Sequence[str], **options) -> alt.Axis:
    """The axis of named rows, without lines; `row_height` has room for names of several lines."""
    lines = [broken(name) for name in names]
    look = {"ticks": False, "domain": False, "labelOverlap": False, "labelLimit": NAME_WIDTH, **options}
    # the first line of a label stands in the middle of its row
    up = TYPE / 2 * (min(map(len, lines)) - 1)
    return places(lines, None, labelOffset=-up, **look)


def row_height(names: Sequence[str], least: int) -> int:
    """Height in px of a row in which each of `names` has room."""
    return max(least, LINE * max(len(broken(name)) for name in names) + 4)


def broken(name: str, width: int = NAME) -> list[str]:
    """A name in lines: a long one is broken at its dot, then at spaces and hyphens."""
    if len(name) <= width:
        return [name]
    first, *more = name.split(DOT)
    parts = [first, *(f"\u00b7 {part}" for part in more)]
    return [line for part in parts for line in textwrap.wrap(part, width)]


def by_student(channel: type[alt.Facet | alt.Column], labels: Sequence[str], width: float):
    """One panel for each student: the field `label` in that channel, heads in lines that fit so many px."""
    import altair as alt

    lines = {label: broken(label, max(8, int(width / BOLD_CHARACTER))) for label in labels}
    header = alt.Header(labelExpr=f"{json.dumps(lines, ensure_ascii=False)}[datum.label]")
    return channel("label:N", sort=list(labels), title=None, header=header)


def around(names: Sequence[str], down: bool = False) -> alt.Scale:
    """The scale of `places`, with half a place free at either end; `down`: the first place on top."""
    import altair as alt

    return alt.Scale(domain=[-0.5, len(names) - 0.5], nice=False, zero=False, reverse=down)


def beside(frame: pl.DataFrame, view: View, at: str, width: float = 0.5) -> pl.DataFrame:
    """Add `x`: the place `at`, shifted so that what shares a place stands side by side.

    Each series has a slot; a series of which some student has several seeds but no row for the whole
    recipe has one slot a seed. Single seeds stand on the slot of their recipe's row.
    """
    several = (
        frame.filter("headline").group_by("student", "series").agg(pl.col("run").n_unique() > 1).filter("run")
    )
    seed = pl.when(pl.col("series").is_in(several["series"].implode())).then("seed")
    frame = frame.with_columns(
        slot=pl.struct(pl.col("series").replace_strict(_ranks(view.series), return_dtype=pl.Int64), seed=seed)
    )
    slots = frame.select(pl.col("slot").unique().sort()).with_row_index("rank")
    step = min(width / slots.height, 0.2)
    middle = (slots.height - 1) / 2
    return (
        frame.join(slots, on="slot", how="left", maintain_order="left")
        .with_columns(x=pl.col(at) + step * (pl.col("rank").cast(pl.Float64) - middle))
        .drop("slot", "rank")
    )


def _ranks(names: list[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def panel_width(panels: int) -> int:
    """Width in px of one of several panels side by side that fill a figure's width; never under 80."""
    return max(80, min(380, (WIDTH - 90 - 12 * panels) // panels))


def described(frame: pl.DataFrame, view: View, path: str | None, intervals: str) -> str:
    """The line under a title: path, suite, tasks, skills, unscored, intervals."""
    parts = [f"path {path}"] if path else []
    parts += [
        f"{view.suite} suite",
        f"{span(frame['n_tasks'])} tasks in {span(frame['n_skills'])} skills",
        f"unscored: {span(frame['n_unscored'])} per estimate",
        f"{view.level} {intervals}",
    ]
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)  # lines break between parts


def undefined(frame: pl.DataFrame, name: pl.Expr) -> list[str]:
    """Lines that name what is not drawn because its estimate or interval is undefined; may be empty."""
    bare = frame.filter("headline")
    notes = []
    for words, rows in (
        ("undefined, not drawn", bare.filter(pl.col("value").is_null())),
        ("without an interval", bare.filter(pl.col("value").is_not_null() & pl.col("low").is_null())),
    ):
        names = rows.select(name.alias("name"))["name"].unique(maintain_order=True).to_list()
        if len(names) > NAMED:
            notes.append(f"{words}: {len(names)} of {bare.height} estimates")
        elif names:
            notes.append(f"{words}: " + "; ".join(names))
    return notes
