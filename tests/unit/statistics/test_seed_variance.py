"""Training-seed variance: apart from sampling, by hand and in simulation, and honest about two seeds."""

from __future__ import annotations

import numpy as np
import pytest
from claim_tables import PATH, claimed, draw_study, make_runs
from scipy import stats
from score_tables import make_tasks, passes

from skillift.statistics.pooling import pool
from skillift.statistics.seed_variance import SeedComponents, with_seeds

LIFT = "lift:curated-none"
RATES = {"s": (0.35, 0.4, 0.4, 0.55)}


def study(seeds=(0, 1), generator_seed: int = 0, **options):
    arms = draw_study(np.random.default_rng(generator_seed), RATES, seeds, **options)
    return claimed(arms, make_runs({("s", "sft"): seeds}))


def row(found, contrast=LIFT, **where) -> dict:
    return found.seeds.filter(contrast=contrast, **where).row(0, named=True)


def lifts_by_hand(arms: dict, seeds) -> np.ndarray:
    """Task-level lifts, one column per seed."""
    before = np.subtract(
        *(np.array(arms[(PATH, "s", "base", 0, name)], float) for name in ("curated", "none"))
    )
    after = [
        np.subtract(
            *(np.array(arms[(PATH, "s", f"sft-s{seed}", 138, name)], float) for name in ("curated", "none"))
        )
        for seed in seeds
    ]
    return np.column_stack(after) - before[:, np.newaxis]


@pytest.mark.parametrize("seeds", [(0, 1), (0, 1, 2, 3)])
def test_the_components_are_those_of_a_crossed_analysis_of_variance(seeds):
    arms = draw_study(np.random.default_rng(1), RATES, seeds, seed_spread=0.1)
    found = row(claimed(arms, make_runs({("s", "sft"): seeds})))
    by_skill = lifts_by_hand(arms, seeds).reshape(40, 5, len(seeds)).mean(axis=1)
    n_skills, k = by_skill.shape
    grand, of_seeds, of_skills = by_skill.mean(), by_skill.mean(axis=0), by_skill.mean(axis=1)
    interaction = by_skill - of_skills[:, np.newaxis] - of_seeds + grand
    ms_seeds = n_skills * of_seeds.var(ddof=1)
    ms_interaction = (interaction**2).sum() / ((n_skills - 1) * (k - 1))
    expected_seed = max((ms_seeds - ms_interaction) / n_skills, 0)
    expected_sampling = of_skills.var(ddof=1) / n_skills
    assert found["estimate"] == pytest.approx(grand)
    assert found["sampling_variance"] == pytest.approx(expected_sampling)
    assert found["variance_between_seeds"] == pytest.approx(of_seeds.var(ddof=1))
    assert found["noise_between_seeds"] == pytest.approx(ms_interaction / n_skills)
    assert found["seed_variance"] == pytest.approx(expected_seed)
    assert found["standard_error"] ** 2 == pytest.approx(expected_sampling + expected_seed / k)


def test_beyond_zero_it_is_two_way_clustering_by_skill_and_seed():
    """Cameron, Gelbach and Miller: V = V(skill) + V(seed) - V(skill and seed), written out for a mean."""
    seeds = (0, 1, 2)
    arms = draw_study(np.random.default_rng(2), RATES, seeds, seed_spread=0.2)
    found = row(claimed(arms, make_runs({("s", "sft"): seeds})))
    values = lifts_by_hand(arms, seeds)
    residuals = (values - values.mean()).reshape(40, 5, 3).sum(axis=1)
    n, skills, k = values.size, 40, 3
    by_skill = skills / (skills - 1) * (residuals.sum(axis=1) ** 2).sum() / n**2
    by_seed = k / (k - 1) * (residuals.sum(axis=0) ** 2).sum() / n**2
    centred = residuals - residuals.mean(axis=1, keepdims=True) - residuals.mean(axis=0) + residuals.mean()
    both = skills / (skills - 1) * k / (k - 1) * (centred**2).sum() / n**2
    assert found["seed_variance"] > 0
    assert found["standard_error"] ** 2 == pytest.approx(by_skill + by_seed - both)


def test_skills_and_seeds_each_have_their_own_degrees_of_freedom():
    parts = SeedComponents(between=0.004, noise=0.001, n_runs=3, degrees_of_freedom=2)
    whole = with_seeds(0.002, 39, [parts])
    assert [tuple(part) for part in whole.readings[0]] == [
        pytest.approx((0.002 - 0.001 / 3, 39)),
        pytest.approx((0.004 / 3, 2)),
    ]


def test_sides_that_share_a_pooled_variance_share_its_degrees_of_freedom_and_others_do_not():
    one = SeedComponents(0.004, 0.001, 2, 3, pool="sft")
    shared, apart = (with_seeds(0.01, 39, [one, one._replace(pool=name)]) for name in ("sft", "other"))
    assert [tuple(part) for part in shared.readings[0]] == [
        pytest.approx((0.009, 39)),
        pytest.approx((0.004, 3)),
    ]
    assert [part.degrees_of_freedom for part in apart.readings[0]] == [39, 3, 3]
    assert shared.half_width(0.95) == pytest.approx(apart.half_width(0.95))


def test_without_several_seeds_the_variance_is_that_of_sampling():
    assert [tuple(part) for part in with_seeds(0.002, 39, []).readings[0]] == [(0.002, 39)]


def test_seeds_that_happen_to_agree_make_a_recipe_no_better_known_than_its_runs():
    whole = with_seeds(0.002, 39, [SeedComponents(0.0, 0.004, 2, 1)])
    assert whole.of(0.1, 0.95) == with_seeds(0.002, 39, []).of(0.1, 0.95)


def test_two_seeds_far_apart_leave_one_degree_of_freedom():
    whole = with_seeds(1e-6, 39, [SeedComponents(0.1, 1e-6, 2, 1)])
    assert whole.degrees_of_freedom(0.95) == pytest.approx(1, abs=1e-3)


def test_variances_of_tiers_are_pooled_with_each_tiers_own_noise():
    found = pool([0.004, 0.001, 0.002], [0.001, 0.0005, 0.0015], [2, 2, 3], 0.05)
    mean, noise = (0.004 + 0.001 + 2 * 0.002) / 4, (0.001 + 0.0005 + 2 * 0.0015) / 4
    tau = mean - noise
    assert found.between == pytest.approx([tau + 0.001, tau + 0.0005, tau + 0.0015])
    assert found.degrees_of_freedom == [4, 4, 4]
    assert found.n_tiers == 3
    assert 0.05 < found.p_value <= 1


def test_a_tier_far_above_the_others_ends_the_pooling():
    between, noise = [0.001, 0.5, 0.001], [0.001] * 3
    found = pool(between, noise, [3, 3, 3], 0.05)
    assert (found.between, found.degrees_of_freedom, found.n_tiers) == (between, [2, 2, 2], 1)
    assert found.p_value < 0.05


@pytest.mark.slow
def test_where_no_tier_is_apart_pooling_is_given_up_in_5_percent():
    """The test is F with Bonferroni: of three tiers with three seeds, 4,000 draws."""
    rng = np.random.default_rng(5)
    draws = 0.01 * rng.chisquare(2, (4000, 3)) / 2
    given_up = np.mean([pool(list(draw), [0.0] * 3, [3] * 3, 0.05).n_tiers == 1 for draw in draws])
    assert 0.03 < given_up < 0.06


def test_seeds_that_agree_everywhere_are_pooled_and_one_tier_is_not():
    assert pool([0.0, 0.0], [0.0, 0.0], [2, 2], 0.05)[1:] == ([2.0, 2.0], None, 2)
    assert pool([0.01], [0.001], [2], 0.05) == ([0.01], [1.0], None, 1)


def test_tiers_share_their_seed_variance_in_the_table():
    rates = {"l": (0.5, 0.55, 0.6, 0.7), "s": (0.35, 0.4, 0.4, 0.55)}
    arms = draw_study(np.random.default_rng(8), rates, (0, 1), seed_spread=0.1)
    found = claimed(arms, make_runs({(name, "sft"): (0, 1) for name in rates})).seeds.filter(contrast=LIFT)
    assert found["n_pooled"].to_list() == [2, 2]
    assert found["seed_degrees_of_freedom"].to_list() == [2, 2]
    assert found["seed_variance"].n_unique() == 1
    assert found["pooled_between_seeds"].mean() == pytest.approx(found["variance_between_seeds"].mean())


def test_one_seed_says_nothing_of_other_trainings():
    found = row(study(seeds=(0,)))
    assert found["n_runs"] == 1
    assert found["estimate"] is not None
    assert found["sampling_variance"] > 0
    unknown = ("seed_variance", "variance_between_seeds", "standard_error", "ci_low", "p_value", "mde")
    assert [found[name] for name in unknown] == [None] * 6


def test_seeds_that_answer_alike_have_a_seed_variance_of_zero():
    arms = draw_study(np.random.default_rng(3), RATES, (0, 1))
    for name in ("none", "curated"):
        arms[(PATH, "s", "sft-s1", 138, name)] = arms[(PATH, "s", "sft-s0", 138, name)]
    found = claimed(arms, make_runs({("s", "sft"): (0, 1)}))
    assert row(found)["seed_variance"] == 0.0
    one = found.effects.filter(contrast=LIFT, run="sft-s0").row(0, named=True)
    for name in ("standard_error", "ci_low", "ci_high", "p_value", "mde"):
        assert row(found)[name] == pytest.approx(one[name])


def test_one_skill_and_unscored_seeds_are_undefined():
    tasks = make_tasks(1, 5)
    arms = draw_study(np.random.default_rng(4), RATES, (0, 1), n_skills=1)
    assert row(claimed(arms, make_runs({("s", "sft"): (0, 1)}), tasks))["seed_variance"] is None
    arms = draw_study(np.random.default_rng(4), RATES, (0, 1))
    arms[(PATH, "s", "sft-s1", 138, "curated")] = [None] * 200
    found = row(claimed(arms, make_runs({("s", "sft"): (0, 1)})))
    assert found["seed_variance"] is None
    assert found["p_value"] is None
    assert found["n_unscored"] == 200


def test_all_contrasts_after_training_have_a_row():
    arms = draw_study(np.random.default_rng(5), RATES, (0, 1))
    arms |= {(path, s, run, step, "placebo"): passes(60) for path, s, run, step, _ in list(arms)}
    found = claimed(arms, make_runs({("s", "sft"): (0, 1)})).seeds["contrast"].to_list()
    contrasts = ["curated-none", "curated-placebo", "placebo-none"]
    gains = ["gain:curated", "gain:none", "gain:placebo"]
    assert found == sorted(contrasts + gains + [f"lift:{name}" for name in contrasts])


@pytest.mark.parametrize(
    ("seed_sd", "n_runs", "least"), [(0.0, 2, 0.94), (0.05, 2, 0.94), (0.25, 2, 0.94), (0.05, 4, 0.94)]
)
def test_its_interval_covers_the_recipe_where_one_given_the_seeds_does_not(seed_sd, n_runs, least):
    """Skill means of lifts drawn from the crossed model: a standard error of 0.05 a seed from sampling."""
    rng, n_skills, n_studies = np.random.default_rng(6), 40, 1500
    shared = rng.normal(0, 0.22, (n_studies, n_skills, 1))
    values = (
        shared
        + rng.normal(0, 0.22, (n_studies, n_skills, n_runs))
        + rng.normal(0, seed_sd, (n_studies, 1, n_runs))
    )
    covered = given = 0
    for study_values in values:
        means = study_values.mean(axis=0)
        sampling = study_values.mean(axis=1).var(ddof=1) / n_skills
        centred = study_values - study_values.mean(axis=1, keepdims=True) - means + means.mean()
        noise = (centred**2).sum() / ((n_skills - 1) * (n_runs - 1)) / n_skills
        parts = SeedComponents(means.var(ddof=1), noise, n_runs, n_runs - 1)
        covered += abs(means.mean()) < with_seeds(sampling, n_skills - 1, [parts]).half_width(0.95)
        given += abs(means.mean()) < stats.t.ppf(0.975, n_skills - 1) * sampling**0.5
    assert least < covered / n_studies <= 1 - (seed_sd > 0) * 0.01
    if seed_sd:
        assert given / n_studies < covered / n_studies - 0.02
