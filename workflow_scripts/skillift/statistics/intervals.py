"""Estimates with their uncertainty: means clustered by skill, Wilson intervals, detectable effects.

The numbers come from task-level values; tasks that share a skill are not independent, hence the
clusters. What the data leave undefined is None: no tasks, one skill, or no variation between skills.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from skillift.statistics.grouping import grouped

POWER = 0.8

# Below this a standard error is rounding: the smallest real one, of one task in 10,000, is near 1e-4.
_ZERO = 1e-10


class Estimate(NamedTuple):
    """A mean with its uncertainty, in the unit of its values; None means undefined on these data."""

    estimate: float | None
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    mde: float | None
    n_tasks: int
    n_skills: int


ESTIMATE_SCHEMA = {
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p_value": pl.Float64,
    "mde": pl.Float64,
    "n_tasks": pl.Int64,
    "n_skills": pl.Int64,
}


def clustered_mean(values: np.ndarray, skills: np.ndarray, confidence: float) -> Estimate:
    """The mean of one value per task, its standard error clustered by skill (`clustered_estimates`).

    `values` and `skills` are of equal length, without nulls.
    """
    names, skill = np.unique(skills, return_inverse=True)
    sums, counts = (np.bincount(skill, weights, len(names))[np.newaxis] for weights in (values, None))
    return Estimate(*clustered_estimates(sums, counts, confidence).row(0))


def clustered_estimates(sums: np.ndarray, counts: np.ndarray, confidence: float) -> pl.DataFrame:
    """Means clustered by skill: one row of `ESTIMATE_SCHEMA` for each row of `sums` and `counts`.

    The standard error is that of the intercept of an ordinary least-squares fit with the cluster-robust
    covariance of Liang and Zeger (1986) and the small-sample factor G/(G-1) * (n-1)/(n-1), G being the
    number of skills: sqrt(G/(G-1) * sum of squared residual sums by skill) / n. It is what statsmodels'
    `OLS(...).fit(cov_type="cluster")` gives for one group at a time. Interval and two-sided p-value use
    Student's t with G - 1 degrees of freedom (Cameron and Miller, "A practitioner's guide to
    cluster-robust inference", 2015, sections II and VI).

    With fewer than two skills, or where all skills have the same mean (a standard error of zero, which
    would claim certainty), the estimate is given and its uncertainty is null.

    Args:
        sums: of the values, by group and skill, shape (groups, skills); see `grouping.Groups.sums`.
        counts: number of values, the same shape.
        confidence: of the interval, as a fraction.
    """
    from scipy.stats import t

    n_tasks, n_skills = counts.sum(axis=1), (counts > 0).sum(axis=1)
    mean = sums.sum(axis=1) / np.maximum(n_tasks, 1)
    residual_sums = sums - counts * mean[:, np.newaxis]
    factor = n_skills / np.maximum(n_skills - 1, 1)
    error = np.sqrt(factor * (residual_sums**2).sum(axis=1)) / np.maximum(n_tasks, 1)
    defined = (n_skills >= 2) & (error > _ZERO)
    error = np.where(defined, error, np.nan)
    half, least = (width(n_skills, confidence) * error for width in (_half_width, _detectable_width))
    columns = {
        "estimate": np.where(n_tasks > 0, mean, np.nan),
        "standard_error": error,
        "ci_low": mean - half,
        "ci_high": mean + half,
        "p_value": 2 * t.sf(np.abs(mean) / error, np.maximum(n_skills - 1, 1)),
        "mde": least,
        "n_tasks": n_tasks.astype(np.int64),
        "n_skills": n_skills.astype(np.int64),
    }
    return pl.DataFrame(columns, schema=ESTIMATE_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _half_width(n_skills: np.ndarray, confidence: float) -> np.ndarray:
    """The interval's half width in standard errors; NaN with fewer than two skills."""
    from scipy.stats import t

    return t.ppf((1 + confidence) / 2, np.where(n_skills > 1, n_skills - 1, np.nan))


def _detectable_width(n_skills: np.ndarray, confidence: float) -> np.ndarray:
    """The smallest detectable effect in standard errors; NaN with fewer than two skills."""
    from scipy.stats import t

    degrees_of_freedom = np.where(n_skills > 1, n_skills - 1, np.nan)
    return t.ppf((1 + confidence) / 2, degrees_of_freedom) + t.ppf(POWER, degrees_of_freedom)


def minimum_detectable_effect(standard_error: float, n_skills: int, confidence: float) -> float:
    """The smallest true effect that a two-sided test at `1 - confidence` finds with 80 % power.

    (t[1 - alpha/2] + t[0.8]) * standard error, both quantiles with n_skills - 1 degrees of freedom:
    Bloom, "Minimum detectable effects", Evaluation Review 19 (1995); with clusters, Duflo, Glennerster
    and Kremer, "Using randomization in development economics research: a toolkit" (2007), equation 12.
    `n_skills` is at least 2.
    """
    return float(_detectable_width(np.array(n_skills), confidence)) * standard_error


def wilson_interval(
    passes: np.ndarray, tasks: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval (1927) of passes among tasks, as statsmodels' `proportion_confint` has it.

    `passes` may be fractional where several samples of a task were averaged. Tasks are taken as
    independent: the interval describes one arm; claims rest on the paired effects. NaN where `tasks`
    is 0, for the caller to turn into nulls.
    """
    from statsmodels.stats.proportion import proportion_confint

    known = np.where(tasks > 0, tasks, 1)
    low, high = proportion_confint(passes, known, alpha=1 - confidence, method="wilson")
    undefined = tasks == 0
    low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def clustered_means(frame: pl.DataFrame, by: list[str], confidence: float) -> pl.DataFrame:
    """`clustered_mean` of every group of `frame`.

    `frame`: the columns `by`, task_id, skill_id, value (null: no verdict, left out).
    Returns one row per group: `by` and `ESTIMATE_SCHEMA`, sorted by `by`.
    """
    groups = grouped(frame, by)
    estimates = clustered_estimates(groups.sums(groups.values["value"]), groups.sums(), confidence)
    return pl.concat([groups.keys, estimates], how="horizontal")
