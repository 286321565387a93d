"""The answers after interventions of all runs, as metrics read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from skillift.contracts.interventions import INTERVENED
from skillift.contracts.pipeline import EPISODE_KEY
from skillift.path_patterns import PathPattern
from skillift.tables import read_each

_COLUMNS = (*EPISODE_KEY, "kind", "cut", "status", "same")


def read_interventions(pattern: PathPattern, runs: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """The tables INTERVENED of the runs that have one, without the texts.

    Args:
        pattern: where they stand; reference models behind an API have none.
        runs: {student, run}.

    Returns:
        student, run and the columns of INTERVENED that metrics read.

    Raises:
        UserError: no run has one, or one breaks its contract.
    """
    there = [run for run in runs if Path(pattern.path(run)).exists()] or list(runs)
    return pl.concat(
        frame.select(pl.lit(student).alias("student"), pl.lit(run).alias("run"), *_COLUMNS)
        for student, run, frame in read_each(pattern, there, INTERVENED)
    )
