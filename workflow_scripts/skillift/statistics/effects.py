"""Effects of conditions and of training: procedural deltas, gains and lifts with their uncertainty.

For every scoring path, suite, student, run and step, from the task-level values of `contrasts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import polars as pl

from skillift.contracts.analysis import EFFECTS
from skillift.metrics.names import PASS
from skillift.statistics.bootstrap import ratio_intervals
from skillift.statistics.contrast_names import LIFT, VARIANT
from skillift.statistics.contrasts import Differences
from skillift.statistics.grouping import Groups, grouped
from skillift.statistics.intervals import clustered_estimates, least_variances
from skillift.statistics.mcnemar import exact_mcnemar

_TESTS = ("boot_low", "boot_high", "mcnemar_p", "normalised_gain", "normalised_low", "normalised_high")


def effects(
    found: Iterable[Differences], confidence: float, bootstrap_samples: int, seed: int, metric: str = PASS
) -> pl.DataFrame:
    """The table EFFECTS of one metric.

    - standard_error, degrees_of_freedom, ci_low, ci_high, p_value, mde: clustered by skill
      (`intervals.clustered_estimates`); those of a recipe's row are given its seeds here, and the analysis
      puts those of `seed_variance` in their place
    - boot_low, boot_high: percentile interval of the bootstrap over skills (`bootstrap`), a cross-check
    - mcnemar_p: McNemar's exact test of two arms (`mcnemar`); null for lifts, which have four arms, for the
      mean of a recipe's runs, and where a task has several samples
    - normalised_gain: Hake's g = (post - pre) / (1 - pre), American Journal of Physics 66 (1998), of the
      contrasts and gains, `pre` being the arm that is subtracted. It is a ratio of means over the paired
      tasks (Hake's "class average"), and never a mean over tasks of ratios, which a passed task leaves
      undefined. Its interval is the bootstrap's. Null for lifts and where that arm passes everything.

    The last three are of `pass` alone: other metrics need not be yes or no, nor have a most of 1.

    The step of a recipe's row is the last of its runs.

    Args:
        found: of `contrasts.differences`.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the bootstrap.
        seed: of the bootstrap.
        metric: whose values they are.
    """
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in EFFECTS.columns.items()})
    rows = [_rows(contrast, metric, confidence, bootstrap_samples, seed) for contrast in found]
    return pl.concat([empty, *rows]).sort(EFFECTS.unique)


def _rows(differences: Differences, metric: str, confidence: float, samples: int, seed: int) -> pl.DataFrame:
    """EFFECTS of one contrast on one path and suite."""
    contrast, cells, tasks = differences
    groups = grouped(tasks, ["cell"], ("value", "control"))
    sums, counts = groups.sums(groups.values["value"]), groups.sums()
    columns = dict.fromkeys(_TESTS, np.full(len(sums), np.nan))
    if metric == PASS:
        bootstrap = partial(
            ratio_intervals, present=counts > 0, confidence=confidence, samples=samples, seed=seed
        )
        low, high = bootstrap(sums, counts)
        columns |= {"boot_low": low, "boot_high": high, "mcnemar_p": _mcnemar(groups)}
        if not contrast.startswith((LIFT, VARIANT)):
            room = counts - groups.sums(groups.values["control"])
            columns |= _normalised_gain(sums, room, bootstrap)
    known = pl.concat(
        [
            groups.keys,
            clustered_estimates(sums, counts, confidence, least_variances(groups, groups.values["value"])),
            pl.DataFrame(columns).fill_nan(None),
        ],
        how="horizontal",
    )
    unscored = tasks.group_by("cell").agg(pl.col("n_unscored").sum())
    testable = pl.col("one_sample") & pl.lit(not contrast.startswith(LIFT))
    return (
        cells.join(known, on="cell", how="left")
        .join(unscored, on="cell", how="left")
        .with_columns(
            pl.col("n_tasks", "n_skills", "n_unscored").fill_null(0),
            pl.when(testable).then("mcnemar_p"),
            metric=pl.lit(metric),
            contrast=pl.lit(contrast),
        )
        .select(list(EFFECTS.columns))
    )


def _mcnemar(groups: Groups) -> np.ndarray:
    """McNemar's p-values of each group of differences of single verdicts; NaN without pairs."""
    value, n_groups = groups.values["value"], groups.keys.height
    gained, lost, pairs = (
        np.bincount(groups.group[chosen], minlength=n_groups)
        for chosen in (value == 1, value == -1, np.isfinite(value))
    )
    return np.where(pairs > 0, exact_mcnemar(gained, lost), np.nan)


def _normalised_gain(
    sums: np.ndarray, room: np.ndarray, bootstrap: Callable[..., tuple[np.ndarray, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Gains as shares of what could be gained; `room`: sums of 1 - control by skill."""
    gain, possible = sums.sum(axis=1), room.sum(axis=1)
    share = np.divide(gain, possible, out=np.full(len(gain), np.nan), where=possible > 1e-10)
    low, high = bootstrap(sums, room)
    return {"normalised_gain": share, "normalised_low": low, "normalised_high": high}
