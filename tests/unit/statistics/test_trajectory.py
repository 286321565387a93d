"""Claims about the trajectory: the declared shape, what dominates it, and what sets its ceiling."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from made_specs import analysis_of
from reference_study import DELTA_AFTER, DELTA_BEFORE, REFERENCE, RUN, reference_study
from score_tables import make_scores, make_tasks

from skillift.errors import UserError
from skillift.settings.analysis import TierDelta
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.comparisons import Joint
from skillift.statistics.intersection_union import deciding
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.tier_spread import spread
from skillift.statistics.trajectory import Part, parts_of, resolvable_multiple

PUBLISHED = [{"student": student, "delta": delta} for student, delta in DELTA_BEFORE.items()]
UNRESOLVED = "not resolvable at this n"


@cache
def analysis(declared: bool = True) -> Analysis:
    scores, tasks, spec = reference_study()
    settings = spec["analysis"] | {"bootstrap_samples": 100, "splits": 20}
    if declared:
        settings |= {"trajectory": PUBLISHED}
    return analyse(scores, tasks, no_responses(), *analysis_of(spec | {"analysis": settings}))


def claim(name: str, **where) -> dict:
    return analysis().claims.filter(claim=name, **where).row(0, named=True)


def test_the_published_w_is_seven_signs():
    parts = parts_of([TierDelta(**each) for each in PUBLISHED], list(DELTA_BEFORE))
    assert "".join("-+"[part.declared > 0] for part in parts) == "-+-+" + "+-+"
    assert [part.neighbour for part in parts[4:]] == ["qwen-0.8b", "qwen-2b", "qwen-4b"]


def test_the_published_w_is_not_resolvable_at_its_n_and_what_would_resolve_it_is_said():
    found = claim("trajectory_shape", run="base")
    assert found["word"] == UNRESOLVED
    # the smallest delta decides: it is 1 pp, and 20 tasks of 200 or more are discordant
    assert found["estimate"] == pytest.approx(0.01)
    assert found["mde"] > 5
    assert (found["n_tasks"], found["n_skills"], found["contrast"]) == (200, 40, "curated-none")


def test_after_sft_the_shape_is_asked_of_the_trained_tiers_alone():
    found = claim("trajectory_shape", run="sft")
    assert found["word"] != "supported"
    decides = [DELTA_AFTER[student] * sign for student, sign in zip(DELTA_AFTER, (-1, 1, -1), strict=True)]
    assert found["estimate"] == pytest.approx(min(decides))
    assert set(analysis().claims.filter(claim="trajectory_shape")["run"]) == {"base", "sft"}


def test_without_a_declared_pattern_no_shape_is_claimed_and_nothing_else_changes():
    every, without = analysis().claims, analysis(declared=False).claims
    assert every.filter(pl.col("claim") != "trajectory_shape").equals(without)


def study(deltas: dict[str, float], lifts: dict[str, float], n_skills: int = 40, per_skill: int = 20):
    """Scores in which each tier has just these deltas before SFT and lifts, alike in every skill."""
    arms = {}
    generator = np.random.default_rng(1)
    for student, delta in deltas.items():
        for run, step, more in (("base", 0, 0.0), (RUN, 138, lifts[student])):
            for condition, rate in (("none", 0.4), ("curated", 0.4 + delta + more)):
                verdicts = generator.random((n_skills, per_skill)) < rate
                arms["judge:a", student, run, step, condition] = verdicts.ravel().tolist()
    return make_scores(arms), make_tasks(n_skills, per_skill)


def analysed(deltas: dict, lifts: dict, pattern: dict | None = None) -> pl.DataFrame:
    scores, tasks = study(deltas, lifts)
    runs = [
        {"student": student, "run": run, "recipe": recipe, "seed": seed}
        for student in deltas
        for run, recipe, seed in (("base", None, None), (RUN, "sft", 0))
    ]
    declared = [{"student": student, "delta": delta} for student, delta in (pattern or deltas).items()]
    settings = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 5, "trajectory": declared}
    return analyse(scores, tasks, no_responses(), *analysis_of({"analysis": settings, "runs": runs})).claims


@pytest.mark.slow
def test_a_clear_shape_is_supported_and_the_opposite_one_contradicted():
    deltas, lifts = {"s": -0.2, "m": 0.2, "l": 0.4}, dict.fromkeys("sml", 0.0)
    found = analysed(deltas, lifts).filter(claim="trajectory_shape", run="base").row(0, named=True)
    assert (found["word"], found["estimate"] > 0.1, found["mde"] < 1) == ("supported", True, True)
    against = {student: -delta for student, delta in deltas.items()}
    found = analysed(deltas, lifts, against).filter(claim="trajectory_shape", run="base").row(0, named=True)
    assert found["word"] == "contradicted"


@pytest.mark.slow
def test_one_wrong_sign_keeps_a_shape_from_being_supported():
    deltas = {"s": -0.2, "m": 0.2, "l": 0.4}
    pattern = {"s": -0.2, "m": 0.4, "l": 0.2}  # all deltas as they are, one difference the other way round
    found = analysed(deltas, dict.fromkeys("sml", 0.0), pattern)
    assert found.filter(claim="trajectory_shape", run="base")["word"].item() == "contradicted"


@pytest.mark.slow
def test_equal_lifts_over_unequal_deltas_are_dominated_by_base():
    deltas = {"s": -0.3, "m": 0.0, "l": 0.3}
    found = analysed(deltas, dict.fromkeys("sml", 0.0)).filter(claim="dominated_by_base").row(0, named=True)
    assert found["word"] == "supported"
    assert found["estimate"] == pytest.approx(-0.09, abs=0.02)
    away = {"s": 0.3, "m": 0.0, "l": -0.3}
    flat = analysed(dict.fromkeys("sml", 0.0), away).filter(claim="dominated_by_base").row(0, named=True)
    assert (flat["word"], flat["estimate"] > 0) == ("contradicted", True)


def test_noise_alone_adds_nothing_to_a_mean_square_on_average():
    generator = np.random.default_rng(0)
    covariance = np.diag([0.0004] * 3 + [0.0001] * 3)
    found = [
        spread(draw[:3], draw[3:], covariance)
        for draw in generator.multivariate_normal(np.zeros(6), covariance, 4000)
    ]
    of_lifts, of_deltas = (
        np.mean([getattr(each, name) for each in found]) for name in ("of_lifts", "of_deltas")
    )
    assert abs(of_lifts) < 4 * 0.0004 / 4000**0.5
    assert abs(of_deltas) < 4 * 0.0001 / 4000**0.5


def skilled(after_follows: bool, n_skills: int = 40, per_skill: int = 20) -> pl.DataFrame:
    """One student whose skills differ in their base pass rate; after SFT they do likewise, or do not."""
    generator = np.random.default_rng(5)
    ease = generator.uniform(0.1, 0.9, n_skills)
    later = ease if after_follows else generator.permutation(ease)
    arms = {
        ("judge:a", "s", run, step, condition): (
            generator.random((n_skills, per_skill)) < rates[:, np.newaxis]
        )
        .ravel()
        .tolist()
        for run, step, rates in (("base", 0, ease), (RUN, 138, later))
        for condition in ("none", "curated")
    }
    runs = [
        {"student": "s", "run": run, "recipe": recipe, "seed": seed}
        for run, recipe, seed in (("base", None, None), (RUN, "sft", 0))
    ]
    settings = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 20}
    tasks = make_tasks(n_skills, per_skill)
    return analyse(
        make_scores(arms), tasks, no_responses(), *analysis_of({"analysis": settings, "runs": runs})
    ).claims


def test_skills_that_keep_their_place_are_bounded_by_the_base_model():
    found = skilled(after_follows=True).filter(claim="base_sets_ceiling").row(0, named=True)
    assert found["word"] == "supported"
    assert 0.6 < found["estimate"] < 1.0
    assert (found["student"], found["run"], found["contrast"]) == ("s", RUN, "curated")


def test_skills_that_change_places_are_not():
    found = skilled(after_follows=False).filter(claim="base_sets_ceiling").row(0, named=True)
    assert found["word"] == UNRESOLVED


def test_a_tier_that_the_study_lacks_is_named():
    scores, tasks, spec = reference_study()
    settings = spec["analysis"] | {"trajectory": [*PUBLISHED, {"student": "70b", "delta": 0.1}]}
    with pytest.raises(UserError, match=r"analysis\.trajectory.*70b"):
        analyse(
            scores,
            tasks,
            no_responses(),
            *analysis_of(spec | {"analysis": settings | {"bootstrap_samples": 100}}),
        )


def test_the_claims_of_the_reference_study_with_verdicts_missing_do_not_say_that_they_hold():
    scores, tasks, spec = reference_study()
    lost = scores.filter(~((pl.col("task_id") == "t0003") & (pl.col("condition") == "curated")))
    settings = spec["analysis"] | {"bootstrap_samples": 100, "splits": 5, "trajectory": PUBLISHED}
    claims = analyse(lost, tasks, no_responses(), *analysis_of(spec | {"analysis": settings})).claims
    rows = claims.filter(pl.col("claim").is_in(["dominated_by_base", "base_sets_ceiling"]))
    assert rows.height == 1 + 3
    assert not rows["word_holds"].any()
    assert (rows["n_unscored"] > 0).all()
    assert REFERENCE not in set(rows["student"])


def test_a_multiple_of_one_part_is_that_of_students_t():
    joint = Joint(np.array([0.0]), [], np.array([[0.0004]]), 39.0)
    multiple = resolvable_multiple(joint, ["s"], [Part("s", "", 0.1)], 0.95)
    # t[0.975] of the test and t[0.8] of its power, in standard errors of 2 pp; the draws are finite
    assert multiple == pytest.approx((2.0227 + 0.8512) * 0.02 / 0.1, rel=0.05)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(0.1, 0.01), (0.2, 0.2)], (1, 0.2)),
        ([(0.1, 0.01), (-0.2, 0.004), (-0.1, 0.5)], (1, 0.012)),
        ([(0.1, 0.01), (None, None)], (1, None)),
        ([(-0.1, 0.9)], (0, 0.9)),
    ],
)
def test_the_part_that_speaks_most_against_a_claim_decides_it(parts, expected):
    place, p_value = deciding(parts)
    assert (place, p_value) == (expected[0], expected[1] and pytest.approx(expected[1]))
