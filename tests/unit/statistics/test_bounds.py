"""Worst-case bounds: what unscored episodes could do to an effect, by trying every way to score them."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from hypothesis import given, settings
from hypothesis import strategies as st
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import BOUNDS
from skillift.statistics.bounds import bounds
from skillift.statistics.contrasts import differences
from skillift.statistics.corrected_effects import corrected_effects
from skillift.statistics.effects import effects
from skillift.statistics.labels import exact_labels, judged_and_labelled
from skillift.statistics.pairing import CELL, task_values, with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.seed_variance import about_recipes
from skillift.tables import check

RUNS = make_runs({("s", "sft"): (0, 1)})
LIFT = "lift:curated-none"


def table(arms: dict[tuple, list], tasks: pl.DataFrame | None = None, n_samples: int = 1) -> pl.DataFrame:
    """(run, condition) -> verdicts, on one path."""
    keyed = {("judge:a", "s", run, int(run != "base"), name): v for (run, name), v in arms.items()}
    scores = with_skills(make_scores(keyed, n_samples=n_samples), make_tasks() if tasks is None else tasks)
    return check(bounds(task_values(scores), RUNS, 0.95), BOUNDS, "bounds")


def row_of(found: pl.DataFrame, contrast: str, run: str = "base") -> dict:
    return found.filter(contrast=contrast, run=run).row(0, named=True)


def every_scoring(verdicts: list):
    """All ways to give a verdict to the unscored."""
    gaps = [index for index, value in enumerate(verdicts) if value is None]
    for filling in product((False, True), repeat=len(gaps)):
        given = dict(zip(gaps, filling, strict=True))
        yield np.array([given.get(index, value) for index, value in enumerate(verdicts)], dtype=float)


def test_a_deltas_bounds_are_the_least_and_greatest_of_all_ways_to_score_the_gaps():
    arms = {
        ("base", "none"): [True, None, False, None, True, False],
        ("base", "curated"): [None, True, None, None, True, False],
    }
    row = row_of(table(arms, make_tasks(3, 2)), "curated-none")
    possible = [
        (curated - none).mean()
        for curated in every_scoring(arms["base", "curated"])
        for none in every_scoring(arms["base", "none"])
    ]
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((min(possible), max(possible)))
    assert row["estimate"] == 0.0  # of the two tasks that are scored twice
    assert (row["n_tasks"], row["n_episodes"], row["n_unscored"]) == (6, 12, 5)


def test_a_lifts_bounds_take_the_delta_before_the_other_way():
    arms = {
        ("base", "none"): [True, None, False, True],
        ("base", "curated"): [None, True, False, False],
        ("sft-s0", "none"): [False, None, True, True],
        ("sft-s0", "curated"): [True, True, None, True],
    }
    row = row_of(table(arms, make_tasks(2, 2)), LIFT, "sft-s0")
    possible = [
        (a - b - c + d).mean()
        for a in every_scoring(arms["sft-s0", "curated"])
        for b in every_scoring(arms["sft-s0", "none"])
        for c in every_scoring(arms["base", "curated"])
        for d in every_scoring(arms["base", "none"])
    ]
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((min(possible), max(possible)))
    assert (row["n_episodes"], row["n_unscored"]) == (16, 4)


def test_with_every_episode_scored_bounds_and_interval_are_the_estimates_own():
    arms = {
        (run, condition): passes(50 + 20 * i + 15 * j, start=i + j)
        for i, run in enumerate(("base", "sft-s0", "sft-s1"))
        for j, condition in enumerate(("none", "placebo", "curated", "shuffled"))
    }
    found = table(arms)
    keyed = {("judge:a", "s", run, int(run != "base"), name): v for (run, name), v in arms.items()}
    values = task_values(with_skills(make_scores(keyed), make_tasks()))
    known = effects(differences(values, RUNS), 0.95, 50, 0)
    known = about_recipes(known, RUNS, ["path", "suite", "contrast"], 0.95)
    both = found.join(known, on=["path", *CELL, "contrast"], suffix="_known")
    assert both.height == found.height == 4 * (4 + 3)
    for name, expected in (
        ("bound_low", "estimate_known"),
        ("bound_high", "estimate_known"),
        ("estimate", "estimate_known"),
        ("ci_low", "ci_low_known"),
        ("ci_high", "ci_high_known"),
    ):
        assert both[name].to_list() == pytest.approx(both[expected].to_list())


def test_the_estimate_and_the_unscored_are_those_of_the_effects():
    gaps = [None if index % 11 == 0 else value for index, value in enumerate(passes(80))]
    arms = {(run, name): passes(70) for run in ("base", "sft-s0", "sft-s1") for name in ("none", "curated")}
    arms |= {("sft-s0", "curated"): gaps, ("base", "none"): gaps}
    keyed = {("judge:a", "s", run, int(run != "base"), name): v for (run, name), v in arms.items()}
    known = effects(
        differences(task_values(with_skills(make_scores(keyed), make_tasks())), RUNS), 0.95, 50, 0
    )
    both = table(arms).join(known, on=["path", *CELL, "contrast"], suffix="_known")
    for name in ("estimate", "n_unscored"):
        assert both[name].to_list() == pytest.approx(both[f"{name}_known"].to_list())
    row = row_of(both, LIFT, "sft")
    assert row["ci_low"] < row["bound_low"] < row["bound_high"] < row["ci_high"]


def test_a_task_with_some_samples_scored_is_imputed_in_the_others_alone():
    arms = {
        ("base", "none"): [False] * 8,
        ("base", "curated"): [True, None, None, False, True, True, None, None],
    }
    row = row_of(table(arms, make_tasks(2, 2), n_samples=2), "curated-none")
    assert (row["bound_low"], row["bound_high"]) == ((0.5 + 0 + 1 + 0) / 4, (1 + 0.5 + 1 + 1) / 4)
    assert row["estimate"] == pytest.approx((1 + 0 + 1) / 3)


def test_a_worst_case_reaches_as_far_as_what_was_found_without_the_unscored():
    # of four tasks that one arm lacks it is known that `none` passes: imputed alone they exclude the estimate
    arms = {
        ("base", "none"): [False, False, True, True, True, True],
        ("base", "curated"): [True, True, None, None, None, None],
    }
    row = row_of(table(arms, make_tasks(3, 2)), "curated-none")
    assert (row["bound_low"], row["bound_high"], row["estimate"]) == (pytest.approx(-1 / 3), 1.0, 1.0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.02, 0.1, 0.5, 0.9]))
def test_no_worst_case_is_narrower_than_what_was_found(seed, lost):
    drawn, tasks = np.random.default_rng(seed), make_tasks(6, 2)
    arms = {
        (run, condition): [
            None if gap < lost else bool(passed)
            for gap, passed in zip(drawn.random(12), drawn.random(12) < drawn.random(), strict=True)
        ]
        for run in ("base", "sft-s0", "sft-s1")
        for condition in ("none", "curated")
    }
    keyed = {("judge:a", "s", run, int(run != "base"), name): v for (run, name), v in arms.items()}
    scores = with_skills(make_scores(keyed), tasks)
    values, labelled = task_values(scores), judged_and_labelled(scores, exact_labels(scores, no_responses()))
    by = ["path", "suite", "contrast"]
    of_effects = about_recipes(effects(differences(values, RUNS), 0.95, 10, 0), RUNS, by, 0.95)
    as_judged = corrected_effects(labelled, RUNS, 0.95, 10, 0).filter(method="uncorrected")
    worst = bounds(values, RUNS, 0.95, as_judged)
    for found in (of_effects, as_judged):
        both = worst.join(found, on=["path", *CELL, "contrast"], suffix="_found").to_dicts()
        assert both
        for row in both:
            for less, more in (
                ("bound_low", "estimate_found"),
                ("estimate_found", "bound_high"),
                ("ci_low", "ci_low_found"),
                ("ci_high_found", "ci_high"),
            ):
                if row[less] is not None and row[more] is not None:
                    assert row[less] <= row[more] + 1e-12, (row, less, more)


def test_nothing_scored_bounds_nothing_and_estimates_nothing():
    arms = {("base", name): [None] * 200 for name in ("none", "curated")}
    row = row_of(table(arms), "curated-none")
    assert (row["estimate"], row["bound_low"], row["bound_high"]) == (None, -1.0, 1.0)
    assert (row["n_tasks"], row["n_episodes"], row["n_unscored"]) == (200, 400, 400)


def test_one_skill_leaves_the_interval_undefined_and_a_missing_arm_the_row_out():
    arms = {("base", "none"): [True, None], ("base", "curated"): [True, False]}
    row = row_of(table(arms, make_tasks(1, 2)), "curated-none")
    assert (row["bound_low"], row["bound_high"]) == (-0.5, 0.0)
    assert (row["ci_low"], row["ci_high"]) == (None, None)
    assert table({("base", "none"): passes(50)}).is_empty()
