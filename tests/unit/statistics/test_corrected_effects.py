"""The table of corrected effects: per judge, run and recipe, from the labels of that very arm."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import CORRECTED_EFFECTS
from skillift.statistics.contrasts import differences
from skillift.statistics.corrected_effects import corrected_effects
from skillift.statistics.effects import effects
from skillift.statistics.labels import exact_labels, judged_and_labelled
from skillift.statistics.pairing import CELL, task_values, with_skills
from skillift.statistics.pass_rates import no_responses, responses
from skillift.statistics.seed_variance import about_recipes
from skillift.tables import check

RUNS = make_runs({("s", "sft"): (0, 1)})
STEPS = {"base": 0, "sft-s0": 9, "sft-s1": 9}
CONDITIONS = ("none", "curated")
LIFT = "lift:curated-none"


def judged_of(arms: dict[tuple, list], lines: float = 1.0, tasks: pl.DataFrame | None = None) -> pl.DataFrame:
    """(path, run, condition) -> verdicts; the first `lines` of the tasks have an ANSWER line."""
    keyed = {(path, "s", run, STEPS[run], name): v for (path, run, name), v in arms.items()}
    scores = with_skills(make_scores(keyed), make_tasks() if tasks is None else tasks)
    n_tasks = scores["task_id"].n_unique()
    texts = ["ANSWER: x" if index < lines * n_tasks else "x" for index in range(n_tasks)]
    episodes = [
        responses(make_episodes(step, dict.fromkeys(CONDITIONS, texts)), "s", run)
        for run, step in STEPS.items()
    ]
    return judged_and_labelled(scores, exact_labels(scores, pl.concat([no_responses(), *episodes])))


def table(judged: pl.DataFrame, samples: int = 100) -> pl.DataFrame:
    found = corrected_effects(judged, RUNS, 0.95, samples, 0)
    return check(found, CORRECTED_EFFECTS, "corrected effects")


def study(gaps: bool = False) -> dict[tuple, list]:
    """Right verdicts on the bench, and judges that err on some tasks; with `gaps` they leave some out."""
    rng = np.random.default_rng(8)
    arms = {}
    for i, run in enumerate(STEPS):
        for k, condition in enumerate(CONDITIONS):
            right = passes(70 + 15 * i + 20 * k, start=i + k)
            arms["bench", run, condition] = right
            for judge, errors in (("judge:a", 0.1), ("judge:b", 0.2)):
                wrong = rng.random(200) < errors
                lost = (rng.random(200) < 0.03) & gaps
                arms[judge, run, condition] = [
                    None if gone else value != flip
                    for value, flip, gone in zip(right, wrong, lost, strict=True)
                ]
    return arms


def known_effects(judged: pl.DataFrame) -> pl.DataFrame:
    given_seeds = effects(differences(task_values(judged), RUNS), 0.95, 100, 0)
    return about_recipes(given_seeds, RUNS, ["path", "suite", "contrast"], 0.95)


def test_every_judge_run_recipe_and_effect_has_a_row_for_each_method():
    found = table(judged_of(study()))
    assert set(found["path"]) == {"judge:a", "judge:b"}
    counted = found.filter(path="judge:a").group_by("run").agg(pl.col("contrast").unique().sort(), pl.len())
    of_arms = ["curated", "curated-none", "none"]
    assert counted.sort("run").rows() == [
        ("base", of_arms, 3 * 3),
        *((run, sorted([*of_arms, LIFT]), 4 * 3) for run in ("sft", "sft-s0", "sft-s1")),
    ]


@pytest.mark.parametrize("gaps", [False, True])
def test_uncorrected_is_the_table_of_effects(gaps):
    judged = judged_of(study(gaps))
    known = known_effects(judged)
    rows = table(judged).filter(method="uncorrected")
    both = rows.join(known, on=["path", *CELL, "contrast"], suffix="_known")
    assert both.height == 2 * (1 + 3 * 2)
    runs = both if not gaps else both.filter(pl.col("run") != "sft")
    for name in ("estimate", "standard_error", "ci_low", "boot_low", "boot_high", "n_tasks", "n_unscored"):
        assert runs[name].to_list() == pytest.approx(runs[f"{name}_known"].to_list())
    # of a recipe, each run's effect is over its own tasks, so gaps move its mean a little
    assert both["estimate"].to_list() == pytest.approx(both["estimate_known"].to_list(), abs=0.02)
    assert both["n_unscored"].to_list() == both["n_unscored_known"].to_list()


@pytest.mark.parametrize("method", ["rogan_gladen", "prediction_powered"])
def test_where_every_episode_is_labelled_the_corrected_effects_are_the_labels_own(method):
    arms = study()
    judged = judged_of(arms)
    truth = judged_of(
        {("judge:a", run, name): arms["bench", run, name] for run in STEPS for name in CONDITIONS}
    )
    expected = known_effects(truth)
    rows = table(judged).filter(method=method)
    both = rows.join(expected.drop("path"), on=[*CELL, "contrast"], suffix="_true")
    assert both.height == 2 * (1 + 3 * 2)
    assert both["estimate"].to_list() == pytest.approx(both["estimate_true"].to_list())
    # passes and fails are of other numbers in each skill than tasks, so CR2 has other factors
    assert both["standard_error"].to_list() == pytest.approx(both["standard_error_true"].to_list(), rel=0.05)


def test_a_judge_that_grows_milder_with_the_procedure_is_corrected_from_half_the_episodes():
    rng = np.random.default_rng(3)
    arms = {("bench", "base", name): passes(600, 2000, start) for start, name in enumerate(CONDITIONS)}
    arms["judge:a", "base", "none"] = arms["bench", "base", "none"]
    arms["judge:a", "base", "curated"] = [
        value or bool(rng.random() < 0.3) for value in arms["bench", "base", "curated"]
    ]
    found = table(judged_of(arms, lines=0.5, tasks=make_tasks(400, 5))).filter(contrast="curated-none")
    estimate = dict(found.select("method", "estimate").rows())
    assert estimate["uncorrected"] == pytest.approx(0.21, abs=0.03)
    assert estimate["rogan_gladen"] == pytest.approx(0.0, abs=0.03)
    assert estimate["prediction_powered"] == pytest.approx(0.0, abs=0.03)
    corrected = found.filter(method="rogan_gladen").row(0, named=True)
    assert corrected["ci_low"] < 0 < corrected["ci_high"]
    assert (corrected["n_labelled"], corrected["n_tasks"]) == (2000, 2000)


def test_an_arm_without_labels_is_undefined_with_its_reason_and_the_others_are_not():
    arms = study()
    judged = judged_of(arms).with_columns(
        label=pl.when((pl.col("run") != "base") | (pl.col("condition") != "curated")).then("label")
    )
    found = table(judged).filter(path="judge:a", method="rogan_gladen")
    undefined = found.filter(pl.col("estimate").is_null())
    assert set(undefined.select("run", "contrast").rows()) == {
        ("base", "curated"),
        ("base", "curated-none"),
        *((run, LIFT) for run in ("sft", "sft-s0", "sft-s1")),
    }
    assert set(undefined["reason"]) == {"an arm with fewer than 10 labelled passes"}
    assert set(found.filter(pl.col("estimate").is_not_null())["reason"]) == {""}


def test_without_any_label_the_judges_own_verdicts_are_all_there_is():
    found = table(judged_of(study(), lines=0.0))
    known = found.filter(pl.col("estimate").is_not_null())
    assert set(known["method"]) == {"uncorrected"} and known.height == found.height / 3
    assert found["n_labelled"].sum() == 0


def test_several_samples_of_a_task_are_one_task_and_each_a_label():
    tasks = make_tasks(20, 1)
    bench, judge = [True, False] * 20, [True, True] * 10 + [True, False] * 10
    keyed = {("bench", "s", "base", 0, "none"): bench, ("judge:a", "s", "base", 0, "none"): judge}
    scores = with_skills(make_scores(keyed, n_samples=2), tasks)
    labels = scores.filter(path="bench").rename({"passed": "label"})
    found = table(judged_and_labelled(scores, labels)).filter(contrast="none")
    rows = {row["method"]: row for row in found.iter_rows(named=True)}
    assert rows["uncorrected"]["estimate"] == 0.75
    assert rows["rogan_gladen"]["estimate"] == pytest.approx(0.5)
    assert rows["prediction_powered"]["estimate"] == pytest.approx(0.5)
    assert (rows["uncorrected"]["n_tasks"], rows["uncorrected"]["n_labelled"]) == (20, 40)


def test_a_run_without_its_base_has_no_lift_and_nothing_scored_is_a_named_reason():
    arms = {("judge:a", "sft-s0", "none"): [None] * 200, ("judge:a", "sft-s0", "curated"): passes(50)}
    found = table(judged_of(arms))
    assert LIFT not in set(found["contrast"])
    rows = found.filter(contrast="curated-none")
    assert set(rows["reason"]) == {"no task scored in every arm"}
    assert rows["estimate"].null_count() == 3 and set(rows["n_unscored"]) == {200}


def test_without_judges_there_is_nothing_to_correct():
    assert table(judged_of({("bench", "base", "none"): passes(50)})).is_empty()
