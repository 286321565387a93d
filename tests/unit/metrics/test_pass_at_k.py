"""pass@k: unbiased, of as many samples as are drawn, and of nothing less."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_specs import analysis_of
from score_tables import make_tasks

from skillift.metrics.pass_at_k import BUDGETS, pass_at, values_at
from skillift.statistics.analysis import analyse
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses

PATH = "judge:a"
N_SKILLS, PER_SKILL = 6, 2


def _scores(passed_of: dict[str, list[bool | None]]) -> pl.DataFrame:
    """Verdicts of every sample by run, the same for each task and condition."""
    tasks = make_tasks(N_SKILLS, PER_SKILL)["task_id"]
    return pl.DataFrame(
        [
            {
                "path": PATH,
                "suite": "holdout",
                "student": "s",
                "run": run,
                "step": 9 * (run != "base"),
                "condition": condition,
                "task_id": task,
                "sample": sample,
                "passed": passed,
            }
            for run, verdicts in passed_of.items()
            for condition in ("none", "curated")
            for task in tasks
            for sample, passed in enumerate(verdicts)
        ],
        schema_overrides={"sample": pl.Int64, "step": pl.Int64, "passed": pl.Boolean},
    )


def _values(verdicts: list[bool | None], k: int) -> list[dict]:
    tasks = make_tasks(N_SKILLS, PER_SKILL)
    return values_at(k, with_skills(_scores({"base": verdicts}), tasks)).to_dicts()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=7), st.integers(1, 7))
def test_it_is_the_mean_over_all_choices_of_k_samples(verdicts, k):
    chosen = [any(choice) for choice in combinations(verdicts, k)]
    found = pass_at(k, len(verdicts), sum(verdicts))
    assert found == (pytest.approx(sum(chosen) / len(chosen)) if chosen else None)


@pytest.mark.parametrize(("samples", "expected"), [(1, []), (2, [2]), (9, [2, 4, 8])])
def test_a_study_has_those_that_its_samples_allow(samples, expected):
    tasks = make_tasks(N_SKILLS, PER_SKILL)
    known = with_skills(_scores({"base": [True] * samples}), tasks)
    found = [name for name, _ in metric_values(known, tasks, no_responses()) if name.startswith("pass@")]
    assert found == [f"pass@{k}" for k in expected]


def test_a_lost_verdict_is_left_out_and_may_be_either():
    row = _values([True, False, None, False], 2)[0]
    assert row["value"] == pytest.approx(2 / 3)  # of three scored ones
    assert (row["low"], row["high"]) == (pytest.approx(1 / 2), pytest.approx(5 / 6))
    assert (row["n_unscored"], row["n_samples"]) == (1, 4)


def test_too_few_verdicts_give_no_value_and_still_bounds():
    row = _values([True, None, None, None], 2)[0]
    assert row["value"] is None
    assert (row["low"], row["high"]) == (pytest.approx(1 / 2), 1.0)


def test_its_effects_stand_beside_those_of_pass():
    spec = {
        "analysis": {
            "confidence": 0.95,
            "bootstrap_samples": 50,
            "seed": 0,
            "splits": 2,
            "headline_path": PATH,
        },
        "students": {"s": {"label": "45 k", "tier": 1}},
        "runs": [
            {"student": "s", "run": "base", "recipe": None, "seed": None},
            {"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0},
        ],
    }
    scores = _scores({"base": [True, False, False, False], "sft-s0": [True, True, False, False]})
    effects = analyse(scores, make_tasks(N_SKILLS, PER_SKILL), no_responses(), *analysis_of(spec)).effects
    gain = {row["metric"]: row["estimate"] for row in effects.filter(contrast="gain:none").to_dicts()}
    assert gain == {
        "pass": pytest.approx(1 / 4),
        "pass@2": pytest.approx(5 / 6 - 1 / 2),
        "pass@4": pytest.approx(0.0),
    }


def test_budgets_grow():
    assert list(BUDGETS) == sorted(set(BUDGETS))
    assert min(BUDGETS) > 1
