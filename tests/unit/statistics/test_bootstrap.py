"""The bootstrap over skills: against one that draws skill by skill, and scipy's; silent where it must be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skillift.statistics.bootstrap import ratio_intervals, skill_draws


def by_skill(seed: int = 0, n_skills: int = 40, per_skill: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Sums of differences and numbers of tasks of one row."""
    generator = np.random.default_rng(seed)
    shift = generator.normal(0.1, 0.3, (n_skills, 1))
    values = np.clip(np.round(generator.normal(shift, 0.6, (n_skills, per_skill))), -1, 1)
    known = generator.random((n_skills, per_skill)) < 0.9
    known[:, 0] = True
    return (values * known).sum(axis=1, keepdims=True).T, known.sum(axis=1, keepdims=True).T


def interval(sums, counts, confidence=0.95, samples=2000, seed=0) -> tuple[float, float]:
    low, high = ratio_intervals(sums, counts, counts > 0, confidence, samples, seed)
    return low[0], high[0]


def test_every_replicate_draws_as_many_skills_as_there_are():
    draws = skill_draws(40, 500, 3)
    assert draws.shape == (500, 40)
    assert set(draws.sum(axis=1)) == {40}
    assert draws.mean() == 1.0
    assert not np.array_equal(draws, skill_draws(40, 500, 4))


def test_the_limits_are_the_percentiles_of_means_over_drawn_skills():
    sums, counts = by_skill()
    means = []
    for draw in skill_draws(40, 2000, 0):
        skills = np.repeat(np.arange(40), draw)
        means.append(sums[0, skills].sum() / counts[0, skills].sum())
    assert interval(sums, counts) == pytest.approx(np.percentile(means, [2.5, 97.5]), rel=1e-12)


def test_the_interval_is_scipys_up_to_the_draw():
    sums, counts = by_skill()

    def mean(places, axis):
        return sums[0, places].sum(axis=axis) / counts[0, places].sum(axis=axis)

    scipys = stats.bootstrap(
        (np.arange(40),), mean, vectorized=True, n_resamples=50_000, method="percentile", rng=1
    ).confidence_interval
    assert interval(sums, counts, samples=50_000) == pytest.approx(tuple(scipys), abs=0.003)


def test_a_row_does_not_depend_on_the_others():
    rows = [by_skill(seed, n_skills) for seed, n_skills in ((0, 40), (1, 12), (2, 40))]
    wide = [np.hstack([part, np.zeros((1, 40 - part.shape[1]))]) for row in rows for part in row]
    sums, counts = np.vstack(wide[0::2]), np.vstack(wide[1::2])
    low, high = ratio_intervals(sums, counts, counts > 0, 0.9, 300, 7)
    for place, row in enumerate(rows):
        assert (low[place], high[place]) == interval(*row, confidence=0.9, samples=300, seed=7)


def test_a_ratio_that_few_replicates_lack_has_an_interval_over_the_others():
    numerators = np.array([[1.0, 0.0, 2.0, 1.0]])
    denominators = np.array([[2.0, 1.0, 3.0, 0.0]])  # all draws of the last skill alone: 1 in 256
    present = np.ones((1, 4), dtype=bool)
    low, high = ratio_intervals(numerators, denominators, present, 0.95, 2000, 0)
    assert 0 <= low[0] < high[0]


@pytest.mark.parametrize(
    ("numerators", "denominators"),
    [
        ([[1.0, 0.0, 0.0]], [[5.0, 0.0, 0.0]]),
        ([[0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]]),
        ([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]]),
        ([[1.0, 1.0, -1.0]], [[0.0, 0.0, 1.0]]),
    ],
    ids=["one skill", "no skill", "no variation", "mostly undefined"],
)
def test_what_the_skills_do_not_tell_is_undefined(numerators, denominators):
    numerators, denominators = np.array(numerators), np.array(denominators)
    present = (numerators != 0) | (denominators != 0)
    low, high = ratio_intervals(numerators, denominators, present, 0.95, 200, 0)
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_it_covers_the_planted_mean_in_most_made_up_studies():
    # percentile intervals over 40 skills cover a little less than they say: the t interval is the headline
    generator = np.random.default_rng(5)
    values = generator.normal(0.1, 0.3, (2000, 40, 1)) + generator.normal(0, 0.6, (2000, 40, 5))
    sums, counts = values.sum(axis=2), np.full((2000, 40), 5)
    low, high = ratio_intervals(sums, counts, counts > 0, 0.95, 400, 0)
    assert 0.92 <= np.mean((low <= 0.1) & (high >= 0.1)) <= 0.96
