"""Effects skill by skill, for the forest plot: which procedures help, and which do not?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from skillift.contracts.analysis import SKILL_EFFECTS
from skillift.statistics.contrasts import Differences
from skillift.statistics.grouping import grouped

# Below this a standard error is rounding.
_ZERO = 1e-10


def skill_effects(found: Iterable[Differences], confidence: float) -> pl.DataFrame:
    """The table SKILL_EFFECTS: each effect over the tasks of one skill.

    The interval is Student's t over the tasks (n_tasks - 1 degrees of freedom, tasks of the skill taken as
    independent draws); it is null with fewer than two tasks and where all have the same value. With a handful
    of tasks it is wide, and one of many: it shows the spread of the skills and tests none of them.

    Args:
        found: of `contrasts.differences`.
        confidence: of the intervals, as a fraction.
    """
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in SKILL_EFFECTS.columns.items()})
    rows = [_rows(contrast, confidence) for contrast in found]
    return pl.concat([empty, *rows]).sort(SKILL_EFFECTS.unique)


def _rows(differences: Differences, confidence: float) -> pl.DataFrame:
    """SKILL_EFFECTS of one contrast on one path and suite."""
    contrast, cells, tasks = differences
    by = ["cell", "skill_id"]
    groups = grouped(tasks.with_columns(skill="skill_id"), by)
    value, n_groups = groups.values["value"], groups.keys.height
    n_tasks = np.bincount(groups.group, minlength=n_groups)
    mean = np.bincount(groups.group, value, n_groups) / np.maximum(n_tasks, 1)
    half = _half_width(
        np.bincount(groups.group, (value - mean[groups.group]) ** 2, n_groups), n_tasks, confidence
    )
    estimates = pl.DataFrame(
        {
            "estimate": np.where(n_tasks > 0, mean, np.nan),
            "ci_low": mean - half,
            "ci_high": mean + half,
            "n_tasks": n_tasks.astype(np.int64),
        }
    ).fill_nan(None)
    unscored = tasks.group_by(by).agg(pl.col("n_unscored").sum())
    return (
        pl.concat([groups.keys, estimates], how="horizontal")
        .join(unscored, on=by)
        .join(cells, on="cell")
        .with_columns(pl.col("skill_id").cast(pl.String), contrast=pl.lit(contrast))
        .select(list(SKILL_EFFECTS.columns))
    )


def _half_width(squares: np.ndarray, n_tasks: np.ndarray, confidence: float) -> np.ndarray:
    """Half of Student's t interval of a mean, from the sum of squared residuals; NaN where undefined."""
    from scipy.stats import t

    degrees_of_freedom = np.where(n_tasks > 1, n_tasks - 1, np.nan)
    error = np.sqrt(squares / degrees_of_freedom / np.maximum(n_tasks, 1))
    return np.where(error > _ZERO, t.ppf((1 + confidence) / 2, degrees_of_freedom) * error, np.nan)
