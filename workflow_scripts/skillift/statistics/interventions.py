"""The answers after interventions of all runs, as metrics read them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY

_COLUMNS = (*EPISODE_KEY, "kind", "cut", "status", "same")


def interventions_of(tables: Iterable[tuple[str, str, pl.DataFrame]]) -> pl.DataFrame:
    """The tables INTERVENED of runs as one, without the texts.

    Args:
        tables: student, run and table of each run that has one.

    Returns:
        student, run and the columns of INTERVENED that metrics read.
    """
    return pl.concat(
        frame.select(pl.lit(student).alias("student"), pl.lit(run).alias("run"), *_COLUMNS)
        for student, run, frame in tables
    )
