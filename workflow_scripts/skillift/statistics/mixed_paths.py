"""What the headlines would be if their two sides stood on different scoring paths: wrong numbers, on show.

The reference study had to withdraw two findings that came from such a mismatch. Everywhere else a subtraction
across paths raises (`pairing.one_path`); here alone it is made, to show how far it would have misled. A row
of the table with `matched` false is no result.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import MIXED_PATHS
from skillift.statistics.arm_arrays import arm_arrays, estimable, estimates, mean_of_runs, trained
from skillift.statistics.contrasts import LIFT, contrast_name

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

HEADLINE = ("curated", "none")
DELTA = contrast_name(*HEADLINE)


def mixed_paths(values: pl.DataFrame, runs: list[DeclaredRun], confidence: float) -> pl.DataFrame:
    """The table MIXED_PATHS: procedural delta and lift under every pair of scoring paths.

    For a delta, path_before is the path of the condition `none` and path_after that of `curated`; for a lift,
    path_before is the path of the delta before training and path_after that of the delta after it. The rows
    with equal paths are the headlines of the table EFFECTS; standard errors are clustered by skill alike. A
    lift without its base has no row.

    Args:
        values: the frame of `pairing.task_values`; run `base` holds each student before training.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
    """
    schema = {name: column.dtype.type for name, column in MIXED_PATHS.columns.items()}
    chosen = values.filter(pl.col("condition").is_in(HEADLINE))
    tables = [
        _table(row, confidence).with_columns(suite=pl.lit(suite)).select(list(schema))
        for (suite,), part in chosen.group_by("suite")
        if set(HEADLINE) <= set(part["condition"])
        for row in _headlines(part, runs, suite)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *tables]).sort(key_of(MIXED_PATHS))


def mixed_difference(minuend: np.ndarray, subtrahend: np.ndarray) -> np.ndarray:
    """Minuend - subtrahend, task by task, whatever their paths are: a wrong number unless they are one."""
    return minuend - subtrahend


class _Headlines(NamedTuple):
    """One headline under one pair of paths; `values` and `unscored` are of each row and task."""

    contrast: str
    pair: tuple[str, str]
    rows: pl.DataFrame
    skills: np.ndarray
    values: np.ndarray
    unscored: np.ndarray


def _headlines(values: pl.DataFrame, runs: list[DeclaredRun], suite: str) -> Iterator[_Headlines]:
    """Every headline under every pair of paths."""
    arrays = arm_arrays(values, ["condition", "path"], {"value": np.nan, "n_unscored": 0.0})
    pairs = list(product(values["path"].unique().sort(), repeat=2))
    deltas, unscored = {}, {}
    for before, after in pairs:
        treated, control = (arrays.arms[arm] for arm in zip(HEADLINE, (after, before), strict=True))
        deltas[before, after] = mixed_difference(treated["value"], control["value"])
        unscored[before, after] = treated["n_unscored"] + control["n_unscored"]
    for cells in estimable(arrays, runs, suite):
        for pair in pairs:
            of_runs = mean_of_runs(deltas[pair], cells.members)
            counts = unscored[pair][cells.members].sum(axis=1)
            yield _Headlines(DELTA, pair, cells.rows, arrays.skills, of_runs, counts)
        lifted = trained(arrays, cells)
        base = arrays.base[lifted.members[:, 0]]
        for before, after in pairs if len(base) else []:
            of_runs = mean_of_runs(deltas[after, after], lifted.members)
            lift = mixed_difference(of_runs, deltas[before, before][base])
            counts = unscored[after, after][lifted.members].sum(axis=1) + unscored[before, before][base]
            yield _Headlines(LIFT + DELTA, (before, after), lifted.rows, arrays.skills, lift, counts)


def _table(found: _Headlines, confidence: float) -> pl.DataFrame:
    contrast, (before, after), rows, skills, values, unscored = found
    return pl.concat([rows, estimates(values, skills, confidence)], how="horizontal").with_columns(
        n_unscored=pl.Series(unscored.sum(axis=1)).cast(pl.Int64),
        contrast=pl.lit(contrast),
        path_before=pl.lit(before),
        path_after=pl.lit(after),
        matched=pl.lit(before == after),
    )
