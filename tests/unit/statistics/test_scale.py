"""Claims about scale: an emulated run against the small student's training, and the large one's own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import PATH, STEP, claimed, make_runs
from made_specs import analysis_of
from metric_tables import made_responses
from score_tables import make_scores, make_tasks

from skillift.statistics.analysis import analyse

N_TASKS = 200
EMULATED = [{"recipe": "sft_of_s", "student": "l", "from_student": "s", "from_recipe": "sft"}]
TRAINED = {("s", "sft"): 0.4, ("l", "sft"): 0.8, ("l", "sft_of_s"): 0.6}
RUNS = make_runs(dict.fromkeys(TRAINED, (0,)))


def arms(rates: dict[tuple[str, str], float], before: float = 0.2) -> dict:
    """Verdicts: before and after training that share of tasks passes under none, the easiest ones first."""
    ease = np.random.default_rng(0).random(N_TASKS)
    made = {}
    for (student, recipe), rate in rates.items():
        for condition in ("none", "curated"):
            noise = np.random.default_rng([len(recipe), ord(student)]).normal(0, 0.05, N_TASKS)
            made[PATH, student, "base", 0, condition] = (ease < before).tolist()
            passed = ease + noise < (rate if condition == "none" else 0.9)
            made[PATH, student, f"{recipe}-s0", STEP, condition] = passed.tolist()
    return made


def scales(rates=TRAINED, emulated=EMULATED) -> dict[str, dict]:
    found = claimed(arms(rates), RUNS, emulated=emulated).claims
    rows = found.filter(pl.col("claim").str.ends_with("_scale"))
    return {row["claim"]: row for row in rows.to_dicts()}


def after(made: dict, student: str, recipe: str) -> float:
    return float(np.mean(made[PATH, student, f"{recipe}-s0", STEP, "none"]))


def test_each_is_a_difference_of_pass_rates_under_none():
    made, found = arms(TRAINED), scales()
    larger, own = found["pretraining_scale"], found["finetuning_scale"]
    assert [larger[name] for name in ("student", "run", "against")] == ["l", "sft_of_s", "s"]
    assert [own[name] for name in ("student", "run", "against")] == ["l", "sft", "sft_of_s"]
    emulated = after(made, "l", "sft_of_s")
    assert larger["estimate"] == pytest.approx(emulated - after(made, "s", "sft"))
    assert own["estimate"] == pytest.approx(after(made, "l", "sft") - emulated)
    assert larger["word"] == own["word"] == "supported"


def test_they_are_contradicted_where_the_signs_are_the_others():
    found = scales({("s", "sft"): 0.8, ("l", "sft"): 0.4, ("l", "sft_of_s"): 0.6})
    assert {row["word"] for row in found.values()} == {"contradicted"}


@pytest.mark.parametrize(("large", "known"), [(300, True), (100, False), (30, False)])
def test_a_run_that_borrows_from_a_student_that_is_not_smaller_says_nothing_of_scale(large, known):
    sizes = {"s": 100, "l": large}
    found = claimed(arms(TRAINED), RUNS, emulated=EMULATED, parameters=sizes).claims
    assert found["claim"].str.ends_with("_scale").any() == known


def test_without_the_large_students_own_training_there_is_one_claim():
    rates = {arm: rate for arm, rate in TRAINED.items() if arm != ("l", "sft")}
    assert list(scales(rates)) == ["pretraining_scale"]


def test_a_study_that_emulates_nothing_has_neither():
    assert scales(emulated=[]) == {}


def test_in_form_they_are_of_the_responses_whatever_judges_say():
    """Verdicts are as above; more responses of the small student are in form than of the emulated run."""
    scores = make_scores(arms(TRAINED))
    threshold = pl.when(student="s", run="sft-s0").then(pl.lit("t0040")).otherwise(pl.lit("t0100"))
    seen = made_responses(scores).with_columns(has_answer_line=pl.col("task_id") >= threshold)
    settings = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2, "margins": {}}
    spec = {"analysis": {**settings, "emulated": EMULATED}, "runs": RUNS}
    found = analyse(scores, make_tasks(), seen, *analysis_of(spec))
    row = found.claims.filter(claim="pretraining_scale_in_form").row(0, named=True)
    assert (row["metric"], row["path"], row["word"]) == ("format", "text", "contradicted")
    assert row["estimate"] == pytest.approx(-0.3)
