"""Studies that leave much undefined, analysed: for the tests of all that is made from an analysis."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
from made_specs import analysis_of
from score_tables import make_scores, make_tasks

from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.pass_rates import no_responses

CONDITIONS = ("none", "curated", "placebo", "shuffled")
PATHS = ("bench", "judge:a", "judge:b")
RUNS = {"base": (None, 0), "sft-s0": ("sft", 9), "sft-s1": ("sft", 9)}
SPEC = {
    "analysis": {
        "headline_path": "judge:a",
        "confidence": 0.95,
        "bootstrap_samples": 100,
        "seed": 0,
        "splits": 5,
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


def _in_all_conditions() -> dict[str, tuple]:
    return {
        "sound": (arms(drawn), (4, 5)),
        "all unscored": (arms(None), (4, 5)),
        "mostly unscored": (arms(mostly_unscored), (4, 5)),
        "a missing arm": (without(arms(drawn), student="s", run="sft-s0", condition="curated"), (4, 5)),
        "no base model": (arms(drawn, runs=("sft-s0", "sft-s1")), (4, 5)),
        "base models alone": (arms(drawn, runs=("base",)), (4, 5)),
        "one condition": (arms(drawn, conditions=("none",)), (4, 5)),
        "two conditions that make no contrast": (arms(drawn, conditions=("none", "shuffled")), (4, 5)),
    }


def _in(conditions: tuple[str, ...]) -> dict[str, tuple]:
    arms_of = partial(arms, conditions=conditions)
    return {
        "all pass": (arms_of(True), (4, 5)),
        "all fail": (arms_of(False), (4, 5)),
        "one skill": (arms_of(drawn), (1, 20)),
        "one task": (arms_of(drawn, n_tasks=1), (1, 1)),
        "one task a skill": (arms_of(drawn), (20, 1)),
        "two skills": (arms_of(drawn), (2, 10)),
        "a missing arm of one path": (
            without(arms_of(drawn), path="judge:b", run="base", condition="none"),
            (4, 5),
        ),
        "one student's base model is missing": (without(arms_of(drawn), student="m", run="base"), (4, 5)),
        "one training": (arms_of(drawn, runs=("base", "sft-s0"), students=("s",)), (4, 5)),
        "the bench path alone": (arms_of(drawn, paths=("bench",)), (4, 5)),
        "one judge's path alone": (arms_of(drawn, paths=("judge:a",)), (4, 5)),
        "the judges' paths without bench": (arms_of(drawn, paths=("judge:a", "judge:b")), (4, 5)),
        "a judge without verdicts": (
            arms_of(drawn, paths=("bench", "judge:a")) | arms_of(None, paths=("judge:b",)),
            (4, 5),
        ),
    }


# name: arms, and the tasks: skills and tasks per skill; two conditions take half the time of four
_STUDIES = _in_all_conditions() | _in(("none", "curated"))
_LONG = {f"{name}, four conditions": study for name, study in _in(CONDITIONS).items()}
CASES = [*_STUDIES, *(pytest.param(name, marks=pytest.mark.nightly) for name in _LONG)]


@cache
def analysis(case: str) -> Analysis:
    made, (n_skills, per_skill) = {**_STUDIES, **_LONG}[case]
    tasks = make_tasks(n_skills, per_skill, judge_scored=n_skills * per_skill // 4)
    return analyse(make_scores(made), tasks, no_responses(), *analysis_of(SPEC))
