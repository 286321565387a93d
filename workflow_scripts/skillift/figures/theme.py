"""How every figure looks: colours, type sizes, titles, axes of tiers, intervals, and the way to SVG.

Figures are 480 px wide with type of 12 px: 9 pt on a text column of 127 mm, and 6 pt where a journal sets
them in one column of 85 mm (Nature's guide asks for 5 to 7 pt). Colours are those of Okabe and Ito
(https://jfly.uni-koeln.de/color/), which colour-blind readers can tell apart, but for their yellow, which is
hardly seen on white (1.3 : 1); a series differs in shape as well, so a figure also reads in grey.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.reporting.arms import span, spanned
from skillift.reporting.view import View

if TYPE_CHECKING:
    import altair as alt

WIDTH = 480  # px: 127 mm
INK = "#333333"
SOFT = "#767676"
PALE = "#e6e6e6"
BEFORE_COLOUR = "#595959"
# the last, a brown, in the place of the yellow: 7.1 : 1 on white
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8B4513")
BEFORE_SHAPE = "circle"
_HOURGLASS = "M-0.9,-0.9L0.9,-0.9L-0.9,0.9L0.9,0.9Z"
_STAR = "M0,-1L0.3,-0.3L1,0L0.3,0.3L0,1L-0.3,0.3L-1,0L-0.3,-0.3Z"
# one more than colours: a colour that comes again has another shape then
SHAPES = (
    *("square", "diamond", "triangle-up", "triangle-down", "cross", "triangle-left", "triangle-right"),
    *(_HOURGLASS, _STAR),
)
# of lines with points: what of a legend is filled is a disc, and what is drawn goes on as a line
LINE_AND_DISC = "M-1,0L1,0M-0.4,0A0.4,0.4,0,1,1,0.4,0A0.4,0.4,0,1,1,-0.4,0Z"
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"  # the same widths wherever one of these is
TYPE = 12  # px
LINE = 16  # px
CHARACTER = 6.0  # px: mean width of a character
WARNING = "#B3261E"  # 6.5 : 1 on white
# room for a browser whose sans-serif is wider than the font that labels were measured with
PADDING = {"left": 14, "right": 20, "top": 8, "bottom": 8}
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
    legend = {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelFontSize": TYPE,
        "labelColor": INK,
        "symbolSize": 70,
        "symbolOpacity": 1,
        "symbolStrokeWidth": 2,
        "labelLimit": 300,
        "columnPadding": 18,
        "offset": 8,
    }
    header = {
        "labelFontSize": TYPE,
        "labelColor": INK,
        "labelFontWeight": 600,
        "title": None,
        "labelPadding": 6,
        "labelLimit": 300,
    }
    # at once: altair copies the whole chart for each further call
    return alt.vconcat(
        chart.properties(title=foot) if below else chart,
        title=title,
        background="white",
        padding=PADDING,
        config=alt.Config(
            font=FONT,
            mark=alt.MarkConfig(aria=False),
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(**axis),
            axisX=alt.AxisConfig(labelSeparation=5),  # px: the next label's minus sign is no dash between two
            legend=alt.LegendConfig(**legend),
            header=alt.HeaderConfig(**header),
            facet=alt.CompositionConfig(spacing=12),
        ),
    )


def below_each_other(charts: Mapping[str, alt.ConcatChart]) -> alt.ConcatChart:
    """Finished charts of several suites as one, each under the name of its suite."""
    import altair as alt

    parts, look = [], {}
    for suite, chart in charts.items():
        part = chart.copy()
        _name_views(part, suite)
        text = f"On the suite {suite}: {' '.join(part.title.text)}"
        part.title.text = textwrap.wrap(text, TITLE_CHARACTERS)
        for name in ("config", "background", "padding"):  # of a whole document alone
            look[name] = part[name]
            part[name] = alt.Undefined
        parts.append(part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what a reader picks in one legend is picked in all
        whole = alt.vconcat(*parts, spacing=36)
    for name, value in look.items():
        whole[name] = value
    return whole


def _name_views(part: object, suite: str) -> None:
    """Make the names of a chart's views those of a suite: of equal names Vega-Lite finds one.

    altair names a view by its marks and encodings, which may be the same in several suites.
    """
    import altair as alt

    if isinstance(part, alt.SchemaBase):
        for key, value in part._kwds.items():
            if key == "name" and isinstance(value, str) and value.startswith("view_"):
                part._kwds[key] = f"{value}_{suite}"
            elif key == "views" and isinstance(value, list):
                part._kwds[key] = [f"{view}_{suite}" for view in value]
            else:
                _name_views(value, suite)
    elif isinstance(part, list):
        for each in part:
            _name_views(each, suite)


def _lines(notes: Sequence[str]) -> list[str]:
    lines = [textwrap.wrap(note, LINE_CHARACTERS, break_on_hyphens=False) for note in notes]
    return [line.removesuffix(" ·").removeprefix("· ") for wrapped in lines for line in wrapped]


def specification(chart: alt.Chart) -> dict:
    """A chart as Vega-Lite, with all its rows."""
    import altair as alt

    with alt.data_transformers.enable("default", max_rows=None):
        return chart.to_dict(validate=False)  # see `figures.draw`


def to_svg(chart: alt.Chart) -> str:
    """A chart as an SVG document; the same chart gives the same text."""
    import vl_convert

    return vl_convert.vegalite_to_svg(specification(chart))


def colours(view: View) -> alt.Scale:
    """Colour by series: grey before SFT, one colour for each recipe after it."""
    import altair as alt

    return alt.Scale(domain=view.series, range=[BEFORE_COLOUR, *repeated(COLOURS, view.recipes)])


def shapes(view: View) -> alt.Scale:
    """Shape by series, so that series can be told apart without colour."""
    import altair as alt

    return alt.Scale(domain=view.series, range=[BEFORE_SHAPE, *repeated(SHAPES, view.recipes)])


def dashed(view: View, key: alt.Legend | None) -> dict[str, alt.StrokeDash]:
    """Dashes for lines without marks: of recipes whose colour has come before; nothing where none has."""
    import altair as alt

    if len(view.recipes) <= len(COLOURS):
        return {}
    drawn = [[4, 2] if place >= len(COLOURS) else [1, 0] for place in range(len(view.recipes))]
    scale = alt.Scale(domain=view.recipes, range=drawn)
    return {"strokeDash": alt.StrokeDash("recipe:N", scale=scale, legend=key)}


def repeated(values: Sequence[str], names: Sequence[str]) -> list[str]:
    """A value for each name; they come again where there are more names."""
    return [values[i % len(values)] for i in range(len(names))]


def legend(names: Sequence[str], **options: Any) -> alt.Legend:
    """The legend of some series: in one line where they have room in the figure's width, else in columns."""
    import altair as alt

    widths = [len(name) * CHARACTER + 40 for name in names]  # with a symbol and the space between two
    columns = None if sum(widths) <= WIDTH else max(1, int(WIDTH // max(widths)))
    return alt.Legend(values=list(names), **({"columns": columns} if columns else {}), **options)


def described(frame: pl.DataFrame, view: View, path: str | None, intervals: str) -> str:
    """The line under a title: path, suite, tasks, skills, unscored, and intervals where there is one."""
    nouns = view.nouns
    parts = [f"path {path}"] if path else []
    suites = "suites" if " " in view.suite else "suite"  # some figures name several
    parts = [nouns.scored] if nouns.scored else [*parts, f"{view.suite} {suites}"]
    skills = f" in {spanned(frame['n_skills'], nouns.skill)}" if nouns.skill else ""
    parts += [
        f"{spanned(frame['n_tasks'], nouns.task)}{skills}",
        f"unscored: {span(frame['n_unscored'])} per estimate",
    ]
    if "low" not in frame.columns or frame["low"].count():
        parts.append(f"{view.level} {intervals}")
    return " · ".join(map(_whole, parts))


def _whole(text: str) -> str:
    """A part of a note that no line breaks."""
    return text.replace(" ", "\u00a0")


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
            notes.append(f"{words}: {rows.height} of {bare.height} estimates")
        elif names:
            notes.append(f"{words}: " + "; ".join(map(_whole, names)))
    return notes
