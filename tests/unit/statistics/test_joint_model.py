"""The joint model: terms and tests as by hand on both scales, and a reason wherever it is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from claim_tables import ARMS, PATH, STEP, claimed, draw_study, make_runs
from scipy import stats
from score_tables import make_tasks

LIFT, TEST = "lift:curated-none", "tier x condition x phase"
RATES = {"l": (0.5, 0.55, 0.6, 0.7), "m": (0.45, 0.5, 0.5, 0.65), "s": (0.35, 0.3, 0.4, 0.42)}
RUNS = make_runs({(student, "sft"): (0,) for student in RATES})


def arms(seed: int = 0, **options) -> dict:
    return draw_study(np.random.default_rng(seed), RATES, **options)


def row(found, scale, student="", term=TEST, recipe="sft") -> dict:
    where = {"scale": scale, "student": student, "term": term, "recipe": recipe}
    return found.joint.filter(**where).row(0, named=True)


def rates_by_skill(drawn: dict) -> np.ndarray:
    """Pass rates of shape (skill, student, arm), students and arms in their order."""
    keys = [
        (PATH, student, *((run, 0) if run == "base" else ("sft-s0", STEP)), condition)
        for student in sorted(RATES)
        for run, condition in ARMS
    ]
    values = np.array([drawn[key] for key in keys], float).reshape(3, 4, 40, 5)
    return values.mean(axis=3).transpose(2, 0, 1)


def hotelling(by_skill: np.ndarray) -> tuple[float, float]:
    """F and p of "all columns have the same mean", by skills."""
    n_skills, q = len(by_skill), by_skill.shape[1] - 1
    contrasts = by_skill[:, 1:] - by_skill[:, :1]
    mean, spread = contrasts.mean(axis=0), np.cov(contrasts, rowvar=False) / n_skills
    statistic = (n_skills - q) / (q * (n_skills - 1)) * mean @ np.linalg.solve(spread, mean)
    return statistic, stats.f.sf(statistic, q, n_skills - q)


def test_on_fractions_terms_are_the_lifts_of_the_effects_and_the_test_is_hotellings():
    drawn = arms()
    found = claimed(drawn, RUNS)
    lifts = rates_by_skill(drawn) @ np.array([1, -1, -1, 1])
    statistic, p_value = hotelling(lifts)
    test = row(found, "fraction")
    assert (test["statistic"], test["p_value"]) == pytest.approx((statistic, p_value))
    assert (test["df_numerator"], test["df_denominator"]) == pytest.approx((2, 38))
    for student in RATES:
        effect = found.effects.filter(student=student, contrast=LIFT).row(0, named=True)
        term = row(found, "fraction", student, LIFT)
        for name in ("estimate", "standard_error", "ci_low", "ci_high", "p_value", "n_tasks", "n_skills"):
            assert term[name] == pytest.approx(effect[name])


def test_on_log_odds_terms_are_by_hand_where_every_skill_has_the_same_tasks_in_every_arm():
    """Then the estimating equations give the logits of the pass rates, and the sandwich the delta method."""
    drawn = arms()
    found = claimed(drawn, RUNS)
    rates = rates_by_skill(drawn)
    mean = rates.mean(axis=0)
    logits, slopes = np.log(mean / (1 - mean)), 1 / (mean * (1 - mean))
    contrasts = np.array([[1, 0, 0, 0], [-1, 1, 0, 0], [-1, 0, 1, 0], [1, -1, -1, 1]])
    by_skill = (rates - mean) * slopes @ contrasts.T  # influence of each skill on each term
    for place, student in enumerate(sorted(RATES)):
        for at, term in enumerate(("none", "curated-none", "gain:none", LIFT)):
            got = row(found, "logit", student, term)
            assert got["estimate"] == pytest.approx((contrasts @ logits[place])[at], abs=1e-6)
            error = by_skill[:, place, at].std(ddof=1) / np.sqrt(40)
            assert got["standard_error"] == pytest.approx(error, rel=1e-5)
            assert got["df_denominator"] == 39
    lifts = by_skill[:, :, 3] + (contrasts @ logits.T)[3]
    statistic, p_value = hotelling(lifts)
    test = row(found, "logit")
    assert (test["statistic"], test["p_value"]) == pytest.approx((statistic, p_value), rel=1e-5)


def test_seed_variance_widens_the_test_on_fractions():
    runs = make_runs({(student, "sft"): (0, 1, 2) for student in RATES})
    found = claimed(arms(1, seeds=(0, 1, 2), seed_spread=0.15), runs)
    seeds = found.seeds.filter(contrast=LIFT)
    assert (seeds["seed_variance"] > 0).any()
    for student in RATES:
        combined = seeds.filter(student=student).row(0, named=True)
        term = row(found, "fraction", student, LIFT)
        assert term["standard_error"] == pytest.approx(combined["standard_error"])
        assert term["df_denominator"] == pytest.approx(combined["degrees_of_freedom"])
    assert row(found, "fraction")["df_denominator"] < 38
    assert row(found, "logit")["df_denominator"] == 38


def test_on_log_odds_seeds_are_averaged_within_task():
    drawn = draw_study(np.random.default_rng(3), {"s": RATES["s"]}, seeds=(0, 1))
    found = claimed(drawn, make_runs({("s", "sft"): (0, 1)}))
    before, after = (
        [np.mean([drawn[(PATH, "s", run, step, name)] for run in runs]) for name in ("none", "curated")]
        for runs, step in ((["base"], 0), (["sft-s0", "sft-s1"], STEP))
    )
    (none, curated), (none_after, curated_after) = (stats.logistic.ppf(rates) for rates in (before, after))
    expected = {"none": none, "curated-none": curated - none, "gain:none": none_after - none}
    expected[LIFT] = curated_after - none_after - (curated - none)
    for term, value in expected.items():
        assert row(found, "logit", "s", term)["estimate"] == pytest.approx(value, abs=1e-6)


def test_an_unscored_task_leaves_the_lift_and_stays_in_the_other_arms_of_the_logit():
    drawn = arms()
    drawn[(PATH, "s", "base", 0, "none")] = [None, *drawn[(PATH, "s", "base", 0, "none")][1:]]
    found = claimed(drawn, RUNS)
    assert row(found, "fraction", "s", LIFT)["n_tasks"] == 199
    assert row(found, "logit", "s", LIFT)["n_tasks"] == 200
    assert row(found, "logit", "s", LIFT)["n_unscored"] == 1
    assert row(found, "logit")["n_unscored"] == 1


def undefined(found, scale, student, reason, test_reason=None):
    if student:
        assert row(found, scale, student, LIFT)["reason"] == reason
        assert row(found, scale, student, LIFT)["p_value"] is None
    test = row(found, scale)
    assert (test["statistic"], test["p_value"]) == (None, None)
    assert test["reason"] == (test_reason or f"{student}: {reason}")


def test_a_missing_arm_is_named():
    drawn = arms()
    del drawn[(PATH, "m", "sft-s0", STEP, "curated")]
    found = claimed(drawn, RUNS)
    for scale in ("logit", "fraction"):
        undefined(found, scale, "m", "no verdict under curated after SFT")
        assert row(found, scale, "s", LIFT)["reason"] == ""


def test_no_verdict_at_all_is_named():
    drawn = {key: [None] * 200 for key in arms()}
    found = claimed(drawn, RUNS)
    for scale in ("logit", "fraction"):
        undefined(found, scale, "l", "no verdict under none before SFT")
    assert row(found, "logit")["n_unscored"] == 3 * 4 * 200


@pytest.mark.parametrize(("verdict", "word"), [(True, "pass"), (False, "fail")])
def test_an_arm_of_one_verdict_has_no_log_odds_and_keeps_its_lift_in_fractions(verdict, word):
    drawn = arms()
    drawn[(PATH, "s", "base", 0, "none")] = [verdict] * 200
    found = claimed(drawn, RUNS)
    undefined(found, "logit", "s", f"all {word} under none before SFT")
    assert row(found, "logit", "m", LIFT)["reason"] == ""
    assert row(found, "fraction")["p_value"] is not None


def test_arms_of_one_verdict_throughout_are_undefined_and_not_certain():
    found = claimed({key: [False] * 200 for key in arms()}, RUNS)
    assert row(found, "fraction", "s", LIFT)["reason"] == "no variation between skills"
    assert row(found, "fraction", "s", LIFT)["estimate"] == 0.0
    assert row(found, "fraction")["p_value"] is None
    assert row(found, "logit", "s", LIFT)["reason"] == "all fail under none before SFT"


def test_one_skill_is_undefined():
    found = claimed(arms(n_skills=1, per_skill=20, skill_spread=0.01), RUNS, make_tasks(1, 20))
    for scale in ("logit", "fraction"):
        undefined(found, scale, "s", "one skill", "l: one skill")


def test_one_student_has_terms_and_no_test():
    drawn = draw_study(np.random.default_rng(0), {"s": RATES["s"]})
    found = claimed(drawn, make_runs({("s", "sft"): (0,)}))
    for scale in ("logit", "fraction"):
        undefined(found, scale, "", "one student", "one student")
        assert row(found, scale, "s", LIFT)["p_value"] is not None


def test_one_task_is_undefined():
    found = claimed({key: verdicts[:1] for key, verdicts in arms().items()}, RUNS, make_tasks(1, 1))
    assert found.joint["p_value"].null_count() == found.joint.height
    assert (found.joint["reason"] != "").all()


def test_recipes_are_modelled_apart():
    drawn = arms() | draw_study(np.random.default_rng(9), {"s": RATES["s"]}, recipe="other")
    found = claimed(drawn, RUNS + make_runs({("s", "other"): (0,)})[1:])
    assert row(found, "logit", recipe="other")["reason"] == "one student"
    assert row(found, "logit")["reason"] == ""


def test_the_last_checkpoint_counts():
    drawn = arms()
    early = {
        (path, student, run, 10, condition): [True] * 200
        for path, student, run, _, condition in drawn
        if run == "sft-s0"
    }
    assert claimed(drawn | early, RUNS).joint.equals(claimed(drawn, RUNS).joint)
