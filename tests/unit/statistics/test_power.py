"""Planned precision: the formula against simulation, the stated defaults against the literature's range."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skillift.statistics.intervals import clustered_mean, minimum_detectable_effect
from skillift.statistics.power import (
    DISCORDANT_SHARES,
    Components,
    Design,
    Families,
    assumed_components,
    mde_of_many_tasks,
    precision,
)

REFERENCE = Design(n_tasks=200, n_skills=40, samples=1, seeds=1)
KNOWN = Components(skill=0.02, task=0.05, sample_base=0.3, sample_trained=0.4, seed_task=0.06, seed=0.001)


def drawn_study(rng, parts: Components, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Task-level values of one study of that design, averaged over seeds and samples, and their skills."""
    n_tasks, n_skills, samples, seeds = design

    def normal(variance, *shape):
        return rng.normal(0, np.sqrt(variance), shape)

    skills = np.repeat(np.arange(n_skills), n_tasks // n_skills)
    shared = normal(parts.skill, n_skills)[skills] + normal(parts.task, n_tasks)
    before = normal(parts.sample_base, n_tasks, samples).mean(axis=1)
    after = normal(parts.sample_trained, seeds, n_tasks, samples).mean(axis=2)
    trained = normal(parts.seed, seeds, 1) + normal(parts.seed_task, seeds, n_tasks) + after
    return shared + before + trained.mean(axis=0), skills


@pytest.mark.slow
@pytest.mark.parametrize("design", [Design(60, 20, 1, 1), Design(60, 20, 3, 2)], ids=["single", "repeated"])
def test_planned_errors_are_those_of_simulated_studies(design):
    rng = np.random.default_rng(0)
    studies = [drawn_study(rng, KNOWN, design) for _ in range(3000)]
    planned = precision(KNOWN, design, 0.95)
    spread = np.std([values.mean() for values, _ in studies])
    assert planned.standard_error == pytest.approx(spread, rel=0.04)
    shown = [clustered_mean(values, skills, 0.95).standard_error ** 2 for values, skills in studies[:500]]
    assert planned.standard_error_given_seeds == pytest.approx(np.sqrt(np.mean(shown)), rel=0.04)


def test_the_defaults_give_the_literatures_range_for_the_reference_design():
    low, high = (precision(assumed_components(share)["lift"], REFERENCE, 0.95) for share in DISCORDANT_SHARES)
    assert (low.standard_error, high.standard_error) == pytest.approx((0.032, 0.050), abs=5e-4)
    assert (low.mde, high.mde) == pytest.approx((0.09, 0.14), abs=5e-3)


def test_the_assumed_variance_is_that_of_the_difference_of_two_paired_verdicts():
    rng = np.random.default_rng(1)
    first = rng.random(400_000) < 0.5
    second = first ^ (rng.random(400_000) < 0.2)
    components = assumed_components(0.2)["procedural_delta"]
    assert components.task == pytest.approx(np.var(first * 1.0 - second), rel=0.01)


def test_the_detectable_effect_is_that_of_the_analysis():
    planned = precision(KNOWN, REFERENCE, 0.9)
    assert planned.mde == pytest.approx(minimum_detectable_effect(planned.standard_error, 39, 0.9))


def test_with_several_seeds_what_they_tell_has_few_degrees_of_freedom():
    design = REFERENCE._replace(seeds=2)
    alone, pooled = (precision(KNOWN, design, 0.95, n_tiers) for n_tiers in (1, 3))
    assert alone.standard_error == pooled.standard_error
    of_skills = KNOWN.skill / 40 + (KNOWN.task + KNOWN.sample_base) / 200
    of_seeds = (KNOWN.seed + (KNOWN.seed_task + KNOWN.sample_trained) / 200) / 2
    for found, freedom in ((alone, 1), (pooled, 3)):
        reaches = [
            (stats.t.ppf(q, 39) ** 2 * of_skills + stats.t.ppf(q, freedom) ** 2 * of_seeds) ** 0.5
            for q in (0.975, 0.8)
        ]
        assert found.mde == pytest.approx(sum(reaches))
    assert pooled.mde < alone.mde / 2


def test_a_family_of_claims_is_planned_at_its_own_level():
    families = Families({"lift": 4})
    assert families.level("lift", 0.95) == pytest.approx(0.9875)
    assert families.level("procedural_delta", 0.95) == 0.95
    one, of_four = (precision(KNOWN, REFERENCE, level).mde for level in (0.95, families.level("lift", 0.95)))
    assert of_four == pytest.approx(
        one
        * (stats.t.ppf(0.99375, 39) + stats.t.ppf(0.8, 39))
        / (stats.t.ppf(0.975, 39) + stats.t.ppf(0.8, 39))
    )


def test_shares_move_variance_between_sources_and_make_none():
    for n_deltas, (contrast, plain) in zip((1, 2, 4), assumed_components(0.2).items(), strict=True):
        split = assumed_components(0.2, skill_correlation=0.25, sampling_share=0.5)[contrast]
        assert plain.task == pytest.approx(0.2 * n_deltas)
        assert split.skill == pytest.approx(0.25 * plain.task)
        whole = split.skill + split.task + split.sample_base + split.sample_trained
        assert whole == pytest.approx(plain.task)
        more = precision(split, REFERENCE._replace(samples=4), 0.95)
        assert more.standard_error < precision(split, REFERENCE, 0.95).standard_error


@pytest.mark.parametrize("axis", Design._fields)
def test_more_of_anything_lowers_the_error(axis):
    more = REFERENCE._replace(**{axis: 2 * getattr(REFERENCE, axis)})
    assert precision(KNOWN, more, 0.95).standard_error < precision(KNOWN, REFERENCE, 0.95).standard_error


def test_what_remains_with_tasks_without_end_are_skills_and_seeds():
    endless = precision(KNOWN, Design(10**12, 40, 1, 3), 0.95)
    assert mde_of_many_tasks(KNOWN, 40, 3, 0.95) == pytest.approx(endless.mde, rel=1e-5)


def test_an_unknown_seed_variance_is_left_out_and_said_by_the_two_errors():
    planned = precision(KNOWN, REFERENCE, 0.95)
    assert planned.standard_error > planned.standard_error_given_seeds
    unknown = precision(Components(0.02, 0.05, 0.3, 0.4, 0.06, None), REFERENCE, 0.95)
    assert unknown.standard_error == unknown.standard_error_given_seeds == planned.standard_error_given_seeds
