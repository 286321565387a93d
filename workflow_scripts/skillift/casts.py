"""Tables from other tools, as pandas or Excel's readers write them, in the types of their contract.

A cast is made where no value changes by it: whole numbers of another width, categories, whole numbers that
stand as floating point numbers because a column has a gap, columns of nothing. Everything else is refused.
"""

from __future__ import annotations

import re

import polars as pl

from skillift.contracts import pa
from skillift.errors import ContractError

_INDEX = re.compile(r"__index_level_\d+__")  # the row numbers that pandas writes beside a table


def conform(frame: pl.DataFrame, schema: pa.DataFrameSchema, source: str) -> pl.DataFrame:
    """`frame` with the columns of `schema` in their order and types, where nothing is lost by that.

    Columns that are missing or unknown are left for the check of the contract.

    Raises:
        ContractError: a column holds values that its type would change, with one of them.
    """
    wanted = {name: column.dtype.type for name, column in schema.columns.items() if name in frame.columns}
    further = [name for name in frame.columns if name not in wanted]
    kept = [name for name in further if not _INDEX.fullmatch(name)]
    if list(frame.schema.items()) == [*wanted.items()]:
        return frame
    columns = [_cast(frame[name], dtype, f"{source}: column {name}") for name, dtype in wanted.items()]
    return pl.DataFrame([*columns, *(frame[name] for name in kept)])


def _cast(column: pl.Series, dtype: pl.DataType, where: str) -> pl.Series:
    if column.dtype == dtype:
        return column
    if column.dtype == pl.Null:
        return column.cast(dtype)
    if dtype == pl.String and (column.dtype.is_float() or column.dtype.is_temporal()) and len(column):
        raise ContractError(_lost(where, column[0], column.dtype, dtype))  # 1 or 1.0? which form of a date?
    if not _related(column.dtype, dtype):
        return column  # the contract's check names the type
    # a gap in a column of numbers is NaN in pandas
    whole = column.fill_nan(None) if column.dtype.is_float() and not dtype.is_float() else column
    try:
        made = whole.cast(dtype, strict=False)
        changed = whole.filter((made.is_null() & whole.is_not_null()) | (made.cast(whole.dtype) != whole))
    except pl.exceptions.PolarsError:
        return column
    if len(changed):
        raise ContractError(_lost(where, changed[0], column.dtype, dtype))
    return made


def _lost(where: str, value: object, given: pl.DataType, wanted: pl.DataType) -> str:
    said = f"{value} ({given}), which does not say how it was written" if wanted == pl.String else ""
    found = said or f"{value} ({given}), which no {wanted} is"
    return f"{where}: found {found}, expected {wanted}. Save the column as {wanted}."


def _related(given: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether values of the one type may be values of the other, by another name."""
    if wanted == pl.String:
        return given.is_integer() or given in (pl.Categorical, pl.Enum)
    if wanted.is_integer():
        return given.is_integer() or given.is_float()
    if wanted.is_float():
        return given.is_numeric()
    if wanted == pl.Boolean:
        return given.is_numeric()
    return wanted.is_nested() and given.is_nested()
