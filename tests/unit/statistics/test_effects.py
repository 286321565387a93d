"""Effects: paired within one path, undefined where an arm is missing."""

from __future__ import annotations

import polars as pl
import pytest
from claim_tables import make_runs
from effect_tables import PATH, arms_with, estimate, row, study, table_of
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.pipeline import CONDITIONS
from skillift.errors import PathMismatchError, UserError
from skillift.statistics.pairing import paired_difference, task_values, with_skills


def test_the_lift_is_the_mean_of_differences_in_differences_task_by_task():
    verdicts = [passes(count, start=31 * index) for index, count in enumerate((90, 102, 100, 120))]
    a, b, c, d = ([float(verdict) for verdict in arm] for arm in verdicts)
    per_task = [(d[i] - c[i]) - (b[i] - a[i]) for i in range(200)]
    by_skill = [sum(per_task[5 * k : 5 * k + 5]) - 5 * sum(per_task) / 200 for k in range(40)]
    expected = (40 / 39 * sum(total**2 for total in by_skill)) ** 0.5 / 200
    found = row(estimate(study(*verdicts)), "lift:curated-none")
    assert found["standard_error"] == pytest.approx(expected, rel=1e-12)


def test_pairing_uses_the_tasks_and_not_their_order():
    arms = study(passes(80), passes(90, start=3))
    tasks = make_tasks()
    scores = make_scores(arms)
    shuffled = scores.sample(fraction=1.0, shuffle=True, seed=1)
    straight = table_of(scores, tasks)
    mixed = table_of(shuffled, tasks.reverse())
    assert straight.equals(mixed)


def test_an_unscored_task_is_left_out_of_the_pairing_and_never_a_fail():
    tasks = make_tasks(n_skills=3, per_skill=2)
    none = [False, False, True, False, True, False]
    curated = [True, None, True, None, False, True]
    found = row(estimate(study(none, curated), tasks=tasks), "curated-none")
    assert found["estimate"] == (1 + 0 - 1 + 1) / 4
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"]) == (4, 3, 2)


def test_a_lift_needs_all_four_verdicts_of_a_task():
    tasks = make_tasks(n_skills=2, per_skill=2)
    table = estimate(
        study([False, None, True, False], [True, True, True, True], [False] * 4, [True, True, None, None]),
        tasks=tasks,
    )
    found = row(table, "lift:curated-none")
    assert (found["n_tasks"], found["n_unscored"]) == (1, 3)
    assert found["estimate"] == 0.0


def test_samples_are_averaged_within_their_task_first():
    tasks = make_tasks(n_skills=2, per_skill=1)
    none = [False, False, True, None]  # task 0: 0 of 2, task 1: 1 of 1
    curated = [True, False, True, True]
    found = row(estimate(study(none, curated), tasks=tasks, n_samples=2), "curated-none")
    assert found["estimate"] == (0.5 + 0.0) / 2
    assert (found["n_tasks"], found["n_unscored"]) == (2, 1)


def test_all_contrasts_of_the_studys_conditions_are_given():
    verdicts = passes(50)
    base = {(PATH, "s", "base", 0, name): verdicts for name in CONDITIONS}
    trained = {(path, s, "sft-s0", 9, name): v for (path, s, _, _, name), v in base.items()}
    table = estimate(base | trained)
    contrasts = {"curated-none", "placebo-none", "curated-placebo", "curated-shuffled"}
    contrasts |= {"filler-none", "curated-filler"}
    gains = {f"gain:{name}" for name in CONDITIONS}
    assert set(table.filter(run="base")["contrast"]) == contrasts
    assert set(table.filter(run="sft-s0")["contrast"]) == contrasts | gains | {
        f"lift:{name}" for name in contrasts
    }


def test_a_recipe_with_two_seeds_is_averaged_within_task():
    runs = make_runs({("s", "sft"): (0, 1)})
    arms = study(passes(60), passes(70, start=9))
    posts = [(passes(80, start=1), passes(120, start=2)), (passes(90, start=3), passes(140, start=4))]
    for seed, (none, curated) in enumerate(posts):
        arms |= study(passes(60), passes(70, start=9), none, curated, run=f"sft-s{seed}", step=138 + seed)
    table = estimate(arms, runs)
    found = row(table, "lift:curated-none", run="sft")
    by_seed = [row(table, "lift:curated-none", run=f"sft-s{seed}") for seed in (0, 1)]
    assert found["estimate"] == pytest.approx((by_seed[0]["estimate"] + by_seed[1]["estimate"]) / 2)
    assert (found["step"], found["n_runs"], found["n_tasks"]) == (139, 2, 200)
    per_task = [
        sum(post[1][i] - post[0][i] for post in posts) / 2 - (passes(70, start=9)[i] - passes(60)[i])
        for i in range(200)
    ]
    by_skill = [sum(per_task[5 * k : 5 * k + 5]) - 5 * sum(per_task) / 200 for k in range(40)]
    given_seeds = 40 / 39 * sum(total**2 for total in by_skill) / 200**2
    between = (by_seed[0]["estimate"] - by_seed[1]["estimate"]) ** 2 / 2
    noise = sum(one["standard_error"] ** 2 for one in by_seed) - 2 * given_seeds
    assert between > noise
    assert found["standard_error"] ** 2 == pytest.approx(given_seeds + (between - noise) / 2)


def test_the_unscored_of_the_base_model_count_once_in_a_recipes_lift():
    runs = make_runs({("s", "sft"): (0, 1)})
    pre = [None, *passes(199, 199)]
    arms = {}
    for seed in (0, 1):
        arms |= study(pre, passes(70), passes(80), [*passes(199, 199), None], run=f"sft-s{seed}")
    found = row(estimate(arms, runs), "lift:curated-none", run="sft")
    assert (found["n_unscored"], found["n_tasks"]) == (3, 198)


def test_a_recipe_with_one_seed_has_no_row_of_its_own():
    runs = make_runs({("s", "sft"): (0,)})
    table = estimate(study(passes(60), passes(70), passes(80), passes(120)), runs)
    assert set(table["run"]) == {"base", "sft-s0"}


def test_a_missing_arm_is_a_row_without_an_estimate():
    arms = study(passes(60), passes(70), passes(80), passes(120))
    del arms[(PATH, "s", "sft-s0", 138, "curated")]
    table = estimate(arms)
    for contrast in ("curated-none", "lift:curated-none", "gain:curated"):
        found = row(table, contrast, run="sft-s0")
        assert (found["estimate"], found["ci_low"], found["mde"], found["n_tasks"]) == (None, None, None, 0)
    assert row(table, "gain:none")["estimate"] == 0.1


def test_a_trained_run_without_its_base_model_has_no_lift():
    table = estimate({(PATH, "s", "sft-s0", 9, name): passes(40) for name in ("none", "curated")})
    assert row(table, "lift:curated-none")["estimate"] is None
    assert row(table, "curated-none")["estimate"] == 0.0


@pytest.mark.parametrize("verdict", [None, True, False])
def test_arms_of_one_verdict_throughout_are_defined_or_null_but_never_nan(verdict):
    arms = study(*[[verdict] * 200 for _ in range(4)])
    table = estimate(arms)
    floats = table.select(pl.selectors.float())
    assert not any(column.is_nan().any() for column in floats)
    found = row(table, "lift:curated-none")
    assert found["estimate"] == (None if verdict is None else 0.0)
    assert found["ci_low"] is None
    assert found["n_unscored"] == (800 if verdict is None else 0)


def test_one_task_has_an_estimate_and_no_interval():
    table = estimate(study([False], [True], [False], [False]), tasks=make_tasks(1, 1))
    found = row(table, "lift:curated-none")
    assert (found["estimate"], found["standard_error"], found["n_tasks"]) == (-1.0, None, 1)


def test_paths_are_estimated_apart():
    arms = study(passes(60), passes(70)) | study(passes(20), passes(60), path="bench")
    table = estimate(arms)
    assert row(table, "curated-none", path=PATH)["estimate"] == 0.05
    assert row(table, "curated-none", path="bench")["estimate"] == 0.2


def test_suites_are_estimated_apart():
    holdout, dev = make_tasks(), make_tasks(suite="dev").with_columns(pl.col("task_id").str.replace("t", "d"))
    scores = make_scores(study(passes(60), passes(70)))
    others = make_scores(study(passes(10), passes(50)), suite="dev").with_columns(
        pl.col("task_id").str.replace("t", "d")
    )
    table = table_of(pl.concat([scores, others]), pl.concat([holdout, dev]))
    assert dict(table.select("suite", "estimate").iter_rows()) == {"holdout": 0.05, "dev": 0.2}


def test_a_subtraction_across_two_paths_raises():
    arms = {("bench", "s", "base", 0, "none"): passes(60), (PATH, "s", "base", 0, "curated"): passes(70)}
    values = task_values(with_skills(make_scores(arms), make_tasks()))
    none, curated = values.filter(condition="none"), values.filter(condition="curated")
    with pytest.raises(PathMismatchError, match=r"bench.*judge:conclusion.*one scoring path"):
        paired_difference(curated, none)
    with pytest.raises(PathMismatchError):
        paired_difference(curated, none.drop("path"))


def test_a_condition_scored_on_another_path_alone_is_a_missing_arm_and_never_borrowed():
    arms = {("bench", "s", "base", 0, "none"): passes(60), (PATH, "s", "base", 0, "curated"): passes(70)}
    assert estimate(arms)["estimate"].drop_nulls().is_empty()


def test_a_scored_task_that_the_tasks_table_lacks_is_named():
    with pytest.raises(UserError, match="t0010"):
        with_skills(make_scores(study(passes(60), passes(70))), make_tasks(2, 5))


def test_no_scores_give_an_empty_table():
    empty = make_scores(study(passes(1), passes(1))).clear()
    assert table_of(empty, make_tasks()).is_empty()


def test_every_contrast_has_its_lift_and_is_subtracted_the_right_way_round():
    counts = {"none": (40, 60), "placebo": (50, 62), "shuffled": (64, 90), "curated": (80, 130)}
    base, after = (
        {name: passes(pair[place], start=3 * pair[place]) for name, pair in counts.items()}
        for place in (0, 1)
    )
    table = estimate(arms_with(base, after))
    for treated, control in (
        ("curated", "none"),
        ("curated", "placebo"),
        ("curated", "shuffled"),
        ("placebo", "none"),
    ):
        before, now = ((counts[treated][place] - counts[control][place]) / 200 for place in (0, 1))
        contrast = f"{treated}-{control}"
        assert row(table, contrast, run="base")["estimate"] == pytest.approx(before)
        assert row(table, contrast, run="sft-s0")["estimate"] == pytest.approx(now)
        assert row(table, f"lift:{contrast}")["estimate"] == pytest.approx(now - before)


def test_with_several_base_steps_the_first_is_before_training():
    arms = study(passes(60), passes(70), passes(80), passes(120))
    arms |= {(PATH, "s", "base", 5, name): passes(199) for name in ("none", "curated")}
    table = estimate(arms)
    assert row(table, "gain:none")["estimate"] == 0.1
