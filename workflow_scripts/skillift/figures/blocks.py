"""Rows in blocks: a bold head, of several lines where it is long, over the lines that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from skillift.figures.axes import around, broken, places

if TYPE_CHECKING:
    import altair as alt

LINE = 17  # px
HEAD = 28  # bold characters on one line


def row_of(blocks: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], int]:
    """The row of each line by its head and name; the lines of heads have rows of their own."""
    rows: dict[tuple[str, str], int] = {}
    row = 0
    for head, lines in blocks.items():
        row += len(_in_lines(head))
        rows |= {(head, line): row + place for place, line in enumerate(lines)}
        row += len(lines)
    return rows


def _in_lines(head: str) -> list[str]:
    return broken(head, HEAD, hyphens=False)


def block_axis(blocks: Mapping[str, Sequence[str]]) -> alt.Y:
    """The axis of the field `row`, with all heads and lines from the top down."""
    import altair as alt

    names = [name for head, lines in blocks.items() for name in (*_in_lines(head), *lines)]
    heads = sorted(set(range(len(names))) - set(row_of(blocks).values()))
    bold = alt.condition(f"indexof({heads}, datum.value) >= 0", alt.value(600), alt.value(400))
    axis = places(
        names,
        None,
        ticks=False,
        domain=False,
        labelOverlap=False,
        labelLimit=300,
        labelPadding=9,
        labelFontWeight=bold,
    )
    return alt.Y("row:Q", scale=around(names, down=True), axis=axis)


def block_height(blocks: Mapping[str, Sequence[str]]) -> int:
    """Height in px of a plot of these blocks."""
    return LINE * sum(len(_in_lines(head)) + len(lines) for head, lines in blocks.items())
