"""Estimates with their uncertainty: means clustered by skill, Wilson intervals, detectable effects.

The numbers come from task-level values; tasks that share a skill are not independent, hence the
clusters. What the data leave undefined is None: no tasks, one skill, or no variation between skills.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from skillift.statistics.cluster_robust import adjusted, degrees_of_freedom
from skillift.statistics.grouping import Groups, grouped

POWER = 0.8

# Where fewer tasks than both of these differ between arms, the clustered standard error is hardly known: it
# is small where the estimate is, and 95 % intervals cover down to 90 % (docs/explanation/validation.md).
FEW_DIFFER, FEW_SHARE = 10, 1 / 8

# Below this a standard error is rounding: the smallest real one, of one task in 10,000, is near 1e-4.
_ZERO = 1e-10


class Estimate(NamedTuple):
    """A mean with its uncertainty, in the unit of its values; None means undefined on these data."""

    estimate: float | None
    standard_error: float | None
    degrees_of_freedom: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    mde: float | None
    n_tasks: int
    n_skills: int


ESTIMATE_SCHEMA = {
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "degrees_of_freedom": pl.Float64,
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
    least = least_variance(values[np.newaxis])
    return Estimate(*clustered_estimates(sums, counts, confidence, least).row(0))


def least_variance(values: np.ndarray) -> np.ndarray:
    """The least variance of the mean of each row of differences where few of them are not zero; else 0.

    That of Bonett and Price ("Adjusted Wald confidence interval for a difference of binomial proportions
    based on paired data", Journal of Educational and Behavioral Statistics 37, 2012), as if tasks were
    independent: with one pseudo-task more that differs in either direction, of N = n + 2 tasks,

        ((sum of d^2 + 2) / N - (sum of d / N)^2) / N

    where fewer than `FEW_DIFFER` tasks differ, and fewer than `FEW_SHARE` of all. For pseudo-observations
    near 0 and 1 see also Agresti and Min, Statistics in Medicine 24 (2005).

    Args:
        values: task-level differences, shape (rows, tasks); NaN where unknown.
    """
    known = np.isfinite(values)
    return _least_variance(*(np.where(known, each, 0).sum(axis=1) for each in _moments(values)))


def least_variances(groups: Groups, values: np.ndarray) -> np.ndarray:
    """`least_variance` of the values of each group."""
    n_groups = groups.keys.height
    return _least_variance(*(np.bincount(groups.group, each, n_groups) for each in _moments(values)))


def _moments(values: np.ndarray) -> Iterator[np.ndarray]:
    yield np.ones(values.shape)
    yield values
    yield values**2
    yield (np.abs(values) > _ZERO).astype(float)


def _least_variance(
    n_tasks: np.ndarray, total: np.ndarray, squares: np.ndarray, n_differ: np.ndarray
) -> np.ndarray:
    more = n_tasks + 2
    few = (n_differ < FEW_DIFFER) & (n_differ < FEW_SHARE * n_tasks)
    return np.where(few, ((squares + 2) / more - (total / more) ** 2) / more, 0.0)


def clustered_estimates(
    sums: np.ndarray, counts: np.ndarray, confidence: float, least: np.ndarray | None = None
) -> pl.DataFrame:
    """Means clustered by skill: one row of `ESTIMATE_SCHEMA` for each row of `sums` and `counts`.

    The standard error is the bias-reduced one, CR2 of Bell and McCaffrey (`cluster_robust`). Interval and
    two-sided p-value use Student's t with their degrees of freedom. With skills of equal size that is the
    cluster-robust covariance of Liang and Zeger (1986) with the factor G/(G-1), and t with G - 1 degrees of
    freedom, G being the number of skills: what statsmodels' `OLS(...).fit(cov_type="cluster")` gives. With
    few skills of unequal size that covers too little (Cameron and Miller, "A practitioner's guide to
    cluster-robust inference", 2015, section VI; Pustejovsky and Tipton, J. Business & Economic Statistics 36,
    2018).

    With fewer than two skills, or where all skills have the same mean (a standard error of zero, which
    would claim certainty), the estimate is given and its uncertainty is null. Else the variance is at least
    `least`.

    Args:
        sums: of the values, by group and skill, shape (groups, skills); see `grouping.Groups.sums`.
        counts: number of values, the same shape.
        confidence: of the interval, as a fraction.
        least: of `least_variance`, for differences of arms; by default there is no least variance.
    """
    from scipy.stats import t

    n_tasks, n_skills = counts.sum(axis=1), (counts > 0).sum(axis=1)
    mean = sums.sum(axis=1) / np.maximum(n_tasks, 1)
    residual_sums = sums - counts * mean[:, np.newaxis]
    error = np.sqrt((adjusted(residual_sums, counts) ** 2).sum(axis=1)) / np.maximum(n_tasks, 1)
    freedom = degrees_of_freedom(counts)
    error = np.where((n_skills >= 2) & (error > _ZERO), error, np.nan)
    if least is not None:
        error = np.maximum(error, np.sqrt(least))
    freedom = np.where(np.isfinite(error), freedom, np.nan)
    half, least = (width(freedom, confidence) * error for width in (_half_width, _detectable_width))
    columns = {
        "estimate": np.where(n_tasks > 0, mean, np.nan),
        "standard_error": error,
        "degrees_of_freedom": freedom,
        "ci_low": mean - half,
        "ci_high": mean + half,
        "p_value": 2 * t.sf(np.abs(mean) / error, freedom),
        "mde": least,
        "n_tasks": n_tasks.astype(np.int64),
        "n_skills": n_skills.astype(np.int64),
    }
    return pl.DataFrame(columns, schema=ESTIMATE_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _half_width(freedom: np.ndarray, confidence: float) -> np.ndarray:
    """The interval's half width in standard errors; NaN where the degrees of freedom are."""
    from scipy.stats import t

    return t.ppf((1 + confidence) / 2, freedom)


def _detectable_width(freedom: np.ndarray, confidence: float) -> np.ndarray:
    """The smallest detectable effect in standard errors; NaN where the degrees of freedom are."""
    from scipy.stats import t

    return t.ppf((1 + confidence) / 2, freedom) + t.ppf(POWER, freedom)


def minimum_detectable_effect(standard_error: float, freedom: float, confidence: float) -> float:
    """The smallest true effect that a two-sided test at `1 - confidence` finds with 80 % power.

    (t[1 - alpha/2] + t[0.8]) * standard error, both quantiles with the degrees of freedom `freedom`: Bloom,
    "Minimum detectable effects", Evaluation Review 19 (1995); with clusters, Duflo, Glennerster and Kremer,
    "Using randomization in development economics research: a toolkit" (2007), equation 12.
    """
    return float(_detectable_width(np.array(freedom), confidence)) * standard_error


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


def clustered_rate_interval(
    passes: np.ndarray, counts: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a pass rate whose tasks share skills: for the tasks that it is worth, with t.

    With the clustered standard error SE of the rate p (`clustered_estimates`), the tasks are worth
    p (1 - p) / SE^2 independent ones, at most as many as there are, and the normal quantile is Student's t
    with the degrees of freedom of SE (Korn and Graubard, Survey Methodology 24, 1998; Dean and Pagano, J.
    Survey Statistics and Methodology 3, 2015; Franco, Little, Louis and Slud, the same 7, 2019). Near one
    half that is the clustered t interval; near 0 and 1, where that covers too little, it stays within them.
    Where all tasks fail, or all pass, SE is 0 and each skill counts as one task. Where no two tasks share a
    skill the interval is `wilson_interval`.

    Args:
        passes: sums of the tasks' shares of passes, by group and skill, shape (groups, skills).
        counts: number of tasks, the same shape.
        confidence: of the interval, as a fraction.

    Returns:
        Lower and upper limits; NaN without tasks, and with one skill of several tasks.
    """
    from scipy.stats import norm, t

    n_tasks, n_skills = counts.sum(axis=1), (counts > 0).sum(axis=1)
    found = clustered_estimates(passes, counts, confidence)
    rate = np.clip(found["estimate"].fill_null(np.nan).to_numpy(), 0.0, 1.0)
    error = found["standard_error"].fill_null(0.0).to_numpy()
    spread = rate * (1 - rate)
    worth = np.divide(spread, error**2, out=n_tasks.astype(float), where=error > 0)
    worth = np.where(spread > _ZERO, np.minimum(worth, n_tasks), n_skills)
    apart = n_tasks == n_skills
    quantile = np.where(
        apart, norm.ppf((1 + confidence) / 2), t.ppf((1 + confidence) / 2, degrees_of_freedom(counts))
    )
    per_task = np.divide(
        quantile**2, np.where(apart, n_tasks, worth), out=np.full(len(rate), np.nan), where=n_tasks > 0
    )
    middle = (rate + per_task / 2) / (1 + per_task)
    half = np.sqrt(spread * per_task + per_task**2 / 4) / (1 + per_task)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def clustered_means(frame: pl.DataFrame, by: list[str], confidence: float) -> pl.DataFrame:
    """`clustered_mean` of every group of `frame`.

    `frame`: the columns `by`, task_id, skill_id, value (null: no verdict, left out).
    Returns one row per group: `by` and `ESTIMATE_SCHEMA`, sorted by `by`.
    """
    groups = grouped(frame, by)
    values = groups.values["value"]
    least = least_variances(groups, values)
    estimates = clustered_estimates(groups.sums(values), groups.sums(), confidence, least)
    return pl.concat([groups.keys, estimates], how="horizontal")
