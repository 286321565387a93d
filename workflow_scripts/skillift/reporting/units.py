"""Numbers of several metrics as text in one column: each in its own unit, named where it is not pp."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from skillift.reporting.column_text import UNDEFINED, decimal, detectable, points, with_interval
from skillift.statistics.claim_registry import POINTS, SQUARED, registry, unit_of, unit_of_metric


def in_units(by: str, value: str, low: str = "", high: str = "", sign: bool = True) -> pl.Expr:
    """A number, with its interval where `low` and `high` are given, in the unit of each row.

    Args:
        by: `claim` or `metric`, the column that tells the unit.
        value: column of the number; fractions where the unit is pp, squared ones where it is pp\u00b2.
        low, high: columns of the interval's ends.
        sign: whether differences in pp have one.
    """

    def written(number: Callable[[str], pl.Expr]) -> pl.Expr:
        return with_interval(number, value, low, high) if low else number(value).fill_null(UNDEFINED)

    unit = pl.col(by).map_elements(lambda name: _unit(by, name), return_dtype=pl.String)
    return (
        pl.when(unit == POINTS)
        .then(written(points if sign else detectable))
        .when(unit == SQUARED)
        .then(written(_squared) + f" {SQUARED}")
        .otherwise(pl.concat_str(written(decimal), pl.lit(" "), unit).str.strip_chars_end())
    )


def _unit(by: str, name: str) -> str:
    if by == "metric":
        return unit_of_metric(name)
    return unit_of(name) if name in registry() else POINTS


def _squared(column: str) -> pl.Expr:
    """Squared fractions as squared percentage points, one decimal."""
    return (pl.col(column) * 1e4).map_elements(
        lambda value: f"{round(value, 1) + 0.0:.1f}".replace("-", "\u2212"), return_dtype=pl.String
    )
