"""Are estimates equal: joint clustered covariance and Hotelling's test against independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from skillift.statistics.heterogeneity import clustered_covariance, equality_test
from skillift.statistics.intervals import clustered_mean


def values(seed: int = 0, n_skills: int = 40, per_skill: int = 5, n_columns: int = 3):
    rng = np.random.default_rng(seed)
    skills = np.repeat([f"skill-{index:02d}" for index in range(n_skills)], per_skill)
    shared = np.repeat(rng.normal(0, 0.4, n_skills), per_skill)[:, np.newaxis]
    return np.round(shared + rng.normal(0, 0.7, (len(skills), n_columns))), skills


def test_the_diagonal_holds_the_squares_of_the_clustered_standard_errors():
    columns, skills = values()
    covariance = clustered_covariance(columns, skills)
    errors = [clustered_mean(columns[:, i], skills, 0.95).standard_error for i in range(3)]
    assert np.sqrt(np.diag(covariance)) == pytest.approx(errors, rel=1e-12)


def test_the_covariance_is_that_of_one_regression_on_all_columns_clustered_by_skill():
    columns, skills = values()
    n_tasks, n_columns = columns.shape
    stacked = np.kron(np.ones((n_tasks, 1)), np.eye(n_columns))
    groups = np.repeat(np.unique(skills, return_inverse=True)[1], n_columns)
    fit = OLS(columns.ravel(), stacked).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "df_correction": False}
    )
    n = n_tasks * n_columns
    statsmodels_factor = (n - 1) / (n - n_columns)  # beside G / (G - 1)
    assert clustered_covariance(columns, skills) == pytest.approx(
        np.asarray(fit.cov_params()) / statsmodels_factor, rel=1e-9
    )


def test_a_task_without_a_value_is_left_out_of_its_column_alone():
    columns, skills = values()
    holes = columns.copy()
    holes[3, 0] = np.nan
    full, lacking = clustered_covariance(columns, skills), clustered_covariance(holes, skills)
    assert lacking[1:, 1:] == pytest.approx(full[1:, 1:], rel=1e-12)
    alone = clustered_mean(np.delete(columns[:, 0], 3), np.delete(skills, 3), 0.95).standard_error
    assert lacking[0, 0] == pytest.approx(alone**2)


def test_one_skill_or_an_empty_column_has_no_covariance():
    columns, skills = values(n_skills=1)
    assert clustered_covariance(columns, skills) is None
    columns, skills = values()
    columns[:, 2] = np.nan
    assert clustered_covariance(columns, skills) is None


def test_with_two_estimates_it_is_the_paired_t_test_squared():
    columns, skills = values(per_skill=1, n_columns=2)
    found = equality_test(columns.mean(axis=0), clustered_covariance(columns, skills), 39)
    expected = stats.ttest_rel(columns[:, 0], columns[:, 1])
    assert found.statistic == pytest.approx(expected.statistic**2)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.df_numerator, found.df_denominator) == (1, 39)


def test_it_is_hotellings_one_sample_test_of_the_contrasts():
    columns, skills = values(per_skill=1)
    n, q = 40, 2
    contrasts = columns[:, :2] - columns[:, 1:]  # of neighbours: other contrasts than the code's
    mean, spread = contrasts.mean(axis=0), np.cov(contrasts, rowvar=False)
    squared = n * mean @ np.linalg.inv(spread) @ mean
    statistic = (n - q) / (q * (n - 1)) * squared
    found = equality_test(columns.mean(axis=0), clustered_covariance(columns, skills), n - 1)
    assert found.statistic == pytest.approx(statistic)
    assert found.p_value == pytest.approx(stats.f.sf(statistic, q, n - q))


def test_equal_truths_are_told_apart_in_5_percent_of_studies():
    rng = np.random.default_rng(3)
    p_values = []
    for _ in range(1500):
        columns = rng.normal(0, 1, (12, 1)) + rng.normal(0, 1, (12, 4))
        found = equality_test(columns.mean(axis=0), clustered_covariance(columns, np.arange(12)), 11)
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.017)  # 3 standard errors


@pytest.mark.parametrize(
    ("estimates", "covariance", "degrees_of_freedom"),
    [
        ([0.1], [[0.01]], 39),
        ([0.1, 0.2, 0.3], np.eye(3), 1.0),
        ([0.1, 0.1], np.ones((2, 2)), 39),
        ([0.1, 0.1], np.zeros((2, 2)), 39),
    ],
    ids=["one estimate", "too few degrees of freedom", "no variation of the difference", "no variation"],
)
def test_undefined_where_nothing_can_be_told(estimates, covariance, degrees_of_freedom):
    assert equality_test(np.array(estimates), np.array(covariance), degrees_of_freedom) is None
