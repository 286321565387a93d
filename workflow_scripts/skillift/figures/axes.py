"""Axes of figures: named places, students side by side, rows, panels, and what stands beside what."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.figures.theme import CHARACTER, LINE, WIDTH
from skillift.reporting.arms import DOT, View

if TYPE_CHECKING:
    import altair as alt

FEW = 4  # series, which have room in a part of a place; more of them take most of it
MOST_OF_A_PLACE = 0.85
MOST_ACROSS = 3  # panels side by side in which five conditions have room
LABEL_LINE = 14  # px: between the lines of one label of an axis
AXIS_CHARACTER = 6.4  # px: mean width of a character of an axis
NAME = 22  # characters of a name on one line of an axis
MOST = 36  # characters of a word of a name
NAME_WIDTH = 240  # px
BOLD_CHARACTER = 7.4  # px: mean width of a character of a panel's head
# px between two labels at which lines of type do not touch when turned so far: 11.5 / sin(angle)
_ANGLES = {-35: 20.0, -50: 15.0}


def places(names: Sequence[str | list[str]], title: str | None, **options: Any) -> alt.Axis:
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


def student_axis(
    labels: Sequence[str], width: float, beyond: Sequence[str] = (), noun: str = "student"
) -> alt.Axis:
    """The axis of students side by side in so many px: a long name breaks at its spaces, or all are turned.

    `beyond`: names of others, which stand after those of the study; `noun`: what a student is called.
    """
    lines = [name.split(" ") if len(name) > 8 else [name] for name in (*labels, *beyond)]
    longest = max(len(line) for name in lines for line in name)
    turned = longest * AXIS_CHARACTER > width / len(lines)
    title = f"{noun}, from the smallest to the largest" if len(labels) > 1 else noun
    return places(lines, title, labelOverlap=False, labelAngle=-35 if turned else 0)


def condition_axis(conditions: Sequence[str], width: float) -> alt.Axis:
    """The axis of conditions in a panel of so many px: the less room there is, the more they are turned."""
    room = width / len(conditions)
    angle = next((angle for angle, least in _ANGLES.items() if room >= least), -90)
    return places(conditions, "condition", labelAngle=angle, labelOverlap=False)


def row_axis(names: Sequence[str], **options: Any) -> alt.Axis:
    """The axis of named rows, without lines; `row_height` has room for names of several lines."""
    lines = [broken(name) for name in names]
    look = {"ticks": False, "domain": False, "labelOverlap": False, "labelLimit": NAME_WIDTH}
    look |= {"labelPadding": 9, **options}  # room for a mark at the plot's edge
    # the first line of a label stands in the middle of its row: each is moved up by half of its others
    rows = {
        number: [row for row, name in enumerate(lines) if len(name) == number] for number in map(len, lines)
    }
    moved = [
        {"test": f"indexof({found}, datum.value) >= 0", "value": -LABEL_LINE / 2 * (number - 1)}
        for number, found in sorted(rows.items())
    ]
    return places(lines, None, labelOffset={"condition": moved, "value": 0}, **look)


def row_height(names: Sequence[str], least: int) -> int:
    """Height in px of a row in which each of `names` has room."""
    return max(least, LINE * max(len(broken(name)) for name in names) + 4)


def broken(name: str, width: int = NAME, most: int = MOST, hyphens: bool = True) -> list[str]:
    """A name in lines: a long one is broken at its dot, then at spaces and hyphens; a word at `most`."""
    if len(name) <= width:
        return [name]
    first, *more = name.split(DOT)
    parts = [first, *(f"\u00b7\u00a0{part}" for part in more)]  # the dot stays with what it stands before
    lines = []
    for part in parts:
        lines.append("")
        for word in re.findall(r"[^ -]*[ -]|[^ -]+" if hyphens else r"[^ ]* |[^ ]+", part):
            if lines[-1] and len(lines[-1] + word.rstrip()) > width:
                lines.append("")
            lines[-1] += word
    return [cut for line in lines for cut in textwrap.wrap(line, most, break_on_hyphens=False)]


def within(text: str, width: float) -> list[str]:
    """A text in lines that fit so many px, as the title of an axis of narrow panels."""
    return textwrap.wrap(text, max(8, int(width / CHARACTER)), break_long_words=False)


def by_student(
    channel: type[alt.Facet | alt.Column], labels: Sequence[str], width: float
) -> alt.Facet | alt.Column:
    """One panel for each student: the field `label` in that channel, heads in lines that fit so many px."""
    import altair as alt

    room = max(8, int(width / BOLD_CHARACTER))
    lines = {label: broken(label, room, most=room) for label in labels}
    header = alt.Header(labelExpr=f"{json.dumps(lines, ensure_ascii=False)}[datum.label]")
    return channel("label:N", sort=list(labels), title=None, header=header)


def around(names: Sequence[str | list[str]], down: bool = False) -> alt.Scale:
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
    step = min((width if slots.height <= FEW else MOST_OF_A_PLACE) / slots.height, 0.2)
    middle = (slots.height - 1) / 2
    return (
        frame.join(slots, on="slot", how="left", maintain_order="left")
        .with_columns(x=pl.col(at) + step * (pl.col("rank").cast(pl.Float64) - middle))
        .drop("slot", "rank")
    )


def _ranks(names: list[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def panels_across(view: View) -> int:
    """How many panels of students stand side by side, one where a panel has many series."""
    return beside_each_other(len(view.labels)) if len(view.series) <= FEW else 1


def beside_each_other(panels: int) -> int:
    """How many of so many panels stand in a row: three at most, and of four two, which leaves no gap."""
    return 2 if panels == 4 else min(panels, MOST_ACROSS)


def panel_width(panels: int) -> int:
    """Width in px of one of several panels side by side that fill a figure's width; never under 80."""
    return max(80, min(380, (WIDTH - 90 - 12 * panels) // panels))
