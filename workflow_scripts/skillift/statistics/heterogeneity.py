"""Are several estimates of one study equal? Their joint covariance, clustered by skill, and a Wald test.

Estimates at different tiers share their tasks and skills, so they are correlated: a test of equality needs
the whole covariance, not the standard errors alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skillift.statistics.cluster_robust import adjusted

# A covariance whose smallest eigenvalue is this small beside the largest is singular up to rounding.
_SINGULAR = 1e-10


class WaldTest(NamedTuple):
    """An F test: its statistic, both degrees of freedom and p-value."""

    statistic: float
    df_numerator: float
    df_denominator: float
    p_value: float


def clustered_covariance(values: np.ndarray, skills: np.ndarray) -> np.ndarray | None:
    """The covariance of the column means of `values`, clustered by skill.

    With R_g the sum of the residuals from a column's mean over the n_g of its n tasks in skill g, the scores
    of the skill are u_g = R_g / sqrt(1 - n_g/n) / n, and the covariance is the sum of u_g u_g': CR2 for
    several means at once (`cluster_robust`). Its diagonal holds the squares of the standard errors of
    `intervals.clustered_mean`.

    Args:
        values: one row per task, one column per estimate; NaN where a task has no value.
        skills: one per task.

    Returns:
        The covariance, or None with fewer than two skills or a column without values.
    """
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    names, groups = np.unique(skills[known.any(axis=1)], return_inverse=True)
    n_skills = len(names)
    if n_skills < 2 or not counts.all():
        return None
    rows, row_known = values[known.any(axis=1)], known[known.any(axis=1)]
    means = np.where(row_known, rows, 0.0).sum(axis=0) / counts
    residuals, sizes = (np.zeros((n_skills, values.shape[1])) for _ in range(2))
    np.add.at(residuals, groups, np.where(row_known, rows - means, 0.0))
    np.add.at(sizes, groups, row_known)
    scores = adjusted(residuals.T, sizes.T) / counts[:, np.newaxis]
    return scores @ scores.T


def equality_test(
    estimates: np.ndarray, covariance: np.ndarray, degrees_of_freedom: float
) -> WaldTest | None:
    """The Wald test that all `estimates` are equal, with Hotelling's correction for few clusters.

    With q = estimates - 1 contrasts d and their covariance V, T^2 = d' V^-1 d is referred to
    q * nu / (nu - q + 1) * F(q, nu - q + 1), nu being the degrees of freedom of the covariance (skills - 1):
    Hotelling (1931), exact for normal skill means; for sandwich covariances Pan and Wall, Statistics in
    Medicine 21 (2002), and Pustejovsky and Tipton, J. Business & Economic Statistics 36 (2018). The choice
    of contrasts does not matter. With two estimates it is the t test of their difference, squared.

    Returns:
        The test, or None with one estimate, too few degrees of freedom, or a singular covariance.
    """
    n_contrasts = len(estimates) - 1
    df_denominator = degrees_of_freedom - n_contrasts + 1
    if n_contrasts < 1 or df_denominator <= 0:
        return None
    contrasts = np.hstack([np.eye(n_contrasts), -np.ones((n_contrasts, 1))])
    difference = contrasts @ estimates
    spread = contrasts @ covariance @ contrasts.T
    eigenvalues = np.linalg.eigvalsh(spread)
    if not eigenvalues[0] > _SINGULAR * max(eigenvalues[-1], _SINGULAR):
        return None

    from scipy.stats import f

    squared = float(difference @ np.linalg.solve(spread, difference))
    statistic = squared * df_denominator / (degrees_of_freedom * n_contrasts)
    p_value = float(f.sf(statistic, n_contrasts, df_denominator))
    return WaldTest(statistic, float(n_contrasts), float(df_denominator), p_value)
