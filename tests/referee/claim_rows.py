"""Rows of claims about further metrics and tiers, for the made-up studies of the referee."""

from __future__ import annotations

import polars as pl

from referee.studies import LIFT, known

COUNTS = "30 tasks in 11 skills, 0 episodes unscored"
_NUMBERS = {
    "standard_error": 0.05,
    "degrees_of_freedom": 40.0,
    "p_value": 0.002,
    "p_holm": 0.004,
    "n_tasks": 30,
    "n_skills": 11,
    "n_unscored": 0,
    "word_holds": True,
    "against": "",
}


def claim_row(**values: object) -> pl.DataFrame:
    """A row of CLAIMS like that of a lift, with other values."""
    row = known().tables["claims"].filter(suite="holdout", **LIFT).head(1)
    return row.with_columns(
        **{name: pl.lit(value, dtype=row.schema[name]) for name, value in (_NUMBERS | values).items()}
    )


def elsewhere(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, and others of another suite and another path that say other things."""
    other = rows.with_columns(word=pl.lit("undefined"), estimate=pl.lit(-0.77), student=pl.lit("m"))
    return pl.concat(
        [rows, other.with_columns(suite=pl.lit("dev")), other.with_columns(path=pl.lit("judge:b"))]
    )


def made_table(rows: list[dict], schema) -> pl.DataFrame:
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    return pl.DataFrame(rows, schema=types)
