"""Worst-case bounds: how far unscored episodes could move each effect, whatever their verdicts would be.

Estimates leave unscored episodes out, which is right only if they would pass as often as the others. The
bounds assume nothing: every unscored episode takes the verdict that lowers the effect most, then the one
that raises it most (Horowitz and Manski, "Nonparametric analysis of randomized experiments with missing
covariate and outcome data", Journal of the American Statistical Association 95 (2000); Manski,
"Nonparametric bounds on treatment effects", American Economic Review 80 (1990)).

Bounds are over more tasks than estimates, those with an unscored episode too, and these may have verdicts in
the other arms: so an estimate, or its interval, can reach beyond them. What was found without the unscored
is one of the cases that a reader has to expect, and the worst case is never narrower than it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import BOUNDS
from skillift.statistics.arm_arrays import arm_arrays, estimable, estimates, mean_of_runs, trained
from skillift.statistics.contrasts import CONTRASTS, LIFT, contrast_name
from skillift.statistics.seed_variance import about_recipes

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun


class Imputed(NamedTuple):
    """Task-level values of arms or of their differences, arrays of shape (cells, tasks).

    Attributes:
        value: over the scored samples; NaN without one.
        low, high: the least and the greatest that it could be; NaN without an episode.
        unscored, episodes: number of episodes.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    unscored: np.ndarray
    episodes: np.ndarray

    def minus(self, other: Imputed) -> Imputed:
        """The difference: its least is the least of this minus the greatest of the other."""
        return Imputed(
            self.value - other.value,
            self.low - other.high,
            self.high - other.low,
            self.unscored + other.unscored,
            self.episodes + other.episodes,
        )

    def of_runs(self, members: np.ndarray) -> Imputed:
        """Means over the runs of each row, and sums of the counts; see `arm_arrays.Estimable`."""
        means = (mean_of_runs(each, members) for each in (self.value, self.low, self.high))
        return Imputed(*means, *(each[members].sum(axis=1) for each in (self.unscored, self.episodes)))


def bounds(
    values: pl.DataFrame,
    runs: list[DeclaredRun],
    confidence: float,
    as_judged: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The table BOUNDS: every contrast of two conditions, and its lift.

    bound_low of a contrast counts the unscored episodes of the condition that is subtracted from as fails
    and those of the subtracted one as passes, bound_high the other way; in a lift the delta before training
    takes the opposite. Both are over all tasks with an episode in every arm, scored or not (n_tasks), and
    ci_low to ci_high reaches from the lower limit of the interval of bound_low to the upper one of
    bound_high, clustered by skill, of a recipe with the variance between its trainings. estimate is that of
    the table EFFECTS, over the scored tasks alone; bounds and interval reach at least as far as it and its
    own interval, and with every episode scored they are equal to these. A lift without its base has no row.

    Args:
        values: the frame of `pairing.task_values`; run `base` holds each student before training.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
        as_judged: the `uncorrected` rows of the table CORRECTED_EFFECTS, whose means over a recipe's runs are
            taken otherwise; the bounds reach at least as far as these, too.
    """
    schema = {name: column.dtype.type for name, column in BOUNDS.columns.items()}
    found: list[tuple[pl.DataFrame, ...]] = [
        tuple(table.with_columns(path=pl.lit(path), suite=pl.lit(suite)) for table in tables)
        for (path, suite), part in values.group_by("path", "suite")
        for tables in _within(part, runs, suite, confidence)
    ]
    if not found:
        return pl.DataFrame(schema=schema)
    by = ["path", "suite", "contrast"]
    scored, low, high = (
        about_recipes(pl.concat(tables), runs, by, confidence) for tables in zip(*found, strict=True)
    )
    table = low.with_columns(
        estimate=scored["estimate"],
        bound_low=low["estimate"],
        bound_high=high["estimate"],
        ci_high=high["ci_high"],
    )
    for estimated in (scored, as_judged):
        if estimated is not None:
            table = _reaching(table, estimated)
    return table.select(list(schema)).sort(key_of(BOUNDS))


def _reaching(table: pl.DataFrame, estimated: pl.DataFrame) -> pl.DataFrame:
    """Rows of BOUNDS that reach at least as far as these estimates and their intervals.

    What is undefined of a bound stays so.
    """
    key = key_of(BOUNDS)
    own = estimated.select(
        *key,
        own="estimate",
        own_low=pl.col("ci_low").fill_null(pl.col("estimate")),
        own_high=pl.col("ci_high").fill_null(pl.col("estimate")),
    )
    ends = {
        "bound_low": pl.min_horizontal("bound_low", "own"),
        "bound_high": pl.max_horizontal("bound_high", "own"),
        "ci_low": pl.min_horizontal("ci_low", "own_low"),
        "ci_high": pl.max_horizontal("ci_high", "own_high"),
    }
    return (
        table.join(own, on=key, how="left", maintain_order="left")
        .with_columns(pl.when(pl.col(name).is_not_null()).then(end).alias(name) for name, end in ends.items())
        .drop("own", "own_low", "own_high")
    )


def _within(
    values: pl.DataFrame, runs: list[DeclaredRun], suite: str, confidence: float
) -> Iterator[tuple[pl.DataFrame, ...]]:
    """Of one path and suite: over the scored tasks, the lower bound, the upper one (`_tables`)."""
    fills = {"value": np.nan, "n_unscored": 0.0, "n_samples": 0.0}
    arrays = arm_arrays(values, ["condition"], fills)
    arms = {condition: _imputed(**arm) for (condition,), arm in arrays.arms.items()}
    pairs = [pair for pair in CONTRASTS if set(pair) <= set(arms)]
    for cells in estimable(arrays, runs, suite):
        lifted = trained(arrays, cells)
        for treated, control in pairs:
            name, delta = contrast_name(treated, control), arms[treated].minus(arms[control])
            yield _tables(name, cells.rows, delta.of_runs(cells.members), arrays.skills, confidence)
            if lifted.rows.height:
                before = Imputed(*(each[arrays.base[lifted.members[:, 0]]] for each in delta))
                lift = delta.of_runs(lifted.members).minus(before)
                yield _tables(LIFT + name, lifted.rows, lift, arrays.skills, confidence)


def _imputed(value: np.ndarray, n_unscored: np.ndarray, n_samples: np.ndarray) -> Imputed:
    """An arm with every unscored sample as a fail (low) and as a pass (high)."""
    episodes = np.where(n_samples > 0, n_samples, np.nan)
    passes = np.where(np.isfinite(value), value, 0.0) * (n_samples - n_unscored)
    return Imputed(value, passes / episodes, (passes + n_unscored) / episodes, n_unscored, n_samples)


def _tables(
    contrast: str, rows: pl.DataFrame, found: Imputed, skills: np.ndarray, confidence: float
) -> tuple[pl.DataFrame, ...]:
    """The estimates over the scored tasks, of the lower bound and of the upper one, given the trainings."""
    counts = {
        "n_episodes": pl.Series(found.episodes.sum(axis=1).astype(np.int64)),
        "n_unscored": pl.Series(found.unscored.sum(axis=1).astype(np.int64)),
    }
    return tuple(
        pl.concat([rows, estimates(each, skills, confidence)], how="horizontal").with_columns(
            contrast=pl.lit(contrast), **counts
        )
        for each in (found.value, found.low, found.high)
    )
