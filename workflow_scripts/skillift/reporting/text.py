"""Numbers of the analysis as text: per cent, percentage points, intervals and counts; null is `undefined`."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

UNDEFINED = "undefined"
_MARKS = re.compile(r"[\\`*<|\[]")  # what Markdown reads as something else than itself within a line


def as_markdown(text: str) -> str:
    """A line of text that Markdown shows as it stands, in a cell of a table, too."""
    return _MARKS.sub(r"\\\g<0>", text)


def _formatted(column: str, pattern: str, factor: float) -> pl.Expr:
    def text(value: float) -> str:
        written = pattern.format(value * factor)
        if not float(written):  # no negative zero
            written = pattern.format(0.0)
        return written.replace("-", "\u2212")

    return pl.col(column).map_elements(text, return_dtype=pl.String)


def percent(column: str) -> pl.Expr:
    """A fraction in per cent, one decimal: 0.135 -> 13.5."""
    return _formatted(column, "{:.1f}", 100)


def points(column: str) -> pl.Expr:
    """A difference of fractions in percentage points with its sign: 0.07 -> +7.0."""
    return _formatted(column, "{:+.1f}", 100)


def decimal(column: str) -> pl.Expr:
    """A number with two decimals."""
    return _formatted(column, "{:.2f}", 1)


def tenths(column: str) -> pl.Expr:
    """A number with one decimal."""
    return _formatted(column, "{:.1f}", 1)


def probability(column: str) -> pl.Expr:
    """A p-value with three decimals; what is smaller reads < 0.001."""

    def text(value: float) -> str:
        return f"{value:.3f}" if value >= 0.001 else "< 0.001"

    return pl.col(column).map_elements(text, return_dtype=pl.String)


def interval(number: Callable[[str], pl.Expr], low: str, high: str) -> pl.Expr:
    """The interval alone, its ends written by `number`: [−1.2, +15.2]; null where an end is."""
    return pl.concat_str(pl.lit("["), number(low), pl.lit(", "), number(high), pl.lit("]"))


def with_interval(number: Callable[[str], pl.Expr], value: str, low: str, high: str) -> pl.Expr:
    """An estimate with its interval, each written by `number`: +7.0 [−1.2, +15.2]; parts may be undefined."""
    around = pl.lit(" ") + interval(number, low, high).fill_null(f"[{UNDEFINED}]")
    return (number(value) + around).fill_null(UNDEFINED)


def percent_span(low: str, high: str) -> pl.Expr:
    """A range of fractions in per cent, as one number where both are equal; empty where unknown."""
    ends = [(100 * pl.col(name)).round(0).cast(pl.Int64).cast(pl.String) for name in (low, high)]
    together = pl.when(ends[0] == ends[1]).then(ends[0]).otherwise(ends[0] + pl.lit(" to ") + ends[1])
    return together.fill_null("")
