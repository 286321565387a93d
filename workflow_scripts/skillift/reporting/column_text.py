"""Columns of the analysis as text: per cent, percentage points, intervals and counts; null is `undefined`."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from skillift.reporting import numbers

UNDEFINED = "undefined"
NOT_ASKED = "\u2013"  # in the cell of a row that never had such a number to lack
DASH = "A dash (\u2013): nothing of this kind is asked of the row."  # the note of a table with such cells
_MARKS = re.compile(r"[\\`*<|\[]")  # what Markdown reads as something else than itself within a line


def as_markdown(text: str) -> str:
    """A line of text that Markdown shows as it stands, in a cell of a table, too."""
    return _MARKS.sub(r"\\\g<0>", text)


def _column(name: str, written: Callable[[float], str]) -> pl.Expr:
    return pl.col(name).map_elements(written, return_dtype=pl.String)


def percent(column: str) -> pl.Expr:
    """A fraction in per cent, one decimal: 0.135 -> 13.5."""
    return _column(column, lambda value: numbers.percent(value).removesuffix(" %"))


def points(column: str) -> pl.Expr:
    """A difference of fractions in percentage points with its sign: 0.07 -> +7.0."""
    return _column(column, lambda value: numbers.points(value).removesuffix(" pp"))


def detectable(column: str) -> pl.Expr:
    """A smallest detectable effect in percentage points: 0.15 -> 15.0; above 100 it reads > 100."""
    return _column(column, lambda value: numbers.detectable(value).removesuffix(" pp")).str.replace(
        "more than", ">", literal=True
    )


def decimal(column: str) -> pl.Expr:
    """A number with two decimals."""
    return _column(column, numbers.decimal)


def tenths(column: str) -> pl.Expr:
    """A number with one decimal."""
    return _column(column, lambda value: numbers.decimal(value, digits=1))


def probability(column: str) -> pl.Expr:
    """A p-value with three decimals; what is smaller reads < 0.001."""
    return _column(column, numbers.probability)


def interval(number: Callable[[str], pl.Expr], low: str, high: str) -> pl.Expr:
    """The interval alone, its ends written by `number`: [−1.2, +15.2]; null where an end is."""
    return pl.concat_str(pl.lit("["), number(low), pl.lit(", "), number(high), pl.lit("]"))


def with_interval(number: Callable[[str], pl.Expr], value: str, low: str, high: str) -> pl.Expr:
    """An estimate with its interval, each written by `number`: +7.0 [−1.2, +15.2]; parts may be undefined."""
    around = pl.lit(" ") + interval(number, low, high).fill_null(f"[{UNDEFINED}]")
    return (number(value) + around).fill_null(UNDEFINED)


def percent_span(low: str, high: str) -> pl.Expr:
    """A range of fractions in per cent, as one number where both are equal; a dash where there is none."""
    ends = [(100 * pl.col(name)).round(0).cast(pl.Int64).cast(pl.String) for name in (low, high)]
    together = pl.when(ends[0] == ends[1]).then(ends[0]).otherwise(ends[0] + pl.lit(" to ") + ends[1])
    return together.fill_null(NOT_ASKED)
