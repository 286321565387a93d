"""Slopes over halves of the tasks: what is computed by hand on small data, and what stays undefined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from skillift.statistics.slopes import Sums, disattenuated_slope, plain_slope, split_slope
from skillift.statistics.task_halves import split_tasks, sums_by_skill

SKILLS = np.repeat(np.arange(12), 6)
N_SKILLS = 12


@pytest.fixture
def noisy():
    """x and y of two students on 72 tasks; a few values are missing."""
    generator = np.random.default_rng(4)
    level = np.repeat(generator.normal(0, 1, (2, N_SKILLS)), 6, axis=1)
    x = level + generator.normal(0, 1, (2, 72))
    y = 0.5 * level + generator.normal(0, 1, (2, 72))
    x[0, [3, 40]] = np.nan
    return x, np.where(np.isnan(x), np.nan, y)


def whole(values, keep=slice(None)):
    return Sums(
        *sums_by_skill(values[:, keep], relabelled(SKILLS[keep]), np.ones((1, len(SKILLS[keep])), bool))
    )


def relabelled(skills):
    return np.unique(skills, return_inverse=True)[1]


def skill_means(values, inside, student, skill):
    return np.nanmean(values[student, inside & (skill == SKILLS)])


def centred_slope(x, y):
    """Least squares with an intercept for each student; rows are students."""
    x = np.asarray(x) - np.mean(x, axis=1, keepdims=True)
    y = np.asarray(y) - np.mean(y, axis=1, keepdims=True)
    return (x * y).sum() / (x * x).sum()


def test_every_split_gives_each_half_half_of_each_skills_tasks():
    skills = np.array([0, 0, 1, 1, 1, 2])
    first = split_tasks(skills, 400, seed=1)
    sizes = np.stack([first[:, skills == skill].sum(axis=1) for skill in range(3)])
    assert set(sizes[0]) == {1}
    assert set(sizes[1]) == {1, 2}
    assert set(sizes[2]) == {0, 1}
    assert abs(sizes[1].mean() - 1.5) < 0.1
    assert abs(first.mean(axis=0) - 0.5).max() < 0.1


def test_equal_seeds_give_equal_splits_and_others_do_not():
    assert (split_tasks(SKILLS, 20, 3) == split_tasks(SKILLS, 20, 3)).all()
    assert (split_tasks(SKILLS, 20, 3) != split_tasks(SKILLS, 20, 4)).any()


def test_the_plain_slope_within_students_is_least_squares_with_a_dummy_for_each(noisy):
    import statsmodels.api as sm

    x, y = noisy
    every = np.ones(72, dtype=bool)
    points = [
        (skill_means(x, every, student, skill), skill_means(y, every, student, skill), student)
        for student in range(2)
        for skill in range(N_SKILLS)
    ]
    of_x, of_y, student = map(np.array, zip(*points, strict=True))
    fit = sm.OLS(of_y, np.column_stack([of_x, student == 0, student == 1])).fit()
    assert plain_slope(whole(x), whole(y), False, 0.95).slope == pytest.approx(fit.params[0], rel=1e-12)


def test_the_plain_slope_between_students_is_least_squares_over_their_means():
    generator = np.random.default_rng(8)
    x, y = generator.normal(0, 1, (2, 4, 72))
    expected = np.polyfit(x.mean(axis=1), y.mean(axis=1), 1)[0]
    assert plain_slope(whole(x), whole(y), True, 0.95).slope == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("between_students", [False, True])
def test_the_interval_leaves_out_one_skill_at_a_time(noisy, between_students):
    x, y = noisy
    found = plain_slope(whole(x), whole(y), between_students, 0.9)
    without = [
        plain_slope(whole(x, keep), whole(y, keep), between_students, 0.9).slope
        for keep in (skill != SKILLS for skill in range(N_SKILLS))
    ]
    variance = 11 / 12 * sum((slope - found.slope) ** 2 for slope in without)
    half = t.ppf(0.95, 11) * variance**0.5
    assert (found.ci_low, found.ci_high) == pytest.approx((found.slope - half, found.slope + half), rel=1e-10)


def test_the_split_slope_is_the_mean_of_the_slopes_of_y_from_the_other_half(noisy):
    x, y = noisy
    first = split_tasks(SKILLS, 7, seed=2)
    halves = np.vstack([first, ~first])
    slopes = []
    for inside in halves:
        of_x = [[skill_means(x, inside, s, k) for k in range(N_SKILLS)] for s in range(2)]
        of_y = [[skill_means(y, ~inside, s, k) for k in range(N_SKILLS)] for s in range(2)]
        slopes.append(centred_slope(of_x, of_y))
    found = split_slope(*(Sums(*sums_by_skill(v, SKILLS, halves)) for v in (x, y)), False, 0.95)
    assert found.slope == pytest.approx(np.mean(slopes), rel=1e-12)


def test_without_noise_halves_are_reliable_and_all_slopes_are_one():
    generator = np.random.default_rng(0)
    level = generator.normal(0, 1, (2, N_SKILLS))
    x, y = np.repeat(level, 6, axis=1), np.repeat(0.3 - 0.7 * level, 6, axis=1)
    first = split_tasks(SKILLS, 5, seed=0)
    of_x, of_y = (Sums(*sums_by_skill(v, SKILLS, np.vstack([first, ~first]))) for v in (x, y))
    for between_students in (False, True):
        split, corrected = (
            slope(of_x, of_y, between_students, 0.95) for slope in (split_slope, disattenuated_slope)
        )
        assert split.reliability == pytest.approx(1.0)
        assert (split.slope, corrected.slope) == pytest.approx((-0.7, -0.7))
        assert (split.ci_low, corrected.ci_low) == (None, None)  # no scatter would claim certainty


def test_the_disattenuated_slope_is_the_split_slope_over_the_reliability():
    generator = np.random.default_rng(6)
    level = np.repeat(generator.normal(0, 3, (1, N_SKILLS)), 6, axis=1)
    x, y = level + generator.normal(0, 1, (1, 72)), level + generator.normal(0, 1, (1, 72))
    first = split_tasks(SKILLS, 1, seed=0)  # one split: a mean of ratios is a ratio of means in one half
    of_x, of_y = (Sums(*sums_by_skill(v, SKILLS, np.vstack([first, ~first]))) for v in (x, y))
    found = disattenuated_slope(of_x, of_y, False, 0.95)
    parts = {"xy": 0.0, "xx": 0.0}
    for inside in (first[0], ~first[0]):
        ours, other = (
            np.array([skill_means(x, h, 0, k) for k in range(N_SKILLS)]) for h in (inside, ~inside)
        )
        theirs = np.array([skill_means(y, ~inside, 0, k) for k in range(N_SKILLS)])
        parts["xy"] += np.cov(ours, theirs)[0, 1]
        parts["xx"] += np.cov(ours, other)[0, 1]
    assert found.slope == pytest.approx(parts["xy"] / parts["xx"], rel=1e-12)
    assert found.ci_low < found.slope < found.ci_high


def test_units_that_cannot_be_told_apart_give_no_disattenuated_slope():
    generator = np.random.default_rng(1)
    x, y = generator.normal(0, 1, (2, 1, 72))  # no true differences between skills
    first = split_tasks(SKILLS, 50, seed=0)
    of_x, of_y = (Sums(*sums_by_skill(v, SKILLS, np.vstack([first, ~first]))) for v in (x, y))
    found = disattenuated_slope(of_x, of_y, False, 0.95)
    assert found[:3] == (None, None, None)
    assert abs(found.reliability) < 0.5


@pytest.mark.parametrize("between_students", [False, True])
def test_without_variation_of_x_nothing_is_defined(between_students):
    x, y = np.full((2, 72), 0.5), np.random.default_rng(0).normal(0, 1, (2, 72))
    first = split_tasks(SKILLS, 5, seed=0)
    of_x, of_y = (Sums(*sums_by_skill(v, SKILLS, np.vstack([first, ~first]))) for v in (x, y))
    for slope in (plain_slope, split_slope, disattenuated_slope):
        assert slope(of_x, of_y, between_students, 0.95) == (None, None, None, None)
