"""Mixed paths: the wrong numbers are computed in one place, labelled, and beside the right ones."""

from __future__ import annotations

import polars as pl
import pytest
from claim_tables import make_runs
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import MIXED_PATHS
from skillift.errors import PathMismatchError
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.intervals import clustered_mean
from skillift.statistics.mixed_paths import mixed_paths
from skillift.statistics.pairing import CELL, paired_difference, task_values, with_skills
from skillift.tables import check

RUNS = make_runs({("s", "sft"): (0, 1)})
LIFT = "lift:curated-none"


def verdicts(place: int, run: str, condition: str) -> list:
    """Verdicts that differ by path, run and condition; some are unscored on the judges' paths."""
    count = 40 + 15 * place + (50 if run != "base" else 0) + (20 if condition == "curated" else 0)
    found = passes(count, start=place + len(run + condition))
    return [None if place and index % 37 == place else value for index, value in enumerate(found)]


def values_of(conditions=("none", "curated"), runs=("base", "sft-s0", "sft-s1")) -> pl.DataFrame:
    arms = {
        (path, "s", run, 0 if run == "base" else 9, condition): verdicts(place, run, condition)
        for place, path in enumerate(("bench", "judge:a", "judge:b"))
        for run in runs
        for condition in conditions
    }
    return task_values(with_skills(make_scores(arms), make_tasks()))


def table(values: pl.DataFrame) -> pl.DataFrame:
    return check(mixed_paths(values, RUNS, 0.95), MIXED_PATHS, "mixed paths")


def test_every_headline_stands_under_every_pair_of_paths_and_unequal_ones_are_labelled():
    found = table(values_of())
    counted = found.group_by("run", "contrast").agg(pl.len(), pl.col("matched").sum()).sort("run", "contrast")
    assert counted.rows() == [
        ("base", "curated-none", 9, 3),
        *((run, name, 9, 3) for run in ("sft", "sft-s0", "sft-s1") for name in ("curated-none", LIFT)),
    ]
    unequal = found.filter(pl.col("path_before") != pl.col("path_after"))
    assert not unequal["matched"].any()


def test_the_rows_with_equal_paths_are_the_headlines_of_the_effects():
    values = values_of()
    expected = effects(differences(values, RUNS), 0.95, 50, 0).rename({"path": "path_after"})
    matched = table(values).filter("matched")
    both = matched.join(expected, on=[*CELL, "contrast", "path_after"], suffix="_expected")
    assert both.height == matched.height == 3 * 7
    for name in ("estimate", "standard_error", "ci_low", "ci_high", "n_tasks", "n_skills", "n_unscored"):
        assert both[name].to_list() == pytest.approx(both[f"{name}_expected"].to_list())


def test_a_mixed_delta_subtracts_none_on_one_path_from_curated_on_the_other():
    row = table(values_of()).filter(
        run="base", contrast="curated-none", path_before="bench", path_after="judge:b"
    )
    pairs = zip(verdicts(2, "base", "curated"), verdicts(0, "base", "none"), strict=True)
    kept = [(index // 5, a - b) for index, (a, b) in enumerate(pairs) if a is not None]
    skills, numbers = (pl.Series(column).to_numpy() for column in zip(*kept, strict=True))
    expected = clustered_mean(numbers.astype(float), skills, 0.95)
    assert row["estimate"].item() == pytest.approx(expected.estimate)
    assert row["standard_error"].item() == pytest.approx(expected.standard_error)
    assert (row["n_tasks"].item(), row["n_unscored"].item()) == (len(kept), 200 - len(kept))


def test_a_mixed_lift_is_the_delta_after_on_one_path_minus_the_delta_before_on_the_other():
    values = values_of(runs=("base", "sft-s0")).with_columns(value=pl.col("value").fill_null(0.0))
    found = table(values)
    deltas = {
        (row["run"], row["path_after"]): row["estimate"]
        for row in found.filter("matched", contrast="curated-none").iter_rows(named=True)
    }
    for row in found.filter(contrast=LIFT).iter_rows(named=True):
        expected = deltas["sft-s0", row["path_after"]] - deltas["base", row["path_before"]]
        assert row["estimate"] == pytest.approx(expected)


def test_elsewhere_the_same_subtraction_raises():
    values = values_of()
    curated = values.filter(path="judge:a", condition="curated")
    none = values.filter(path="bench", condition="none")
    with pytest.raises(PathMismatchError, match=r"bench.*judge:a"):
        paired_difference(curated, none)


def test_an_under_count_before_training_alone_makes_a_lift_out_of_nothing():
    # the bench misses every other pass under `curated` before training; judged rightly, nothing changes
    right = passes(100)
    missed = [value and index % 2 == 0 for index, value in enumerate(right)]
    arms = {
        (path, "s", run, step, condition): missed
        if (path, run, condition) == ("bench", "base", "curated")
        else right
        for path in ("bench", "judge:a")
        for run, step in (("base", 0), ("sft-s0", 9))
        for condition in ("none", "curated")
    }
    found = table(task_values(with_skills(make_scores(arms), make_tasks()))).filter(contrast=LIFT)
    lifts = {(row["path_before"], row["path_after"]): row["estimate"] for row in found.iter_rows(named=True)}
    assert lifts["judge:a", "judge:a"] == 0.0
    assert lifts["bench", "judge:a"] == pytest.approx(0.25)


def test_without_one_of_the_conditions_there_is_nothing_to_mix():
    assert table(values_of(conditions=("none", "placebo"))).is_empty()


def test_a_run_without_its_base_has_deltas_alone():
    found = table(values_of(runs=("sft-s0",)))
    assert set(found["contrast"]) == {"curated-none"} and found["estimate"].null_count() == 0


def test_a_path_without_an_arm_is_undefined_where_that_arm_is_needed():
    values = values_of(runs=("base",)).filter((pl.col("path") != "bench") | (pl.col("condition") == "none"))
    undefined = table(values).filter(pl.col("estimate").is_null())
    assert set(undefined["path_after"]) == {"bench"} and undefined.height == 3


def test_one_skill_leaves_the_intervals_undefined():
    arms = {("bench", "s", "base", 0, name): [True, False] for name in ("none", "curated")}
    row = table(task_values(with_skills(make_scores(arms), make_tasks(1, 2)))).row(0, named=True)
    assert (row["estimate"], row["standard_error"], row["ci_low"], row["matched"]) == (0.0, None, None, True)
