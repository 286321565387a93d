"""The parts that contracts of tables are made of: columns by kind of value, and the table around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from skillift.contracts import pa
from skillift.protocols import PROTOCOL

BY_PROTOCOL = "by_protocol"


def column(
    dtype: pl.DataType | type[pl.DataType],
    *,
    nullable: bool = False,
    isin: Iterable | None = None,
    ge: float | None = None,
    le: float | None = None,
    filled: bool = False,
    required: bool = True,
) -> pa.Column:
    """A column; `filled` forbids the empty text, and one that is not `required` may be absent."""
    checks = []
    if isin is not None:
        checks.append(pa.Check.isin(list(isin)))
    if ge is not None:
        checks.append(pa.Check.ge(ge))
    if le is not None:
        checks.append(pa.Check.le(le))
    if filled:
        checks.append(pa.Check.str_length(min_value=1))
    return pa.Column(dtype, checks=checks, nullable=nullable, required=required)


def text(**options: Any) -> pa.Column:
    """A column of strings; `options` say whether cells may be empty or missing, and which values may be."""
    return column(pl.String, **options)


def count(**options: Any) -> pa.Column:
    """A column of counts, from 0."""
    return column(pl.Int64, ge=0, **options)


def rate(**options: Any) -> pa.Column:
    """A column of fractions from 0 to 1."""
    return column(pl.Float64, ge=0.0, le=1.0, **options)


def coefficient(**options: Any) -> pa.Column:
    """A column of coefficients from -1 to 1, such as kappa."""
    return column(pl.Float64, ge=-1.0, le=1.0, **options)


def difference(**options: Any) -> pa.Column:
    """A column of differences of fractions."""
    return column(pl.Float64, **options)


def magnitude(**options: Any) -> pa.Column:
    """A column of numbers from 0, such as standard errors."""
    return column(pl.Float64, ge=0.0, **options)


# Columns that stand together in the tables of the analysis.
INTERVAL = {"ci_low": difference(nullable=True), "ci_high": difference(nullable=True)}
ESTIMATE = {
    "estimate": difference(nullable=True),
    "standard_error": magnitude(nullable=True),
    **INTERVAL,
}
COUNTS = {"n_tasks": count(), "n_skills": count(), "n_unscored": count()}


def table(
    name: str, key: tuple[str, ...], columns: dict[str, pa.Column], *, by_protocol: bool = False
) -> pa.DataFrameSchema:
    """A table with exactly these columns in this order and a unique key.

    With `by_protocol` that of a study which declares protocols has a further first column, `protocol`, which
    is part of its key (`of_protocols`); tables without that are of the protocol `main` alone.
    """
    told = {BY_PROTOCOL: True} if by_protocol else None
    return pa.DataFrameSchema(columns, name=name, unique=list(key), strict=True, ordered=True, metadata=told)


def of_protocols(schema: pa.DataFrameSchema, columns: Iterable[str]) -> pa.DataFrameSchema:
    """The contract of a table with these columns: with the protocol's, where it may have one and does."""
    if PROTOCOL not in columns or not (schema.metadata or {}).get(BY_PROTOCOL):
        return schema
    with_it = {PROTOCOL: text(filled=True), **schema.columns}
    return table(schema.name, (PROTOCOL, *schema.unique), with_it)
