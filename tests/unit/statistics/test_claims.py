"""Claims: the reference study's words, sameness shown or contradicted, undefined where nothing is known."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from claim_tables import MARGINS, PATH, STEP, claimed, draw_study, make_runs
from made_specs import declared_runs
from reference_study import LIFT as PUBLISHED
from reference_study import RUN, STUDENTS, reference_study
from scipy import stats
from score_tables import make_tasks
from statsmodels.stats.multitest import multipletests

from skillift.commands import spec_of
from skillift.errors import UserError
from skillift.settings.analysis_specs import AnalysisSpec
from skillift.statistics.claims import at_level_of_claims
from skillift.statistics.intervals import minimum_detectable_effect

LIFT = "lift:curated-none"
NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")
UNRESOLVED, UNDEFINED = "not resolvable at this n", "undefined"
RATES = {"l": (0.5, 0.55, 0.6, 0.7), "m": (0.45, 0.5, 0.5, 0.65), "s": (0.35, 0.3, 0.4, 0.42)}
RUNS = make_runs({(student, "sft"): (0,) for student in RATES})


def row(found, claim, student="", run="", against="") -> dict:
    where = {"claim": claim, "student": student, "run": run, "against": against}
    return found.claims.filter(**where).row(0, named=True)


def arms(seed: int = 0, rates=RATES, **options) -> dict:
    return draw_study(np.random.default_rng(seed), rates, **options)


@pytest.fixture(scope="module")
def reference():
    scores, tasks, spec = reference_study()
    return claimed(scores, declared_runs(spec["runs"]), tasks, spec["analysis"]["margins"])


def test_no_lift_of_the_reference_study_is_resolvable_at_its_n(reference):
    for student in STUDENTS:
        found = row(reference, "lift", student, RUN)
        assert found["estimate"] == PUBLISHED[student]
        assert found["word"] == UNRESOLVED
        assert found["mde"] > 0.08


def test_nor_is_its_claim_that_the_lift_is_roughly_uniform(reference):
    found = row(reference, "uniform_lift", run="sft")
    assert found["estimate"] == pytest.approx(0.035)
    assert found["word"] == UNRESOLVED
    assert found["p_holm"] > 0.05
    assert found["p_equivalence"] > 0.05
    assert found["mde"] > MARGINS["uniform_lift"]
    pairs = reference.claims.filter(pl.col("against") != "", claim="uniform_lift")
    assert pairs.height == 3
    assert set(pairs["word"]) == {UNRESOLVED}


def test_a_reference_model_has_its_delta_alone(reference):
    found = reference.claims.filter(student="haiku")
    assert found.select("claim", "run", "estimate").rows() == [("procedural_delta", "base", 0.030)]


def test_with_one_seed_lifts_and_deltas_are_those_of_the_effects():
    found = claimed(arms(), RUNS)
    rows = [("lift", LIFT, "sft-s0"), ("procedural_delta", "curated-none", "sft-s0")]
    rows += [("procedural_delta", "curated-none", "base")]
    for claim, contrast, run in rows:
        for student in RATES:
            effect = found.effects.filter(student=student, run=run, contrast=contrast).row(0, named=True)
            got = row(found, claim, student, run)
            assert {name: got[name] for name in NUMBERS} == {name: effect[name] for name in NUMBERS}
            level = 1 - 0.05 / {"lift": 3, "procedural_delta": 6}[claim]
            known = got["standard_error"], got["degrees_of_freedom"]
            median = stats.chi2.ppf(0.5, got["degrees_of_freedom"]) / got["degrees_of_freedom"]
            assert got["mde"] == pytest.approx(
                minimum_detectable_effect(*known, level) / median**0.5, rel=0.01
            )
            assert got["mde_low"] < got["mde"] < got["mde_high"]
            assert got["n_runs"] == 1
            assert (got["margin"], got["p_equivalence"]) == (None, None)


def test_with_several_seeds_they_are_about_the_recipe_and_hold_its_seed_variance():
    runs = make_runs({(student, "sft"): (0, 1) for student in RATES})
    found = claimed(arms(2, seeds=(0, 1), seed_spread=0.15), runs)
    wider = 0
    for student in RATES:
        got = row(found, "lift", student, "sft")
        seeds = found.seeds.filter(student=student, contrast=LIFT).row(0, named=True)
        effect, given = (
            table.filter(student=student, run="sft", contrast=LIFT).row(0, named=True)
            for table in (found.effects, found.given_seeds)
        )
        assert {name: got[name] for name in NUMBERS} == {name: seeds[name] for name in NUMBERS}
        assert {name: got[name] for name in NUMBERS} == {name: effect[name] for name in NUMBERS}
        assert got["n_runs"] == 2
        assert got["mde"] > seeds["mde"]  # at the level of three lifts
        wider += got["ci_high"] - got["ci_low"] > given["ci_high"] - given["ci_low"]
    assert wider == 3
    assert set(found.claims.filter(claim="lift")["run"]) == {"sft"}


def test_the_effects_have_the_detectable_effect_of_their_claims():
    found = claimed(arms(), RUNS)
    shown = at_level_of_claims(found.effects, found.claims)
    for claim, contrast in (("lift", LIFT), ("procedural_delta", "curated-none")):
        for student in RATES:
            effect = shown.filter(student=student, run="sft-s0", contrast=contrast).row(0, named=True)
            assert effect["mde"] == row(found, claim, student, "sft-s0")["mde"]
    others = ~pl.col("contrast").is_in([LIFT, "curated-none"])
    assert shown.filter(others).equals(found.effects.filter(others))


def test_holm_is_over_the_lifts_of_one_path_and_the_deltas_apart():
    drawn = arms()
    other = {("bench", *key[1:]): verdicts[::-1] for key, verdicts in drawn.items()}
    found = claimed(drawn | other, RUNS).claims
    for path in (PATH, "bench"):
        for claim, size in (("lift", 3), ("procedural_delta", 6)):
            family = found.filter(path=path, claim=claim)
            assert family.height == size
            expected = multipletests(family["p_value"].to_numpy(), method="holm")[1]
            assert family["p_holm"].to_numpy() == pytest.approx(expected)
    assert found.filter(path=PATH).drop("path").equals(claimed(drawn, RUNS).claims.drop("path"))


def test_the_pair_of_a_uniform_lift_is_the_paired_difference_clustered_by_skill():
    drawn = arms()

    def lifts(student):
        before, after = (
            np.subtract(
                *(np.array(drawn[(PATH, student, run, step, name)], float) for name in ("curated", "none"))
            )
            for run, step in (("base", 0), ("sft-s0", STEP))
        )
        return (after - before).reshape(40, 5).mean(axis=1)

    difference = lifts("l") - lifts("s")
    expected = stats.ttest_1samp(difference, 0)
    found = row(claimed(drawn, RUNS), "uniform_lift", "l", "sft", "s")
    assert found["estimate"] == pytest.approx(difference.mean())
    assert found["p_value"] == pytest.approx(expected.pvalue)
    bounds = [stats.ttest_1samp(difference, -0.05, alternative="greater").pvalue]
    bounds.append(stats.ttest_1samp(difference, 0.05, alternative="less").pvalue)
    assert found["p_equivalence"] == pytest.approx(max(bounds))
    assert found["margin"] == 0.05


def test_the_whole_claim_is_the_largest_difference_with_simultaneous_limits():
    found = claimed(arms(), RUNS)
    pairs = [row(found, "uniform_lift", a, "sft", b) for a, b in (("l", "m"), ("l", "s"), ("m", "s"))]
    whole = row(found, "uniform_lift", run="sft")
    quantile = stats.t.ppf(1 - 0.05 / 3 / 2, 39)
    limits = [
        (p["estimate"] - quantile * p["standard_error"], p["estimate"] + quantile * p["standard_error"])
        for p in pairs
    ]
    assert whole["estimate"] == max(abs(pair["estimate"]) for pair in pairs)
    assert whole["ci_low"] == pytest.approx(max(0, *(max(low, -high) for low, high in limits)))
    assert whole["ci_high"] == pytest.approx(max(max(abs(low), abs(high)) for low, high in limits))
    assert whole["p_equivalence"] == max(pair["p_equivalence"] for pair in pairs)
    assert (whole["standard_error"], whole["p_value"]) == (None, None)
    assert whole["p_holm"] == min(pair["p_holm"] for pair in pairs)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("top", [0.6, 0.67, 0.74, 0.9])
def test_the_whole_is_told_apart_exactly_where_a_pair_is_and_its_limit_is_above_zero(seed, top):
    rates = {"l": (0.4, 0.4, 0.4, top), "m": (0.4, 0.4, 0.4, 0.5), "s": (0.4, 0.4, 0.4, 0.55)}
    found = claimed(arms(seed, rates), RUNS)
    pairs = found.claims.filter(pl.col("against") != "", claim="uniform_lift")["word"]
    whole = row(found, "uniform_lift", run="sft")
    assert (whole["word"] == "contradicted") == ("contradicted" in pairs) == (whole["ci_low"] > 0)


def test_lifts_far_apart_contradict_uniformity():
    rates = {"l": (0.4, 0.4, 0.4, 0.9), "m": (0.4, 0.4, 0.4, 0.45), "s": (0.4, 0.4, 0.4, 0.4)}
    found = claimed(arms(3, rates), RUNS)
    assert row(found, "uniform_lift", run="sft")["word"] == "contradicted"
    assert row(found, "uniform_lift", "l", "sft", "s")["word"] == "contradicted"
    assert row(found, "uniform_lift", "m", "sft", "s")["word"] == UNRESOLVED
    assert row(found, "lift", "l", "sft-s0")["word"] == "supported"


def test_a_harmful_procedure_contradicts_the_claim_of_a_delta():
    found = claimed(arms(3, {"s": (0.6, 0.2, 0.6, 0.6)}), make_runs({("s", "sft"): (0,)}))
    assert row(found, "procedural_delta", "s", "base")["word"] == "contradicted"
    assert row(found, "lift", "s", "sft-s0")["word"] == "supported"


def recipes(seed: int = 4, difference: float = 0.0, n_same: int = 190, seeds=(0,)) -> dict:
    """Two recipes at one student whose answers are the same on `n_same` of 200 tasks."""
    drawn = arms(seed, {"s": (0.4, 0.5, 0.4, 0.6)}, seeds=seeds, recipe="a")
    generator = np.random.default_rng(seed)
    for (path, student, run, step, condition), verdicts in list(drawn.items()):
        if run != "base":
            redrawn = (generator.random(200) < 0.6 + difference).tolist()
            places = set(generator.choice(200, 200 - n_same, replace=False).tolist())
            other = [redrawn[i] if i in places else value for i, value in enumerate(verdicts)]
            drawn[(path, student, run.replace("a-", "b-"), step, condition)] = other
    return drawn


def test_recipes_that_pass_alike_within_the_band_tie():
    runs = make_runs({("s", "a"): (0,), ("s", "b"): (0,)})
    found = claimed(recipes(n_same=199), runs)
    assert row(found, "recipe_tie", "s")["word"] == "equivalent"
    pair = row(found, "recipe_tie", "s", "a", "b")
    assert (pair["word"], pair["margin"], pair["contrast"]) == ("equivalent", 0.02, "curated")


def test_recipes_that_differ_do_not_tie_and_few_tasks_do_not_tell():
    runs = make_runs({("s", "a"): (0,), ("s", "b"): (0,)})
    apart = claimed(recipes(difference=0.35, n_same=100), runs)
    assert row(apart, "recipe_tie", "s")["word"] == "contradicted"
    unclear = claimed(recipes(n_same=100), runs)
    assert row(unclear, "recipe_tie", "s")["word"] == UNRESOLVED
    estimates = unclear.effects.filter(contrast="gain:curated").sort("run")["estimate"]
    assert row(unclear, "recipe_tie", "s", "a", "b")["estimate"] == pytest.approx(estimates[0] - estimates[1])


def test_a_tie_holds_the_seed_variance_of_both_recipes():
    runs = make_runs({("s", "a"): (0, 1), ("s", "b"): (0, 1)})
    drawn = arms(5, {"s": (0.4, 0.5, 0.4, 0.6)}, seeds=(0, 1), recipe="a", seed_spread=0.2)
    drawn |= arms(6, {"s": (0.4, 0.5, 0.4, 0.6)}, seeds=(0, 1), recipe="b", seed_spread=0.2) | {
        key: verdicts for key, verdicts in drawn.items() if key[2] == "base"
    }
    found = claimed(drawn, runs)
    parts = found.seeds.filter(contrast="gain:curated")["seed_variance"]
    assert parts.sum() > 0

    def rates(recipe):
        keys = [(PATH, "s", f"{recipe}-s{seed}", STEP, "curated") for seed in (0, 1)]
        return np.mean([drawn[key] for key in keys], axis=0).reshape(40, 5).mean(axis=1)

    sampling = (rates("a") - rates("b")).var(ddof=1) / 40
    pair = row(found, "recipe_tie", "s", "a", "b")
    assert pair["standard_error"] ** 2 == pytest.approx(sampling + parts.sum() / 2)


def test_without_a_declared_margin_nothing_is_equivalent():
    runs = make_runs({("s", "a"): (0,), ("s", "b"): (0,)})
    found = claimed(recipes(n_same=199), runs, margins=None)
    pair = row(found, "recipe_tie", "s")
    assert (pair["margin"], pair["p_equivalence"], pair["word"]) == (None, None, UNRESOLVED)


@pytest.mark.parametrize("margin", [2, 0, "2%"])
def test_a_margin_that_is_no_fraction_is_named(margin):
    analysis = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "margins": {"recipe_tie": margin}}
    with pytest.raises(UserError, match=rf"analysis\.margins\.recipe_tie: found {margin!r}, expected a num"):
        spec_of(AnalysisSpec)(json.dumps({"analysis": analysis, "runs": []}))


def test_a_margin_of_no_claim_is_named():
    runs = make_runs({("s", "sft"): (0,)})
    with pytest.raises(UserError, match="expected one of uniform_lift, recipe_tie"):
        claimed(arms(rates={"s": RATES["s"]}), runs, margins={"lift": 0.05})


def test_a_study_of_one_student_and_recipe_claims_no_sameness():
    found = claimed(arms(rates={"s": RATES["s"]}), make_runs({("s", "sft"): (0,)}))
    assert set(found.claims["claim"]) == {"lift", "procedural_delta", "base_sets_ceiling"}


def test_a_missing_arm_leaves_its_claims_undefined_and_the_others_as_they_are():
    drawn = arms()
    whole = claimed(drawn, RUNS)
    del drawn[(PATH, "m", "sft-s0", STEP, "curated")]
    found = claimed(drawn, RUNS)
    assert row(found, "lift", "m", "sft-s0")["word"] == UNDEFINED
    assert row(found, "uniform_lift", run="sft")["word"] == UNDEFINED
    assert row(found, "uniform_lift", "l", "sft", "m")["word"] == UNDEFINED
    for name in NUMBERS:
        assert row(found, "lift", "s", "sft-s0")[name] == row(whole, "lift", "s", "sft-s0")[name]
    assert row(found, "uniform_lift", "l", "sft", "s")["estimate"] is not None


@pytest.mark.parametrize("verdict", [None, True, False])
def test_arms_of_one_verdict_throughout_claim_nothing(verdict):
    found = claimed({key: [verdict] * 200 for key in arms()}, RUNS)
    assert set(found.claims["word"]) == {UNDEFINED}
    assert found.claims["p_value"].null_count() == found.claims.height
    if verdict is None:
        assert row(found, "lift", "s", "sft-s0")["n_unscored"] == 800
        assert row(found, "uniform_lift", run="sft")["n_unscored"] == 2400


@pytest.mark.parametrize(("n_skills", "per_skill"), [(1, 20), (1, 1)])
def test_one_skill_or_one_task_claims_nothing(n_skills, per_skill):
    drawn = arms(n_skills=n_skills, per_skill=per_skill)
    found = claimed(drawn, RUNS, make_tasks(n_skills, per_skill))
    assert set(found.claims["word"]) == {UNDEFINED}


def test_an_unscored_task_leaves_its_pairs_and_is_counted():
    drawn = arms()
    drawn[(PATH, "s", "base", 0, "none")] = [None, *drawn[(PATH, "s", "base", 0, "none")][1:]]
    found = claimed(drawn, RUNS)
    for against, n_tasks, n_unscored in (("m", 200, 0), ("s", 199, 1)):
        pair = row(found, "uniform_lift", "l", "sft", against)
        assert (pair["n_tasks"], pair["n_unscored"]) == (n_tasks, n_unscored)
    whole = row(found, "uniform_lift", run="sft")
    assert (whole["n_tasks"], whole["n_unscored"]) == (199, 1)
