"""CR2 and its degrees of freedom: closed forms against whole matrices, as Bell and McCaffrey write them.

Against another implementation they stand in `test_clubsandwich.py`.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from skillift.statistics.cluster_robust import contrast_degrees_of_freedom, degrees_of_freedom
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intervals import clustered_estimates, clustered_mean

SIZES = {
    "equal": [5] * 8,
    "1 to 30": [1, 2, 3, 5, 8, 13, 21, 30],
    "one large": [30, 2, 2, 2, 2],
    "two": [1, 9],
}


def whole_matrices(
    design: np.ndarray, values: np.ndarray, clusters: np.ndarray, contrast
) -> tuple[float, float]:
    """Variance and degrees of freedom of a contrast of least squares, step by step as Bell and McCaffrey do.

    Residuals of a cluster times (I - H_gg)^(-1/2); Satterthwaite's ratio of traces for independent errors.
    """
    n, inverse = len(values), np.linalg.inv(design.T @ design)
    residual_maker = np.eye(n) - design @ inverse @ design.T
    residuals, variance, columns = residual_maker @ values, 0.0, []
    for name in np.unique(clusters):
        own = clusters == name
        root = fractional_matrix_power(residual_maker[np.ix_(own, own)], -0.5).real
        weights = root @ design[own] @ inverse @ contrast
        variance += (weights @ residuals[own]) ** 2
        columns.append(residual_maker[:, own] @ weights)
    form = np.array(columns) @ np.array(columns).T
    return variance, np.trace(form) ** 2 / np.trace(form @ form)


def drawn(sizes: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    skills = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(0, 1, len(sizes))[skills] + rng.normal(0, 1, len(skills)), skills


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_a_mean_has_the_variance_and_degrees_of_freedom_of_the_whole_matrices(sizes):
    values, skills = drawn(sizes)
    variance, freedom = whole_matrices(np.ones((len(values), 1)), values, skills, np.ones(1))
    found = clustered_mean(values, skills, 0.95)
    assert found.standard_error**2 == pytest.approx(variance, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)


def test_a_contrast_of_means_over_unlike_tasks_has_those_of_one_regression_on_both():
    values, skills = drawn(SIZES["1 to 30"])
    other = drawn(SIZES["1 to 30"], seed=1)[0]
    columns = np.column_stack([values, other])
    columns[[0, 5, 20, 40, 41, 42], [0, 0, 0, 1, 1, 1]] = np.nan
    known = ~np.isnan(columns)
    counts = np.array([[known[skills == skill, side].sum() for skill in range(8)] for side in range(2)])
    for weights in ([1.0, -1.0], [0.5, 2.0]):
        design = np.repeat(np.eye(2), known.sum(axis=0), axis=0)
        stacked = np.concatenate([columns[known[:, side], side] for side in range(2)])
        clusters = np.concatenate([skills[known[:, side]] for side in range(2)])
        variance, freedom = whole_matrices(design, stacked, clusters, np.array(weights))
        assert weights @ clustered_covariance(columns, skills) @ weights == pytest.approx(variance, rel=1e-9)
        found = contrast_degrees_of_freedom(np.square(weights) / counts.sum(axis=1), counts)
        assert found == pytest.approx(freedom, rel=1e-9)


def test_skills_of_equal_size_leave_one_degree_of_freedom_less_than_skills():
    assert degrees_of_freedom(np.full((1, 8), 5.0)) == pytest.approx(7, rel=1e-12)
    assert contrast_degrees_of_freedom(np.array([1.0, 3.0]), np.full((2, 8), 5.0)) == pytest.approx(
        7, rel=1e-12
    )


def test_one_large_skill_among_small_ones_leaves_hardly_more_than_one():
    assert 1 < degrees_of_freedom(np.array([[30.0, 2, 2, 2, 2]]))[0] < 1.5


def test_one_skill_has_none():
    assert np.isnan(degrees_of_freedom(np.array([[7.0, 0.0]]))).all()


@pytest.mark.parametrize("sizes", [SIZES["1 to 30"], SIZES["one large"]], ids=["1 to 30", "one large"])
def test_intervals_cover_where_those_of_one_factor_for_all_skills_do_not(sizes):
    """2,000 studies of skill effects with half of the variance; cf. docs/explanation/validation.md."""
    from scipy.stats import t

    rng, sizes = np.random.default_rng(3), np.array(sizes)
    counts = np.tile(sizes, (2000, 1)).astype(float)
    sums = rng.normal(0, 1, counts.shape) * sizes + rng.normal(0, 1, counts.shape) * np.sqrt(sizes)
    found = clustered_estimates(sums, counts, 0.95)
    covered = ((found["ci_low"] < 0) & (found["ci_high"] > 0)).mean()
    n, n_skills = sizes.sum(), len(sizes)
    means = sums.sum(axis=1) / n
    residuals = sums - counts * means[:, np.newaxis]
    plain = np.sqrt(n_skills / (n_skills - 1) * (residuals**2).sum(axis=1)) / n
    assert covered > 0.93
    assert (np.abs(means) < t.ppf(0.975, n_skills - 1) * plain).mean() < covered - 0.02
