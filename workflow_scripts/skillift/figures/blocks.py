"""Rows in blocks: a bold head over the lines that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from skillift.figures.theme import around, places

if TYPE_CHECKING:
    import altair as alt

LINE = 17  # px


def row_of(blocks: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], int]:
    """The row of each line by its head and name; heads have rows of their own."""
    rows: dict[tuple[str, str], int] = {}
    row = 0
    for head, lines in blocks.items():
        rows |= {(head, line): row + 1 + place for place, line in enumerate(lines)}
        row += 1 + len(lines)
    return rows


def block_axis(blocks: Mapping[str, Sequence[str]]) -> alt.Y:
    """The axis of the field `row`, with all heads and lines from the top down."""
    import altair as alt

    names = [name for head, lines in blocks.items() for name in (head, *lines)]
    first = {row - 1 for (head, line), row in row_of(blocks).items() if line == blocks[head][0]}
    bold = alt.condition(f"indexof({sorted(first)}, datum.value) >= 0", alt.value(600), alt.value(400))
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
    return LINE * sum(1 + len(lines) for lines in blocks.values())
