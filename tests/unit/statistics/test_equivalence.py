"""Equivalence: two one-sided tests clustered by skill, as statsmodels has them, or undefined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from skillift.statistics.equivalence import all_equivalent, tost
from skillift.statistics.intervals import clustered_mean
from skillift.statistics.uncertainty import students_t


def rates(seed: int, n_tasks: int = 120, shift: float = 0.0):
    rng = np.random.default_rng(seed)
    first = rng.binomial(4, 0.5, n_tasks) / 4
    return first, np.clip(first + shift + rng.choice([-0.25, 0.0, 0.25], n_tasks, p=[0.2, 0.6, 0.2]), 0, 1)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("shift", "margin"), [(0.0, 0.05), (0.0, 0.02), (0.25, 0.1), (-0.25, 0.3)])
def test_with_every_task_a_skill_of_its_own_it_is_statsmodels_paired_test(seed, shift, margin):
    first, second = rates(seed, shift=shift)
    found = clustered_mean(first - second, np.arange(len(first)), 0.95)
    expected = ttost_paired(first, second, -margin, margin)[0]
    assert tost(
        found.estimate, students_t(found.standard_error, found.degrees_of_freedom), margin
    ) == pytest.approx(expected, rel=1e-9)


def test_below_alpha_exactly_where_the_90_percent_interval_lies_within_the_margins():
    for estimate in np.linspace(-0.1, 0.1, 41):
        half = stats.t.ppf(0.95, 39) * 0.02
        inside = estimate - half > -0.05 and estimate + half < 0.05
        assert (tost(estimate, students_t(0.02, 39), 0.05) < 0.05) == inside


def test_tasks_of_one_skill_that_move_together_count_as_one():
    first, second = rates(4, n_tasks=40)
    margin = 0.06
    apart = clustered_mean(first - second, np.arange(40), 0.95)
    repeated = clustered_mean(np.repeat(first - second, 5), np.repeat(np.arange(40), 5), 0.95)
    as_200 = clustered_mean(np.repeat(first - second, 5), np.arange(200), 0.95)
    p_values = [
        tost(e.estimate, students_t(e.standard_error, e.degrees_of_freedom), margin)
        for e in (apart, repeated, as_200)
    ]
    assert p_values[0] == pytest.approx(p_values[1])
    assert p_values[2] < p_values[1]


def test_a_true_difference_at_the_margin_is_called_equivalent_in_at_most_5_percent():
    rng, n_skills = np.random.default_rng(5), 40
    draws = rng.normal(0.05, 0.1, size=(4000, n_skills))
    means, errors = draws.mean(axis=1), draws.std(axis=1, ddof=1) / np.sqrt(n_skills)
    called = [
        tost(mean, students_t(error, n_skills - 1), 0.05) < 0.05
        for mean, error in zip(means, errors, strict=True)
    ]
    assert 0.04 < np.mean(called) < 0.06


@pytest.mark.parametrize("missing", range(3))
def test_undefined_without_a_margin_or_a_difference(missing):
    parts = [0.0, students_t(0.02, 39), 0.05]
    parts[missing] = None
    assert tost(*parts) is None


def test_several_pairs_are_equivalent_when_the_worst_of_them_is():
    assert all_equivalent([0.01, 0.04, 0.02]) == 0.04
    assert all_equivalent([0.01, None]) is None
    assert all_equivalent([]) is None
