"""What training costs on the safety suite: no more than a margin, or more, or that is not known."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from made_specs import analysis_of
from scipy.stats import t
from score_tables import make_episodes, make_scores, make_tasks

from skillift.contracts.pipeline import TASKS
from skillift.judging.scoring import build_scores
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.claim_labels import End, holds, word
from skillift.statistics.equivalence import non_inferiority, tost
from skillift.statistics.pass_rates import no_responses, responses
from skillift.statistics.uncertainty import students_t
from skillift.tables import check

N_SKILLS, PER_SKILL = 20, 6
N_TASKS = N_SKILLS * PER_SKILL
RUNS = [
    {"student": "s", "run": run, "recipe": recipe, "seed": seed}
    for run, recipe, seed in (("base", None, None), ("sft-s0", "sft", 0))
]
NO, YES = "I'm sorry, but I can't help with that.", "It is 7.\nANSWER: 7"


def analysed(after: float, margins: dict | None = None, suite: str = "safety", lost: int = 0) -> Analysis:
    """A student that passes nine tasks in ten before SFT, and so many after it; planted verdicts."""
    rng = np.random.default_rng(4)
    before, later = rng.random(N_TASKS) < 0.9, rng.random(N_TASKS) < after
    kept = [None if place < lost else bool(passed) for place, passed in enumerate(later)]
    arms = {("bench", "s", "base", 0, "none"): before.tolist(), ("bench", "s", "sft-s0", 9, "none"): kept}
    spec = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "margins": margins or {}}
    scores, tasks = make_scores(arms, suite=suite), make_tasks(N_SKILLS, PER_SKILL, suite=suite)
    return analyse(scores, tasks, no_responses(), *analysis_of({"analysis": spec, "runs": RUNS}))


def claim(*given, **options) -> dict:
    (found,) = analysed(*given, **options).claims.filter(claim="side_cost").iter_rows(named=True)
    return found


def test_it_is_the_gain_under_none_by_a_one_sided_test_and_the_interval_above_a_loss_of_the_margin():
    found = claim(0.9, {"side_cost": 0.1})
    assert (found["contrast"], found["suite"], found["margin"]) == ("gain:none", "safety", 0.1)
    error, freedom = found["standard_error"], found["degrees_of_freedom"]
    expected = t.sf((found["estimate"] + 0.1) / error, freedom)
    assert found["p_equivalence"] == pytest.approx(expected)
    assert found["word"] == "non-inferior" and found["ci_low"] > -0.1
    just = -found["ci_low"]
    words = [claim(0.9, {"side_cost": margin})["word"] for margin in (just - 1e-6, just + 1e-6)]
    assert words == ["not resolvable at this n", "non-inferior"]


def test_a_large_loss_contradicts_it_and_a_gain_is_no_loss():
    assert claim(0.5, {"side_cost": 0.05})["word"] == "contradicted"
    assert claim(1.0, {"side_cost": 0.05})["word"] == "non-inferior"
    assert claim(1.0, {})["word"] == "not resolvable at this n"  # without a margin nothing is claimed to hold
    assert claim(0.5, {})["word"] == "contradicted"


def test_it_is_claimed_of_the_safety_suite_alone():
    assert "side_cost" not in set(analysed(0.5, suite="holdout").claims["claim"])


def test_missing_verdicts_are_counted_and_may_leave_the_word_open():
    few, many = claim(1.0, {"side_cost": 0.05}, lost=2), claim(1.0, {"side_cost": 0.05}, lost=60)
    assert (few["word"], few["n_unscored"], few["word_holds"]) == ("non-inferior", 2, True)
    assert (many["word"], many["n_unscored"], many["word_holds"]) == ("non-inferior", 60, False)
    none = claim(1.0, {"side_cost": 0.05}, lost=N_TASKS)
    assert (none["word"], none["n_tasks"], none["n_unscored"]) == ("undefined", 0, N_TASKS)


def test_one_side_is_tested_at_half_of_alpha_and_both_at_alpha():
    known = students_t(0.02, 30.0)
    assert non_inferiority(0.01, known, 0.05) < tost(0.01, known, 0.05)
    assert non_inferiority(0.5, known, 0.05) < 1e-6 < tost(0.5, known, 0.05)
    assert non_inferiority(None, known, 0.05) is None is non_inferiority(0.1, known, None)
    row = {"claim": "side_cost", "shape": "non_inferior", "estimate": 0.0, "ci_low": -0.04, "p_value": 0.9}
    row |= {"p_holm": None, "n_unscored": 3}
    found = [word(row | {"p_equivalence": p_value}, 0.95) for p_value in (0.024, 0.026, 0.06)]
    assert found == ["non-inferior", "not resolvable at this n", "not resolvable at this n"]
    ends = [End(0.0, 0.9, 0.024), End(0.01, 0.8, 0.02)]
    assert holds(row | {"word": "non-inferior"}, ends, 1, 0.95)
    assert not holds(row | {"word": "non-inferior"}, [*ends, End(0.0, 0.9, 0.03)], 1, 0.95)
    assert not holds(row | {"word": "not resolvable at this n"}, ends, 1, 0.95)
    assert holds(row | {"word": "not resolvable at this n"}, [End(0.0, 0.9, 0.03)], 1, 0.95)


# From responses to the claim: planted answers of a student that learned to decline nothing.


def safety_tasks() -> pl.DataFrame:
    half = N_TASKS // 2
    expected = pl.Series("expected", ["declined"] * half + ["answered"] * half)
    made = make_tasks(N_SKILLS, PER_SKILL, suite="safety")
    return check(made.with_columns(expected, scorer=pl.lit("refusal")), TASKS, "made tasks")


@cache
def from_texts(after: str) -> Analysis:
    """Before SFT all is as expected; after it every response is the same."""
    tasks = safety_tasks()
    before = [NO if expected == "declined" else YES for expected in tasks["expected"]]
    runs = {"base": make_episodes(0, {"none": before}, suite="safety")}
    runs["sft-s0"] = make_episodes(9, {"none": [after] * N_TASKS}, suite="safety")
    key = ["step", "suite", "condition", "task_id", "sample"]
    verdicts = [
        ("a", "s", run, frame.select(key).with_columns(passed=pl.lit(value=True), status=pl.lit("scored")))
        for run, frame in runs.items()
    ]
    scores = build_scores([("s", run, frame) for run, frame in runs.items()], verdicts, tasks, ["a"], "a")
    seen = pl.concat([responses(frame, "s", run, tasks) for run, frame in runs.items()])
    spec = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "margins": {"side_cost": 0.05}}
    return analyse(scores, tasks, seen, *analysis_of({"analysis": spec, "runs": RUNS}))


@pytest.mark.parametrize(
    ("after", "kept", "over"), [(YES, -1.0, 0.0), (NO, 0.0, 1.0)], ids=["answers all", "declines all"]
)
def test_what_is_lost_is_told_apart_by_what_was_expected(after, kept, over):
    gains = from_texts(after).effects.filter(contrast="gain:none", run="sft-s0")
    found = {
        name: gains.filter(metric=name, path="text")["estimate"].item()
        for name in ("refusal_kept", "over_refusal")
    }
    assert found == pytest.approx({"refusal_kept": kept, "over_refusal": over})
    rows = from_texts(after).claims.filter(claim="side_cost")
    assert rows.filter(path="bench")["estimate"].item() == pytest.approx(-0.5)
    assert rows.filter(path="judge:a")["estimate"].item() == pytest.approx(0.0)
