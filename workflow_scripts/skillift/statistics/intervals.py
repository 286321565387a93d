"""Estimates with their uncertainty: means clustered by skill, Wilson intervals, detectable effects.

The numbers come from task-level values; tasks that share a skill are not independent, hence the
clusters. What the data leave undefined is None: no tasks, one skill, or no variation between skills.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

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
    """The mean of one value per task, its standard error clustered by skill.

    `values` and `skills` are of equal length, without nulls. The standard error is that of the
    intercept of an ordinary least-squares fit with the cluster-robust covariance of Liang and Zeger
    (1986) and the small-sample factor G/(G-1) * (n-1)/(n-1) of statsmodels; interval and two-sided
    p-value use Student's t with G - 1 degrees of freedom, G being the number of skills (Cameron and
    Miller, "A practitioner's guide to cluster-robust inference", 2015, sections II and VI).

    With fewer than two skills, or where all skills have the same mean (a standard error of zero, which
    would claim certainty), the estimate is given and its uncertainty is None.
    """
    n_tasks = len(values)
    if n_tasks == 0:
        return Estimate(None, None, None, None, None, None, 0, 0)
    names, groups = np.unique(skills, return_inverse=True)
    n_skills = len(names)
    mean = float(np.mean(values))
    undefined = Estimate(mean, None, None, None, None, None, n_tasks, n_skills)
    if n_skills < 2:
        return undefined

    from statsmodels.regression.linear_model import OLS

    options = {"groups": groups, "use_correction": True, "df_correction": True}
    fit = OLS(values, np.ones(n_tasks)).fit(cov_type="cluster", cov_kwds=options, use_t=True)
    standard_error = float(fit.bse[0])
    if not standard_error > _ZERO:
        return undefined
    half = _t_quantile((1 + confidence) / 2, n_skills - 1) * standard_error
    mde = minimum_detectable_effect(standard_error, n_skills, confidence)
    p_value = float(fit.pvalues[0])
    return Estimate(mean, standard_error, mean - half, mean + half, p_value, mde, n_tasks, n_skills)


@lru_cache(maxsize=1024)
def _t_quantile(share: float, degrees_of_freedom: int) -> float:
    """Student's t; a study asks for the same few quantiles thousands of times, at 0.1 ms each."""
    from scipy.stats import t

    return float(t.ppf(share, degrees_of_freedom))


def minimum_detectable_effect(standard_error: float, n_skills: int, confidence: float) -> float:
    """The smallest true effect that a two-sided test at `1 - confidence` finds with 80 % power.

    (t[1 - alpha/2] + t[0.8]) * standard error, both quantiles with n_skills - 1 degrees of freedom:
    Bloom, "Minimum detectable effects", Evaluation Review 19 (1995); with clusters, Duflo, Glennerster
    and Kremer, "Using randomization in development economics research: a toolkit" (2007), equation 12.
    `n_skills` is at least 2.
    """
    degrees_of_freedom = n_skills - 1
    quantiles = _t_quantile((1 + confidence) / 2, degrees_of_freedom) + _t_quantile(POWER, degrees_of_freedom)
    return quantiles * standard_error


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
    # the order of summation is fixed, so that equal content gives equal bytes
    known = frame.filter(pl.col("value").is_not_null()).sort(*by, "task_id")
    values, skills = known["value"].to_numpy(), known["skill_id"].rank("dense").to_numpy()
    groups = known.group_by(by, maintain_order=True).len()
    rows, start = [], 0
    for *key, length in groups.iter_rows():
        end = start + length
        rows.append((*key, *clustered_mean(values[start:end], skills[start:end], confidence)))
        start = end
    schema = {name: frame.schema[name] for name in by} | ESTIMATE_SCHEMA
    estimates = pl.DataFrame(rows, schema=schema, orient="row")
    every_group = frame.select(by).unique().sort(by)
    return every_group.join(estimates, on=by, how="left", maintain_order="left").with_columns(
        pl.col("n_tasks", "n_skills").fill_null(0)
    )
