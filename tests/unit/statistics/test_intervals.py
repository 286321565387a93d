"""Intervals: each formula against an independent computation, and undefined where the data say nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from skillift.statistics.arm_arrays import estimates
from skillift.statistics.intervals import (
    Estimate,
    clustered_mean,
    clustered_means,
    clustered_rate_interval,
    minimum_detectable_effect,
    wilson_interval,
)


def differences(seed: int = 0, n_skills: int = 40, per_skill: int = 5):
    rng = np.random.default_rng(seed)
    skills = np.repeat([f"skill-{index:02d}" for index in range(n_skills)], per_skill)
    shift = np.repeat(rng.normal(0, 0.4, n_skills), per_skill)
    return np.clip(np.round(rng.normal(shift, 0.7)), -1, 1), skills


def sandwich(values: np.ndarray, skills: np.ndarray) -> float:
    """The clustered standard error of a mean, written out: sum of squared residual sums, corrected."""
    n, names = len(values), sorted(set(skills))
    residuals = values - values.mean()
    meat = sum(residuals[skills == name].sum() ** 2 for name in names)
    correction = len(names) / (len(names) - 1) * (n - 1) / (n - 1)
    return float(np.sqrt(correction * meat / n**2))


@pytest.mark.parametrize("per_skill", [1, 2, 5])
def test_the_standard_error_is_the_sandwich_with_the_small_sample_factor(per_skill):
    values, skills = differences(seed=per_skill, per_skill=per_skill)
    assert clustered_mean(values, skills, 0.95).standard_error == pytest.approx(
        sandwich(values, skills), rel=1e-12
    )


@pytest.mark.parametrize("per_skill", [1, 2, 5])
@pytest.mark.parametrize("shares", [1, 3], ids=["whole numbers", "thirds"])
def test_every_number_is_that_of_statsmodels_clustered_least_squares(per_skill, shares):
    values, skills = differences(seed=10 + per_skill, per_skill=per_skill)
    values = values / shares
    groups = np.unique(skills, return_inverse=True)[1]
    options = {"groups": groups, "use_correction": True, "df_correction": True}
    fit = OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds=options, use_t=True)
    found = clustered_mean(values, skills, 0.9)
    assert found.estimate == pytest.approx(fit.params[0], rel=1e-12)
    assert found.standard_error == pytest.approx(fit.bse[0], rel=1e-12)
    assert found.p_value == pytest.approx(fit.pvalues[0], rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(fit.conf_int(0.1)[0]), rel=1e-12)


def test_with_one_task_a_skill_the_interval_is_the_one_sample_t_interval():
    values, skills = differences(per_skill=1)
    estimate = clustered_mean(values, skills, 0.9)
    expected = stats.ttest_1samp(values, 0.0)
    interval = expected.confidence_interval(0.9)
    assert estimate.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_interval_and_p_value_use_t_with_one_degree_of_freedom_less_than_skills():
    values, skills = differences(n_skills=6)
    estimate = clustered_mean(values, skills, 0.95)
    half = stats.t.ppf(0.975, 5) * sandwich(values, skills)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((values.mean() - half, values.mean() + half))
    assert estimate.p_value == pytest.approx(2 * stats.t.sf(abs(values.mean()) / sandwich(values, skills), 5))
    assert (estimate.n_tasks, estimate.n_skills) == (30, 6)


def test_clusters_of_equal_tasks_widen_the_interval_as_if_each_were_one_task():
    values, skills = differences(per_skill=1)
    once = clustered_mean(values, skills, 0.95)
    repeated = clustered_mean(np.repeat(values, 5), np.repeat(skills, 5), 0.95)
    assert repeated.standard_error == pytest.approx(once.standard_error)


def few(n_differ: int, n_tasks: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Differences of which so many are 1 or -1, in skills of five tasks: all of them in the first skills."""
    values = np.where(np.arange(n_tasks) < n_differ, 1.0, 0.0)
    values[:n_differ:4] = -1.0
    return values, np.array([f"skill-{task // 5:03d}" for task in range(n_tasks)])


@pytest.mark.parametrize("n_differ", [1, 4, 9])
def test_where_few_tasks_differ_the_error_is_at_least_that_with_two_pseudo_tasks(n_differ):
    values, skills = few(n_differ)
    with_pseudo = np.append(values, [1.0, -1.0])
    bonett_price = with_pseudo.std() / np.sqrt(202)
    found = clustered_mean(values, skills, 0.95)
    assert found.standard_error == pytest.approx(max(bonett_price, sandwich(values, skills)), rel=1e-12)
    assert found.estimate == pytest.approx(values.mean())
    half = stats.t.ppf(0.975, 39) * found.standard_error
    assert (found.ci_low, found.ci_high) == pytest.approx((values.mean() - half, values.mean() + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(values.mean()) / found.standard_error, 39))


def test_one_task_that_differs_has_a_wider_interval_than_its_clustered_error_says():
    values, skills = few(1)
    assert clustered_mean(values, skills, 0.95).standard_error > 1.7 * sandwich(values, skills)


@pytest.mark.parametrize(("n_differ", "n_tasks"), [(10, 200), (5, 40), (40, 200)])
def test_where_ten_tasks_or_an_eighth_of_all_differ_the_error_is_the_clustered_one(n_differ, n_tasks):
    values, skills = few(n_differ, n_tasks)
    assert clustered_mean(values, skills, 0.95).standard_error == pytest.approx(sandwich(values, skills))


def test_where_no_task_differs_there_is_still_no_interval():
    values, skills = few(0)
    assert clustered_mean(values, skills, 0.95)[:2] == (0.0, None)


def test_tables_and_arrays_of_arms_have_the_same_least_error():
    values, skills = few(3)
    alone = clustered_mean(values, skills, 0.95)
    tasks = [f"t{index:03d}" for index in range(200)]
    frame = pl.DataFrame({"arm": "a", "task_id": tasks, "skill_id": skills, "value": values})
    assert clustered_means(frame, ["arm"], 0.95).row(0)[1:] == pytest.approx(alone, rel=1e-12)
    unknown = np.concatenate([values, [np.nan] * 5])[np.newaxis]
    numbers = np.append(np.arange(200) // 5, [40] * 5)
    assert estimates(unknown, numbers, 0.95).row(0) == pytest.approx(alone, rel=1e-12)


def test_the_detectable_effect_is_found_in_80_percent_of_simulated_studies():
    rng, n_skills = np.random.default_rng(1), 40
    mde = minimum_detectable_effect(1 / np.sqrt(n_skills), n_skills - 1, 0.95)
    draws = rng.normal(mde, 1.0, size=(20_000, n_skills))
    found = stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_the_detectable_effect_of_the_reference_design_is_in_its_published_range():
    assert minimum_detectable_effect(0.032, 39, 0.95) == pytest.approx(0.0919, abs=1e-4)


def test_the_wilson_interval_agrees_with_its_closed_form():
    passes, tasks, z = np.array([0, 15, 200]), np.array([200, 200, 200]), stats.norm.ppf(0.975)
    rate = passes / tasks
    centre = (rate + z**2 / (2 * tasks)) / (1 + z**2 / tasks)
    half = z / (1 + z**2 / tasks) * np.sqrt(rate * (1 - rate) / tasks + z**2 / (4 * tasks**2))
    low, high = wilson_interval(passes, tasks, 0.95)
    assert low == pytest.approx(np.clip(centre - half, 0, 1))
    assert high == pytest.approx(np.clip(centre + half, 0, 1))


def rates(passes, counts, confidence=0.95):
    limits = clustered_rate_interval(np.array([passes], float), np.array([counts], float), confidence)
    return tuple(limit.item() for limit in limits)


def test_a_rate_with_a_task_a_skill_has_wilsons_interval():
    low, high = wilson_interval(np.array([2]), np.array([5]), 0.95)
    assert rates([1, 0, 1, 0, 0], [1] * 5) == pytest.approx((low.item(), high.item()))


def test_a_rate_of_tasks_that_share_skills_is_worth_fewer_tasks_and_has_a_t_quantile():
    passes = [5, 0, 4, 1, 5, 0, 3, 2]
    low, high = rates(passes, [5] * 8)
    error = np.std(np.array(passes) / 5, ddof=1) / 8**0.5
    worth, quantile = 0.25 / error**2, stats.t.ppf(0.975, 7)
    assert worth < 20
    for limit in (low, high):  # where the test of a rate turns: |1/2 - r| = t sqrt(r (1 - r) / worth)
        assert abs(0.5 - limit) == pytest.approx(quantile * np.sqrt(limit * (1 - limit) / worth))
    wilson = wilson_interval(np.array([20]), np.array([40]), 0.95)
    assert high - low > (wilson[1] - wilson[0]).item()


def test_a_rate_of_nothing_or_all_counts_each_skill_as_a_task():
    low, high = rates([0] * 8, [5] * 8)
    quantile = stats.t.ppf(0.975, 7)
    assert (low, high) == pytest.approx((0, quantile**2 / 8 / (1 + quantile**2 / 8)))
    assert rates([5] * 8, [5] * 8) == pytest.approx((1 - high, 1 - low))


def test_rates_closer_together_than_chance_claim_no_more_than_their_tasks():
    low, high = rates([2, 2, 2, 2, 2], [4] * 5)
    wilson = wilson_interval(np.array([10]), np.array([20]), 0.95)
    assert high - low > (wilson[1] - wilson[0]).item()


def test_the_rate_of_one_skill_with_several_tasks_has_no_interval():
    assert np.isnan(rates([3], [5])).all()


def test_no_task_is_undefined_and_counted_as_none():
    nothing = clustered_mean(np.array([]), np.array([], dtype=str), 0.95)
    assert nothing == Estimate(*[None] * 7, 0, 0)


@pytest.mark.parametrize(
    ("values", "skills", "mean"),
    [
        ([1.0], ["a"], 1.0),
        ([1.0, 0.0, 0.0, -1.0], ["a", "a", "a", "a"], 0.0),
        ([0.5, 0.5, 0.5], ["a", "b", "c"], 0.5),
        ([1.0, 0.0, 1.0, 0.0, 0.0, 1.0], ["a", "a", "b", "b", "c", "c"], 0.5),
        ([1 / 3] * 9, list("aaabbbccc"), 1 / 3),
    ],
    ids=[
        "one task",
        "one skill",
        "no variation",
        "all skills with the same mean",
        "no variation but rounding",
    ],
)
def test_an_interval_of_width_zero_is_never_claimed(values, skills, mean):
    estimate = clustered_mean(np.array(values), np.array(skills), 0.95)
    assert estimate.estimate == pytest.approx(mean)
    assert estimate[1:7] == (None,) * 6
    assert estimate.n_tasks == len(values)


def test_every_group_gets_the_estimate_of_its_own_tasks():
    values, skills = differences()
    frame = pl.DataFrame(
        {
            "arm": ["x"] * 200 + ["y"] * 200,
            "task_id": [f"t{index:03d}" for index in range(200)] * 2,
            "skill_id": [*skills, *skills],
            "value": [*values, *[None] * 100, *values[100:]],
        }
    )
    both = clustered_means(frame.sample(fraction=1.0, shuffle=True, seed=3), ["arm"], 0.95)
    assert both["arm"].to_list() == ["x", "y"]
    assert both.row(0)[1:] == pytest.approx(clustered_mean(values, skills, 0.95), rel=1e-12)
    assert both.row(1)[1:] == pytest.approx(clustered_mean(values[100:], skills[100:], 0.95), rel=1e-12)
