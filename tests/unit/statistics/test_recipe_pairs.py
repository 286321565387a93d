"""Claims about two recipes: lift less lift at one student, by task, the same or larger as declared."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import MARGINS, PATH, STEP, claimed, make_runs
from made_specs import analysis_of
from metric_tables import made_responses
from score_tables import make_scores, make_tasks

from skillift.statistics.analysis import analyse

QUALITY = {"claim": "data_quality", "recipe": "noisy", "against": "sft"}
OFTEN = {"claim": "repetition", "recipe": "few", "against": "sft"}
PREFERRED = {"claim": "preference", "recipe": "dpo", "against": "sft"}
N_TASKS = 200


def arms(rates: dict[str, float], students: str = "s", seeds: dict | None = None) -> dict:
    """Verdicts: a third passes before SFT, and under curated after it that share of each recipe."""
    made = {}
    for student in students:
        for condition in ("none", "curated"):
            rng = np.random.default_rng([ord(student), len(condition)])
            ease = rng.random(N_TASKS)
            made[PATH, student, "base", 0, condition] = (ease < 0.3).tolist()
            for number, (recipe, rate) in enumerate(rates.items()):
                for seed in (seeds or {}).get(recipe, (0,)):
                    own = np.random.default_rng([number, seed, ord(student)]).normal(0, 0.05, N_TASKS)
                    passed = ease + own < (rate if condition == "curated" else 0.3)
                    made[PATH, student, f"{recipe}-s{seed}", STEP, condition] = passed.tolist()
    return made


def pairs_of(rates, compare, students="s", seeds=None, margins=MARGINS, more_runs=None):
    numbers = {(student, recipe): (seeds or {}).get(recipe, (0,)) for student in students for recipe in rates}
    found = claimed(arms(rates, students, seeds), make_runs(numbers), margins=margins, compare=compare).claims
    return found.filter(pl.col("claim").is_in(["data_quality", "repetition", "preference"]))


def lift(table, student, run):
    return table.filter(claim="lift", student=student, run=run)["estimate"].item()


def test_a_pair_is_the_lift_of_the_first_less_that_of_the_second():
    made = arms({"sft": 0.8, "noisy": 0.6})
    found = claimed(made, make_runs({("s", "sft"): (0,), ("s", "noisy"): (0,)}), compare=[QUALITY]).claims
    row = found.filter(claim="data_quality").row(0, named=True)
    assert (row["student"], row["run"], row["against"]) == ("s", "noisy", "sft")
    assert row["estimate"] == pytest.approx(lift(found, "s", "noisy-s0") - lift(found, "s", "sft-s0"))
    assert row["estimate"] < -0.1 and row["word"] == "contradicted"


def test_lifts_that_are_nearly_one_are_equivalent_within_a_wide_margin_and_not_tested_without():
    rates = {"sft": 0.6, "noisy": 0.6}
    near = pairs_of(rates, [QUALITY], margins={**MARGINS, "data_quality": 0.3})
    assert near["word"].to_list() == ["equivalent"] and near["margin"].to_list() == [0.3]
    assert pairs_of(rates, [QUALITY])["p_equivalence"].to_list() == [None]


@pytest.mark.parametrize(("few", "word"), [(0.8, "supported"), (0.4, "contradicted")])
def test_repetition_is_supported_by_a_larger_lift_and_contradicted_by_a_smaller_one(few, word):
    found = pairs_of({"sft": 0.6, "few": few}, [OFTEN])
    assert found["word"].to_list() == [word]
    assert found["p_equivalence"].to_list() == [None]


@pytest.mark.parametrize("claim", ["preference", "reward"])
@pytest.mark.parametrize(("preferred", "word"), [(0.8, "supported"), (0.4, "contradicted")])
def test_preference_and_reward_are_the_lift_of_the_second_training_less_that_of_the_first(
    preferred, word, claim
):
    rates = {"sft": 0.6, "dpo": preferred}
    made, runs = arms(rates), make_runs({("s", recipe): (0,) for recipe in rates})
    found = claimed(made, runs, compare=[PREFERRED | {"claim": claim}]).claims
    row = found.filter(claim=claim).row(0, named=True)
    assert (row["run"], row["against"], row["word"]) == ("dpo", "sft", word)
    assert row["estimate"] == pytest.approx(lift(found, "s", "dpo-s0") - lift(found, "s", "sft-s0"))


@pytest.mark.parametrize("claim", ["preference", "reward"])
def test_in_form_it_is_the_same_of_the_responses_and_no_row_of_other_metrics(claim):
    """Verdicts of every arm are the same; responses gain form by the second training alone."""
    rates = {"sft": 0.6, "dpo": 0.6}
    seeds = dict.fromkeys(rates, (0, 1))
    runs = make_runs({("s", recipe): numbers for recipe, numbers in seeds.items()})
    scores = make_scores(arms(rates, seeds=seeds))
    in_form = pl.when(pl.col("run").str.starts_with("dpo") & (pl.col("condition") == "curated"))
    in_form = in_form.then(pl.col("task_id") >= "t0040").otherwise(pl.col("task_id") >= "t0100")
    seen = made_responses(scores).with_columns(has_answer_line=in_form)
    settings = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2, "margins": {}}
    spec = {"analysis": {**settings, "compare": [PREFERRED | {"claim": claim}]}, "runs": runs}
    found = analyse(scores, make_tasks(), seen, *analysis_of(spec))
    rows = found.claims.filter(pl.col("claim").str.starts_with(claim))
    assert rows.select("claim", "metric", "path", "run", "against").rows() == [
        (claim, "pass", PATH, "dpo", "sft"),
        (f"{claim}_in_form", "format", "text", "dpo", "sft"),
    ]
    form = found.effects.filter(metric="format", contrast="lift:curated-none")
    by_run = dict(form.select("run", "estimate").iter_rows())
    assert rows["estimate"][1] == pytest.approx(by_run["dpo"] - by_run["sft"]) == 0.3
    assert rows["word"][1] == "supported"
    # the level of this claim is none of the effects' of one recipe
    assert form.filter(run="dpo")["mde"].to_list() != rows["mde"].tail(1).to_list()


def test_a_student_that_one_of_the_two_recipes_trained_has_no_row():
    made = arms({"sft": 0.6, "noisy": 0.5}, "sm")
    made = {key: passed for key, passed in made.items() if key[1:3] != ("m", "noisy-s0")}
    runs = make_runs({("s", "sft"): (0,), ("s", "noisy"): (0,), ("m", "sft"): (0,)})
    found = claimed(made, runs, compare=[QUALITY]).claims.filter(claim="data_quality")
    assert found["student"].to_list() == ["s"]


def test_all_students_and_pairs_of_one_claim_are_a_family_and_the_other_claim_is_another():
    rates = {"sft": 0.6, "noisy": 0.55, "few": 0.6}
    found = pairs_of(rates, [QUALITY, OFTEN], "sm")
    alone = pairs_of(rates, [QUALITY], "s")
    assert found.group_by("claim").len().sort("claim")["len"].to_list() == [2, 2]
    both = found.filter(claim="data_quality")
    p_values = sorted(both["p_value"])
    assert min(both["p_holm"]) == pytest.approx(min(1.0, 2 * p_values[0]))
    assert alone["p_holm"].to_list() == alone["p_value"].to_list()
    assert found.filter(claim="data_quality", student="s")["mde"].item() > alone["mde"].item()


def test_with_several_seeds_their_variance_is_in_the_difference():
    seeds = {"sft": (0, 1, 2), "noisy": (0, 1, 2)}
    found = pairs_of({"sft": 0.6, "noisy": 0.6}, [QUALITY], seeds=seeds)
    assert found["n_runs"].to_list() == [3] and found["run"].to_list() == ["noisy"]


def test_without_a_declared_pair_the_claims_are_what_they_were():
    made, runs = arms({"sft": 0.6, "noisy": 0.6}), make_runs({("s", "sft"): (0,), ("s", "noisy"): (0,)})
    without, with_pair = claimed(made, runs).claims, claimed(made, runs, compare=[QUALITY]).claims
    assert with_pair.filter(pl.col("claim") != "data_quality").equals(without)
