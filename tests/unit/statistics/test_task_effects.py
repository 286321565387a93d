"""Task-level effects: their means are the estimates of the effects table, on one path at a time."""

from __future__ import annotations

import pytest
from claim_tables import make_runs
from made_specs import analysis_of
from score_tables import make_scores, make_tasks, passes

from skillift.errors import PathMismatchError
from skillift.statistics.analysis import analyse
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.task_effects import runs_of, task_effect

RUNS = make_runs({("s", "sft"): (0, 1), ("s", "other"): (0,)})
SPEC = {"analysis": {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 5}, "runs": RUNS}
STEPS = {"base": (0,), "sft-s0": (4, 9), "sft-s1": (4, 9), "other-s0": (9,)}


@pytest.fixture(scope="module")
def study():
    """Scores with two checkpoints a run, here and there without a verdict."""
    arms = {}
    for i, path in enumerate(("bench", "judge:a")):
        for j, (run, steps) in enumerate(STEPS.items()):
            for step in steps:
                for k, condition in enumerate(("none", "curated", "placebo", "shuffled")):
                    verdicts = passes(40 + 9 * j + 13 * k + step, start=7 * (i + 3 * j + 5 * k + step))
                    verdicts[(11 * j + 31 * k) % 200] = None
                    arms[path, "s", run, step, condition] = verdicts
    return make_scores(arms), make_tasks()


@pytest.fixture(scope="module")
def estimates(study):
    scores, tasks = study
    return analyse(scores, tasks, no_responses(), *analysis_of(SPEC)).effects


BEFORE = [("curated-none", None, "base"), ("curated-shuffled", None, "base")]
AFTER = [
    (contrast, recipe, row)
    for contrast in ("curated-none", "gain:curated", "gain:none", "lift:curated-none", "lift:placebo-none")
    for recipe, row in (("sft", "sft"), ("other", "other-s0"))
]


@pytest.mark.parametrize(("contrast", "recipe", "row"), BEFORE + AFTER)
def test_the_mean_is_the_estimate_of_the_effects_table(study, estimates, contrast, recipe, row):
    values = task_values(with_skills(*study)).filter(path="judge:a")
    found = task_effect(values, contrast, "s", runs_of(RUNS, "s", recipe))
    last = estimates.filter(path="judge:a", run=row, contrast=contrast).sort("step").row(-1, named=True)
    known = found.drop_nulls("value")
    assert known["value"].mean() == pytest.approx(last["estimate"], rel=1e-12)
    assert (known.height, found["n_unscored"].sum()) == (last["n_tasks"], last["n_unscored"])


def test_two_paths_never_meet(study):
    with pytest.raises(PathMismatchError, match="one scoring path"):
        task_effect(task_values(with_skills(*study)), "curated-none", "s", ["base"])


def test_runs_of_a_recipe_and_of_no_recipe():
    assert runs_of(RUNS, "s", "sft") == ["sft-s0", "sft-s1"]
    assert runs_of(RUNS, "s", None) == ["base"]
    assert runs_of(RUNS, "l", "sft") == []
