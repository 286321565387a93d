"""Claims about the course of a training: a dip at declared early steps, and a recovery by the last one."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from depth_tables import (
    DEPTH,
    EARLY,
    LAST,
    course_of,
    depth_table,
    flagged,
    gains,
    make_arms,
    of_the_lowest,
    runs_of,
)
from validation.depth import depths

from skillift.contracts.claims import CLAIMS
from skillift.statistics.depth import course
from skillift.statistics.intersection_union import deciding
from skillift.statistics.intervals import clustered_means
from skillift.tables import check

FALLS = course_of((0.3, 0.25, 0.35, 0.6, 0.8))
RISES = course_of((0.6, 0.65, 0.7, 0.8, 0.9))
SINKS = course_of((0.35, 0.3, 0.3, 0.2, 0.05))
FLAT = course_of((0.5,) * 5)
WHO = ["student", "run", "part"]


@cache
def row_of(name: str) -> dict:
    courses = {"falls": FALLS, "rises": RISES, "sinks": SINKS, "flat": FLAT}
    return check(depth_table({("s", 0): courses[name]}), CLAIMS, "claims").row(0, named=True)


def test_a_fall_and_a_rise_support_it():
    row = row_of("falls")
    assert (row["word"], row["student"], row["run"]) == ("supported", "s", "sft-s0")
    assert row["estimate"] > 0 and row["p_holm"] == row["p_value"]


def test_a_rise_from_the_first_step_on_contradicts_it_by_its_dip():
    row = row_of("rises")
    assert (row["word"], row["contrast"]) == ("contradicted", "dip:curated")
    assert row["estimate"] < 0 and row["ci_high"] < 0


def test_a_fall_without_a_rise_contradicts_it_by_its_recovery():
    row = row_of("sinks")
    assert (row["word"], row["contrast"]) == ("contradicted", "recovery:curated")


def test_a_flat_course_is_not_resolved_and_told_as_a_multiple_of_the_declared_pattern():
    row = row_of("flat")
    assert row["word"] == "not resolvable at this n"
    half = depth_table({("s", 0): FLAT}, DEPTH | {"dip": 0.025, "recovery": 0.025})["mde"].item()
    assert half == pytest.approx(2 * row["mde"])


def test_dip_and_recovery_are_the_differences_of_rates_that_are_counted_by_hand():
    courses = {("s", 0): FALLS}
    arms = make_arms(courses)
    rate = {step: np.mean(passed) for (_, _, _, step, _), passed in arms.items()}
    early = np.mean([rate[step] for step in EARLY])
    (item,) = gains(arms, runs_of(courses))
    tasks = course(item, runs_of(courses), EARLY).tasks
    means = {part: tasks.filter(part=part)["value"].mean() for part in ("dip", "recovery")}
    assert means == pytest.approx({"dip": rate[0] - early, "recovery": rate[LAST] - early})


def test_the_p_value_is_the_larger_of_the_two_parts():
    courses = {("s", 0): FALLS}
    (item,) = gains(make_arms(courses), runs_of(courses))
    tasks = course(item, runs_of(courses), EARLY).tasks
    parts = clustered_means(tasks, WHO, 0.95)
    largest = max(parts["p_value"])
    assert row_of("falls")["p_value"] == pytest.approx(largest)
    assert deciding(list(zip(parts["estimate"], parts["p_value"], strict=True)))[1] == pytest.approx(largest)


def test_a_recipe_without_all_early_steps_or_without_a_later_one_has_no_claim():
    without = {step: rate for step, rate in FALLS.items() if step != EARLY[1]}
    ends = {step: rate for step, rate in FALLS.items() if step in EARLY}
    found = depth_table({("s", 0): without, ("m", 0): ends, ("l", 0): FALLS})
    assert found["student"].to_list() == ["l"]


def test_nothing_is_claimed_where_nothing_is_declared():
    assert depth_table({("s", 0): FALLS}, depth=None).is_empty()


def test_several_seeds_are_a_claim_about_the_recipe_and_students_are_a_family():
    found = depth_table({("s", 0): FALLS, ("s", 1): FALLS, ("s", 2): FALLS, ("m", 0): FALLS})
    assert found.select("student", "run", "n_runs").rows() == [("m", "sft-s0", 1), ("s", "sft", 3)]
    assert min(found["p_holm"]) == pytest.approx(2 * min(found["p_value"]))


def test_trainings_that_differ_make_the_recipe_less_sure():
    alike = depth_table({("s", seed): FALLS for seed in range(3)})
    deep = course_of((0.05, 0.05, 0.05, 0.6, 0.8))
    apart = depth_table({("s", 0): FALLS, ("s", 1): deep, ("s", 2): RISES})
    assert apart["standard_error"].item() > 2 * alike["standard_error"].item()


def test_missing_verdicts_are_counted_and_a_word_that_hangs_on_them_says_so():
    found = depth_table({("s", 0): FALLS}, unscored=(8, LAST)).row(0, named=True)
    assert found["n_unscored"] == 6 and found["n_tasks"] == 197
    assert found["word"] == "supported" and found["word_holds"]


def test_where_the_recovery_is_certain_declared_steps_find_no_dip_and_the_lowest_one_does():
    """The short form of the table of docs/explanation/validation.md."""
    found = depths(150, seed=0)
    assert max(found.flat, found.null) <= 0.05
    assert found.lowest > found.flat and found.lowest_at_null > 3 * found.null
    assert 0.65 <= found.power <= 0.9


def test_flat_courses_are_flagged_rarely_by_declared_steps_and_often_by_the_lowest_one_that_was_seen():
    """By the analysis itself: 100 studies at once, as students of one."""
    steps = range(8, 129, 8)
    courses = {(f"s{number:03d}", 0): dict.fromkeys(steps, 0.5) for number in range(100)}
    shape, runs = (20, 4), runs_of(courses)
    (item,) = gains(make_arms(courses, shape=shape), runs, shape)
    declared, chosen = flagged(course(item, runs, EARLY)), flagged(of_the_lowest(item, runs))
    assert declared <= 0.05
    assert chosen > 3 * max(declared, 0.02)
