"""The whole analysis on data that leave much undefined: contracts kept, nulls beside counts, never NaN."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from score_tables import make_scores, make_tasks

from skillift.analysis_contracts import ANALYSIS_TABLES
from skillift.errors import UserError
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check

CONDITIONS = ("none", "curated", "placebo", "shuffled")
PATHS = ("bench", "judge:a", "judge:b")
RUNS = {"base": (None, 0), "sft-s0": ("sft", 9), "sft-s1": ("sft", 9)}
SPEC = {
    "analysis": {
        "headline_path": "judge:a",
        "confidence": 0.95,
        "bootstrap_samples": 100,
        "seed": 0,
        "margins": {"uniform_lift": 0.05, "recipe_tie": 0.02},
    },
    "primary_judge": "a",
    "students": {"s": {"label": "45 k", "tier": 1}, "m": {"label": "115 k", "tier": 2}},
    "references": [],
    "runs": [
        {"student": student, "run": run, "recipe": recipe, "seed": None if recipe is None else int(run[-1])}
        for student in ("m", "s")
        for run, (recipe, _) in RUNS.items()
    ],
}


def arms(verdict, *, paths=PATHS, students=("s", "m"), runs=tuple(RUNS), conditions=CONDITIONS, n_tasks=20):
    """Arms of a study; `verdict`: of all episodes, or a function of a generator and the number of tasks."""
    generator = np.random.default_rng(3)
    return {
        (path, student, run, RUNS[run][1], condition): (
            verdict(generator, n_tasks) if callable(verdict) else [verdict] * n_tasks
        )
        for path in paths
        for student in students
        for run in runs
        for condition in conditions
    }


def drawn(generator: np.random.Generator, n_tasks: int) -> list[bool]:
    return (generator.random(n_tasks) < 0.5).tolist()


def mostly_unscored(generator: np.random.Generator, n_tasks: int) -> list[bool | None]:
    return [bool(number < 0.05) if number < 0.1 else None for number in generator.random(n_tasks)]


def without(made: dict, **arm) -> dict:
    """`made` without the arms that have all the given parts."""
    names = ("path", "student", "run", "step", "condition")
    return {
        key: v for key, v in made.items() if not arm.items() <= dict(zip(names, key, strict=True)).items()
    }


# name: arms, and the tasks: skills and tasks per skill
CASES = {
    "sound": (arms(drawn), (4, 5)),
    "all pass": (arms(True), (4, 5)),
    "all fail": (arms(False), (4, 5)),
    "all unscored": (arms(None), (4, 5)),
    "mostly unscored": (arms(mostly_unscored), (4, 5)),
    "one skill": (arms(drawn), (1, 20)),
    "one task": (arms(drawn, n_tasks=1), (1, 1)),
    "one task a skill": (arms(drawn), (20, 1)),
    "two skills": (arms(drawn), (2, 10)),
    "a missing arm": (without(arms(drawn), student="s", run="sft-s0", condition="curated"), (4, 5)),
    "a missing arm of one path": (without(arms(drawn), path="judge:b", run="base", condition="none"), (4, 5)),
    "no base model": (arms(drawn, runs=("sft-s0", "sft-s1")), (4, 5)),
    "one student's base model is missing": (without(arms(drawn), student="m", run="base"), (4, 5)),
    "base models alone": (arms(drawn, runs=("base",)), (4, 5)),
    "one training": (arms(drawn, runs=("base", "sft-s0"), students=("s",)), (4, 5)),
    "one condition": (arms(drawn, conditions=("none",)), (4, 5)),
    "two conditions that make no contrast": (arms(drawn, conditions=("none", "shuffled")), (4, 5)),
    "the bench path alone": (arms(drawn, paths=("bench",)), (4, 5)),
    "one judge's path alone": (arms(drawn, paths=("judge:a",)), (4, 5)),
    "the judges' paths without bench": (arms(drawn, paths=("judge:a", "judge:b")), (4, 5)),
    "a judge without verdicts": (
        arms(drawn, paths=("bench", "judge:a")) | arms(None, paths=("judge:b",)),
        (4, 5),
    ),
}


@cache
def analysis(case: str) -> Analysis:
    made, (n_skills, per_skill) = CASES[case]
    tasks = make_tasks(n_skills, per_skill, judge_scored=n_skills * per_skill // 4)
    return analyse(make_scores(made), tasks, no_responses(), SPEC)


@pytest.mark.parametrize("case", CASES)
def test_every_table_keeps_its_contract_and_holds_no_nan_or_infinity(case):
    for name, table in analysis(case)._asdict().items():
        check(table, ANALYSIS_TABLES[name], f"{name}, {case}")
        floats = table.select(pl.selectors.float())
        wrong = [column.name for column in floats if not column.drop_nulls().is_finite().all()]
        assert not wrong, f"{name}: {wrong}"


@pytest.mark.parametrize("case", CASES)
def test_no_interval_is_without_its_estimate_or_of_width_zero(case):
    for name, table in analysis(case)._asdict().items():
        # the interval of the bounds is around the worst cases, which exist without an estimate
        if name == "bounds" or not {"estimate", "ci_low", "ci_high"} <= set(table.columns):
            continue
        given = table.filter(pl.col("ci_low").is_not_null() | pl.col("ci_high").is_not_null())
        assert given.filter(pl.col("estimate").is_null()).is_empty(), name
        assert given.filter(pl.col("ci_low") >= pl.col("ci_high")).is_empty(), name


@pytest.mark.parametrize("case", CASES)
def test_an_effect_without_tasks_is_undefined_and_one_with_tasks_is_not(case):
    table = analysis(case).effects
    undefined = table["estimate"].is_null()
    assert undefined.equals(table["n_tasks"] == 0)
    uncertain = table.filter(pl.col("n_skills") < 2)
    for column in ("standard_error", "ci_low", "ci_high", "p_value", "boot_low", "boot_high", "mde"):
        assert uncertain[column].is_null().all()


@pytest.mark.parametrize("case", ["all unscored", "a judge without verdicts"])
def test_unscored_is_counted_and_never_a_fail(case):
    table = analysis(case).effects.filter(path="judge:b")
    assert table["estimate"].is_null().all()
    assert (table["n_unscored"] > 0).all()


def test_no_scores_give_tables_without_rows():
    empty = make_scores(arms(True)).clear()
    for name, table in analyse(empty, make_tasks(4, 5), no_responses(), SPEC)._asdict().items():
        assert check(table, ANALYSIS_TABLES[name], name).is_empty(), name


def test_a_task_that_is_not_in_the_table_is_named():
    with pytest.raises(UserError, match="t0010"):
        analyse(make_scores(arms(True)), make_tasks(2, 5), no_responses(), SPEC)


def test_a_run_that_is_not_declared_is_named():
    spec = SPEC | {"runs": [run for run in SPEC["runs"] if run["student"] == "s"]}
    with pytest.raises(UserError, match="m/base"):
        analyse(make_scores(arms(True)), make_tasks(4, 5), no_responses(), spec)
