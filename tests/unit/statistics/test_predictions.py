"""Verdicts on predictions: by the written rule, on effects that are paired within one path."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from made_specs import analysis_of, predicted
from scipy.stats import t
from score_tables import make_scores, make_tasks, passes

from skillift.commands import spec_of
from skillift.contracts.predictions import PREDICTIONS
from skillift.errors import UserError
from skillift.ledger.entries import Record
from skillift.settings.publication_specs import DeclaredPrediction, DeclaredRun, PredictionsSpec
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.predictions import predictions, verdict
from skillift.tables import check

PATH = "judge:a"
SETTINGS = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2}
RUNS = [
    DeclaredRun(student=student, run=f"{recipe}-s{seed}", recipe=recipe, seed=seed)
    for student, recipe, seed in (("s", "sft", 0), ("s", "sft", 1), ("s", "other", 0), ("l", "sft", 0))
]
RUNS += [DeclaredRun(student=student, run="base", recipe=None, seed=None) for student in "sl"]
LIFT = {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"}


def prediction(effect=LIFT, minus=None, direction="greater", than=0.0, margin=0.0, **other):
    declared = {"text": "", "path": PATH, "suite": "holdout", "confidence": 0.95, **other}
    return declared | {
        "effect": effect,
        "minus": minus,
        "direction": direction,
        "than": than,
        "margin": margin,
    }


@pytest.fixture(scope="module")
def scores():
    arms = {}
    for i, path in enumerate(("bench", PATH)):
        for j, run in enumerate(RUNS):
            for k, condition in enumerate(("none", "curated")):
                step = 0 if run.run == "base" else 9
                verdicts = passes(50 + 13 * j + 17 * k * (j + 1) % 40, start=19 * (i + 2 * j + 5 * k))
                verdicts[(7 * j + 3 * k) % 200] = None
                arms[path, run.student, run.run, step, condition] = verdicts
    return make_scores(arms)


@pytest.fixture(scope="module")
def estimates(scores):
    spec = {"analysis": SETTINGS, "runs": RUNS}
    return analyse(scores, make_tasks(), no_responses(), *analysis_of(spec)).effects


def table_of(scores, declared, history=None, tasks=None):
    tasks = make_tasks() if tasks is None else tasks
    found = predictions(scores, tasks, predicted(declared), RUNS, history)
    return check(found, PREDICTIONS, "predictions")


def row_of(scores, **options):
    return table_of(scores, {"p": prediction(**options)}).row(0, named=True)


@pytest.mark.parametrize(
    ("effect", "row"),
    [
        (LIFT, {"student": "s", "run": "sft"}),
        (LIFT | {"recipe": "other"}, {"student": "s", "run": "other-s0"}),
        (LIFT | {"contrast": "gain:none"}, {"student": "s", "run": "sft"}),
        ({"contrast": "curated-none", "student": "l", "recipe": "sft"}, {"student": "l", "run": "sft-s0"}),
        ({"contrast": "curated-none", "student": "l", "recipe": None}, {"student": "l", "run": "base"}),
    ],
)
def test_an_effect_is_that_of_the_effects_table(scores, estimates, effect, row):
    expected = estimates.filter(path=PATH, contrast=effect["contrast"], **row).row(0, named=True)
    found = row_of(scores, effect=effect)
    for name in ("estimate", "standard_error", "ci_low", "ci_high"):
        assert found[name] == pytest.approx(expected[name], rel=1e-12)
    for name in ("n_tasks", "n_skills", "n_unscored"):
        assert found[name] == expected[name]
    assert found["n_runs"] == (expected["n_runs"] if effect["recipe"] else 0)


def arm(scores, student, run, condition):
    rows = scores.filter(path=PATH, student=student, run=run, condition=condition).sort("task_id")
    return rows["passed"].cast(pl.Float64).to_numpy()


def test_a_difference_of_two_effects_is_taken_task_by_task(scores):
    """Not by adding variances: both lifts at s share the arms before training."""
    found = row_of(scores, minus=LIFT | {"recipe": "other"})
    deltas = {
        run.run: arm(scores, "s", run.run, "curated") - arm(scores, "s", run.run, "none")
        for run in RUNS
        if run.student == "s"
    }
    both = np.nanmean([deltas["sft-s0"], deltas["sft-s1"]], axis=0)
    values = (both - deltas["base"]) - (deltas["other-s0"] - deltas["base"])
    known = ~np.isnan(values)
    assert found["estimate"] == pytest.approx(values[known].mean(), rel=1e-12)
    skills = np.repeat(np.arange(40), 5)[known]
    residuals = values[known] - values[known].mean()
    sums = np.array([residuals[skills == skill].sum() for skill in range(40)])
    shares = np.array([(skills == skill).mean() for skill in range(40)])
    sampling = (sums**2 / (1 - shares)).sum() / known.sum() ** 2
    # both seeds of sft, and one of the other recipe: the trainings of the first alone tell how they differ
    lift = {"student": "s", "contrast": LIFT["contrast"], "recipe": "sft"}
    spec = {"analysis": SETTINGS, "runs": RUNS}
    seeds = analyse(scores, make_tasks(), no_responses(), *analysis_of(spec)).seed_variance.filter(
        path=PATH, **lift
    )
    between, noise = seeds.select("pooled_between_seeds", "noise_between_seeds").row(0)
    assert found["standard_error"] ** 2 == pytest.approx(sampling - noise / 2 + between / 2)
    outer, inner = t.ppf(0.975, [38.98, 1])
    half = (outer**2 * (sampling - noise / 2) + inner**2 * between / 2) ** 0.5
    assert found["ci_low"] == pytest.approx(found["estimate"] - half, rel=1e-3)
    assert found["n_tasks"] == known.sum() < 200


def test_two_effects_by_one_recipe_at_one_student_share_its_trainings(scores):
    """The lift is the gain under curated less that under none, trainings included."""
    gains = [LIFT | {"contrast": f"gain:{name}"} for name in ("curated", "none")]
    found, lift = row_of(scores, effect=gains[0], minus=gains[1]), row_of(scores)
    for name in ("estimate", "standard_error", "ci_low", "ci_high", "mde", "n_tasks"):
        assert found[name] == pytest.approx(lift[name], rel=1e-9)


def test_an_equivalence_has_the_shorter_interval_of_the_two_one_sided_tests(scores):
    found = row_of(scores, direction="equivalent", margin=0.1)
    single = LIFT | {"recipe": "other"}
    found = row_of(scores, effect=single, direction="equivalent", margin=0.1)
    half = t.ppf(0.95, 39) * found["standard_error"]
    assert found["equivalence_low"] == pytest.approx(found["estimate"] - half, rel=1e-3)
    assert found["equivalence_high"] == pytest.approx(found["estimate"] + half, rel=1e-3)
    several = row_of(scores, direction="equivalent", margin=0.1)
    assert several["ci_low"] < several["equivalence_low"] < several["estimate"]
    assert row_of(scores)["equivalence_low"] is None


@pytest.mark.parametrize(
    ("direction", "than", "margin", "interval", "expected"),
    [
        ("greater", 0.0, 0.0, (0.01, 0.10), "held"),
        ("greater", 0.0, 0.0, (-0.10, -0.01), "failed"),
        ("greater", 0.0, 0.0, (-0.01, 0.10), "undetermined"),
        ("greater", 0.0, 0.0, (0.0, 0.10), "undetermined"),  # the limit itself is on no side
        ("greater", 0.0, 0.02, (0.01, 0.10), "undetermined"),
        ("greater", 0.0, 0.02, (0.03, 0.10), "held"),
        ("greater", 0.0, 0.02, (-0.01, 0.01), "failed"),  # resolved: not by the margin
        ("greater", 0.05, 0.02, (0.06, 0.10), "undetermined"),
        ("greater", -0.05, 0.02, (-0.02, 0.10), "held"),
        ("less", 0.0, 0.0, (-0.10, -0.01), "held"),
        ("less", 0.0, 0.0, (0.01, 0.10), "failed"),
        ("less", 0.0, 0.02, (-0.10, -0.01), "undetermined"),
        ("less", 0.0, 0.02, (-0.01, 0.10), "failed"),
        ("less", 0.05, 0.02, (-0.10, 0.02), "held"),
        ("equivalent", 0.0, 0.05, (-0.04, 0.04), "held"),
        ("equivalent", 0.0, 0.05, (-0.06, 0.04), "undetermined"),
        ("equivalent", 0.0, 0.05, (0.06, 0.20), "failed"),
        ("equivalent", 0.0, 0.05, (-0.20, -0.06), "failed"),
        ("equivalent", 0.04, 0.02, (0.03, 0.05), "held"),
        ("equivalent", 0.04, 0.02, (-0.03, 0.01), "failed"),
        ("greater", 0.0, 0.0, (None, None), "undetermined"),
        ("equivalent", 0.0, 0.05, (None, None), "undetermined"),
    ],
)
def test_the_rule_of_verdicts(direction, than, margin, interval, expected):
    declared = DeclaredPrediction(**prediction(direction=direction, than=than, margin=margin))
    assert verdict(declared, interval, interval) == expected


def test_an_equivalence_is_held_by_its_shorter_interval_and_failed_by_the_longer():
    declared = DeclaredPrediction(**prediction(direction="equivalent", margin=0.05))
    assert verdict(declared, (-0.051, 0.049), (-0.049, 0.047)) == "held"
    assert verdict(declared, (0.049, 0.2), (0.051, 0.19)) == "undetermined"


@pytest.mark.nightly
def test_predictions_at_their_limit_are_wrongly_held_as_often_as_the_level_says():
    """A true effect that equals the limit: `greater` is held at 2.5 % of students and failed at 2.5 %."""
    generator = np.random.default_rng(12)
    arms = {
        (PATH, f"s{student}", "base", 0, name): list(generator.random(200) < rate)
        for student in range(400)
        for name, rate in (("none", 0.4), ("curated", 0.5))
    }
    declared = {
        f"p{student}": prediction(
            {"contrast": "curated-none", "student": f"s{student}", "recipe": None}, than=0.08, margin=0.02
        )
        for student in range(400)
    }
    verdicts = table_of(make_scores(arms), declared)["verdict"].to_list()
    assert 0.005 <= verdicts.count("held") / 400 <= 0.055  # 2.5 % +- 2.5 standard errors
    assert 0.005 <= verdicts.count("failed") / 400 <= 0.055


def test_paths_are_kept_apart(scores):
    on_bench, on_judge = (row_of(scores, path=path) for path in ("bench", PATH))
    assert on_bench["estimate"] != on_judge["estimate"]


@pytest.mark.parametrize(
    "effect", [LIFT | {"student": "l", "recipe": "other"}, LIFT | {"contrast": "lift:curated-placebo"}]
)
def test_an_effect_without_data_is_undetermined(scores, effect):
    found = row_of(scores, effect=effect)
    assert (found["verdict"], found["estimate"], found["n_tasks"]) == ("undetermined", None, 0)


def test_a_suite_without_scores_is_undetermined(scores):
    assert row_of(scores, suite="transfer")["verdict"] == "undetermined"


def test_one_skill_and_no_variation_are_undetermined(scores):
    one_skill = make_tasks(n_skills=1, per_skill=200)
    found = table_of(scores, {"p": prediction()}, tasks=one_skill).row(0, named=True)
    assert found["estimate"] is not None
    assert (found["ci_low"], found["verdict"]) == (None, "undetermined")
    arms = {
        (PATH, "s", run, step, condition): [condition == "curated" and run != "base"] * 200
        for run, step in (("base", 0), ("sft-s0", 9))
        for condition in ("none", "curated")
    }
    found = table_of(make_scores(arms), {"p": prediction()}).row(0, named=True)
    assert (found["estimate"], found["ci_low"], found["verdict"]) == (1.0, None, "undetermined")


def test_no_predictions_give_no_rows(scores):
    assert table_of(scores, {}).is_empty()


def test_the_table_tells_what_was_registered_when_and_what_was_withdrawn(scores):
    kept, changed, gone = prediction(), prediction(direction="less"), prediction(margin=0.1)
    history = [
        Record("2026-01-01T00:00:00Z", False, {"a": kept, "b": kept, "c": gone}, "", ""),
        Record("2026-01-02T00:00:00Z", True, {"a": kept, "b": changed, "d": kept}, "", ""),
    ]
    table = table_of(scores, {"a": kept, "b": changed, "d": kept}, history)
    assert table.select("prediction", "registration", "registered_at").rows() == [
        ("a", "before results", "2026-01-01T00:00:00Z"),
        ("b", "changed after results", "2026-01-02T00:00:00Z"),
        ("c", "withdrawn", "2026-01-02T00:00:00Z"),
        ("d", "after results", "2026-01-02T00:00:00Z"),
    ]
    withdrawn = table.filter(prediction="c").row(0, named=True)
    assert (withdrawn["verdict"], withdrawn["estimate"], withdrawn["margin"]) == (None, None, 0.1)
    assert set(table_of(scores, {"a": kept})["registration"]) == {"not registered"}


@pytest.mark.parametrize(("spec", "key"), [({}, "predictions"), ({"predictions": {}}, "runs")])
def test_a_spec_without_its_parts_is_refused(spec, key):
    with pytest.raises(UserError, match=f"--spec: found no key '{key}'"):
        spec_of(PredictionsSpec)(json.dumps(spec))
