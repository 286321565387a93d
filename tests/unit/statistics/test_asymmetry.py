"""Regime asymmetry: the coupling is seen in the naive slope and in no corrected one."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from made_deltas import make_deltas
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.analysis import ASYMMETRY, SLOPE_ESTIMATORS
from skillift.errors import UserError
from skillift.statistics.asymmetry import asymmetry, asymmetry_slopes, before_and_after
from skillift.statistics.pairing import task_values, with_skills
from skillift.tables import check

PATH = "judge:conclusion"
RUNS = make_runs({(student, "sft"): (0, 1) for student in "ml"})


def values_of(students="ml", paths=(PATH,), tasks=None, verdicts=None):
    """Task values of a study with two seeds of one recipe."""
    arms = {}
    for i, path in enumerate(paths):
        for j, student in enumerate(students):
            for k, (run, step) in enumerate((("base", 0), ("sft-s0", 9), ("sft-s1", 9))):
                for m, condition in enumerate(("none", "curated")):
                    given = passes(
                        60 + 11 * j + 17 * k + (23 + 4 * j) * m, start=29 * (i + j + 2 * k + 3 * m)
                    )
                    arms[(path, student, run, step, condition)] = verdicts(given) if verdicts else given
    return task_values(with_skills(make_scores(arms), make_tasks() if tasks is None else tasks))


def table_of(values, runs=tuple(RUNS), splits=20):
    return check(asymmetry(values, list(runs), 0.95, splits, 0), ASYMMETRY, "asymmetry")


@pytest.fixture(scope="module")
def simulated():
    """The slopes in 120 studies of 3 students and 200 tasks without any asymmetry."""
    generator = np.random.default_rng(20261121)
    studies = [asymmetry_slopes(make_deltas(generator), 0.95, 10, seed) for seed in range(120)]
    return pl.concat(studies).filter(pl.col("level") != "skills")


def of(slopes, level, estimator):
    return slopes.filter(level=level, estimator=estimator)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["students", "cells"])
def test_without_asymmetry_the_naive_slope_is_negative(simulated, level):
    slopes = of(simulated, level, "naive")["slope"]
    assert slopes.median() < -0.2
    assert slopes.mean() < -2 * slopes.std() / 120**0.5


@pytest.mark.slow
@pytest.mark.parametrize(("level", "estimator"), [("cells", "split_half"), ("cells", "oldham")])
def test_without_asymmetry_the_corrected_slopes_are_zero_on_average(simulated, level, estimator):
    slopes = of(simulated, level, estimator)["slope"]
    assert abs(slopes.mean()) < 3 * slopes.std() / 120**0.5
    assert abs(slopes.mean()) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("level", ["students", "cells"])
@pytest.mark.parametrize("estimator", ["split_half", "oldham"])
def test_the_corrected_intervals_cover_zero_and_the_naive_ones_of_cells_do_not(simulated, level, estimator):
    def covered(rows):
        return rows.select((pl.col("ci_low") <= 0) & (pl.col("ci_high") >= 0)).to_series().mean()

    assert covered(of(simulated, level, estimator)) > 0.9  # 95 % less 2.5 standard errors
    assert covered(of(simulated, "cells", "naive")) < 0.05


@pytest.mark.slow
def test_a_planted_asymmetry_is_found_and_disattenuated():
    generator = np.random.default_rng(3)
    studies = [
        asymmetry_slopes(make_deltas(generator, slope=-0.5, per_skill=20, skill_spread=0.2), 0.95, 10, seed)
        for seed in range(40)
    ]
    cells = pl.concat(studies).filter(level="cells")
    corrected = cells.filter(estimator="disattenuated")
    assert corrected["slope"].null_count() <= 4
    assert corrected["slope"].mean() == pytest.approx(-0.5, abs=0.05)
    split = cells.filter(estimator="split_half")
    assert -0.3 < split["slope"].mean() < -0.15  # shrunk by a reliability near 0.45
    assert (split["ci_high"] < 0).mean() > 0.8


def test_every_path_recipe_level_and_estimator_has_a_row_with_its_counts():
    values = values_of(paths=("bench", PATH))
    table = table_of(values)
    assert table.height == 2 * 4 * (1 + 1 + 2)
    assert table["path"].unique().sort().to_list() == ["bench", PATH]
    assert set(table["estimator"]) == set(SLOPE_ESTIMATORS)
    assert table.filter(level="skills")["student"].unique().sort().to_list() == ["l", "m"]
    assert table.filter(pl.col("level") != "skills")["student"].unique().to_list() == [""]
    assert table.select("n_tasks", "n_skills", "n_unscored").unique().rows() == [(200, 40, 0)]
    split = pl.col("estimator").is_in(["split_half", "disattenuated"])
    assert table.filter(split)["n_splits"].unique().to_list() == [20]
    assert table.filter(~split)["n_splits"].null_count() == table.height / 2


def test_the_seeds_of_a_recipe_are_averaged_within_task():
    values = values_of()
    frame = before_and_after(values, RUNS, "sft").filter(student="l")
    arms = {
        (run, condition): rows["value"].to_numpy()
        for (run, condition), rows in values.filter(student="l").sort("task_id").group_by("run", "condition")
    }
    seeds = [arms[run, "curated"] - arms[run, "none"] for run in ("sft-s0", "sft-s1")]
    assert frame["before"].to_list() == list(arms["base", "curated"] - arms["base", "none"])
    assert frame["after"].to_list() == list(np.mean(seeds, axis=0))


def test_an_unscored_task_is_left_out_and_counted():
    def lose_two(verdicts):
        return [None, None, *verdicts[2:]]

    table = table_of(values_of(verdicts=lose_two))
    lost = 2 * 2 * 3  # tasks, conditions, runs
    of_one, of_both = table.filter(level="skills"), table.filter(level="cells")
    assert of_one.select("n_tasks", "n_unscored").unique().rows() == [(198, lost)]
    assert of_both.select("n_tasks", "n_unscored").unique().rows() == [(198, 2 * lost)]


def test_equal_seeds_give_equal_tables_and_the_order_of_rows_does_not_matter():
    values = values_of()
    assert table_of(values).equals(table_of(values.sample(fraction=1.0, shuffle=True, seed=1)))


def test_one_student_has_no_slope_between_students():
    table = table_of(values_of(students="m"), [run for run in RUNS if run.student == "m"])
    between = table.filter(level="students")
    assert between["slope"].null_count() == between["ci_low"].null_count() == 4
    assert between["n_students"].to_list() == [1] * 4
    assert table.filter(level="skills", estimator="naive")["slope"].is_not_null().all()


def test_one_skill_leaves_the_slope_between_students_without_an_interval():
    tasks = make_tasks(n_skills=1, per_skill=200)
    table = table_of(values_of(tasks=tasks))
    naive = table.filter(estimator="naive")
    assert naive.filter(level="students")["slope"].is_not_null().all()
    assert naive["ci_low"].null_count() == naive.height
    assert naive.filter(pl.col("level") != "students")["slope"].null_count() == 3


@pytest.mark.parametrize("verdict", [True, None])
def test_verdicts_that_are_all_equal_or_all_missing_leave_everything_undefined(verdict):
    table = table_of(values_of(verdicts=lambda given: [verdict] * len(given)))
    for name in ("slope", "ci_low", "ci_high", "reliability"):
        assert table[name].null_count() == table.height
    assert set(table["n_tasks"]) == ({200} if verdict else {0})


def test_one_task_for_each_skill_cannot_be_split_within_skills():
    tasks = make_tasks(n_skills=200, per_skill=1)
    table = table_of(values_of(tasks=tasks)).filter(level="cells")
    assert table.filter(estimator="split_half")["slope"].item() is None
    assert table.filter(estimator="naive")["slope"].item() is not None


def test_a_study_without_training_has_no_rows():
    assert table_of(values_of(), [run for run in RUNS if run.run == "base"]).is_empty()


def test_runs_that_were_not_scored_are_undefined():
    values = values_of().filter(run="base")
    table = table_of(values)
    assert table["slope"].null_count() == table.height
    assert set(table["n_tasks"]) == {0}


def test_less_than_one_split_is_refused():
    with pytest.raises(UserError, match=r"analysis\.splits: found 0, expected a whole number above 0"):
        table_of(values_of(), splits=0)


def test_a_task_that_a_student_has_twice_is_refused():
    frame = make_deltas(np.random.default_rng(0), n_skills=4)
    with pytest.raises(UserError, match="each task of a student once"):
        asymmetry_slopes(pl.concat([frame, frame.head(1)]), 0.95, 5, 0)
