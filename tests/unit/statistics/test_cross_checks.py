"""What stands beside an effect: McNemar's test, the bootstrap, the normalised gain; and when they do not."""

from __future__ import annotations

import polars as pl
import pytest
from claim_tables import make_runs
from effect_tables import arms_with, estimate, row, study, table_of
from scipy.stats import binomtest
from score_tables import make_scores, make_tasks, passes

from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills


def test_two_arms_have_mcnemars_test_of_their_discordant_pairs():
    tasks = make_tasks(10, 2)
    none = [True] * 6 + [False] * 14
    curated = [True] * 4 + [False] * 2 + [True] * 9 + [None] + [False] * 4
    table = estimate(
        arms_with({"none": none, "curated": curated}, {"none": none, "curated": none}), tasks=tasks
    )
    expected = binomtest(9, 11, 0.5).pvalue
    assert row(table, "curated-none", run="base")["mcnemar_p"] == pytest.approx(expected)
    assert row(table, "gain:curated")["mcnemar_p"] == pytest.approx(expected)
    assert row(table, "curated-none", run="sft-s0")["mcnemar_p"] == 1.0
    assert row(table, "lift:curated-none")["mcnemar_p"] is None


def test_several_samples_or_several_runs_have_no_mcnemar_test():
    several = estimate(study(passes(60), passes(70)), tasks=make_tasks(40, 5), n_samples=2)
    assert several["mcnemar_p"].to_list() == [None]
    runs = make_runs({("s", "sft"): (0, 1)})
    arms = {}
    for seed in (0, 1):
        arms |= study(passes(60), passes(70), passes(80), passes(90, start=seed), run=f"sft-s{seed}")
    table = estimate(arms, runs)
    assert row(table, "gain:curated", run="sft")["mcnemar_p"] is None
    assert row(table, "gain:curated", run="sft-s0")["mcnemar_p"] is not None


def test_a_gain_over_a_base_model_with_several_samples_has_no_mcnemar_test():
    before = make_scores(study([True, True, False, False], [False] * 4), n_samples=2)
    after = make_scores(study([True] * 2, [True] * 2)).with_columns(run=pl.lit("sft-s0"))
    table = table_of(pl.concat([before, after]), make_tasks(2, 1))
    assert row(table, "gain:curated")["estimate"] == 1.0
    assert row(table, "gain:curated")["mcnemar_p"] is None
    assert row(table, "curated-none", run="sft-s0")["mcnemar_p"] == 1.0


def test_the_normalised_gain_is_the_gain_of_the_means_over_what_could_be_gained():
    table = estimate(study(passes(60), passes(80, start=5), passes(100, start=9), passes(140, start=2)))
    assert row(table, "gain:none")["normalised_gain"] == pytest.approx((0.5 - 0.3) / (1 - 0.3))
    found = row(table, "curated-none", run="sft-s0")
    assert found["normalised_gain"] == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert found["normalised_low"] < found["normalised_gain"] < found["normalised_high"]
    lift = row(table, "lift:curated-none")
    assert (lift["normalised_gain"], lift["normalised_low"]) == (None, None)


def test_the_normalised_gain_is_over_the_paired_tasks_alone():
    none = [False, True, None, False]  # pairs: tasks 0 and 1
    curated = [True, True, True, None]
    found = row(estimate(study(none, curated), tasks=make_tasks(4, 1)), "curated-none")
    assert found["normalised_gain"] == pytest.approx((1.0 - 0.5) / (1 - 0.5))


def test_where_nothing_was_left_to_gain_the_normalised_gain_is_undefined():
    found = row(estimate(study([True] * 200, passes(150))), "curated-none")
    assert found["estimate"] == -0.25
    assert (found["normalised_gain"], found["normalised_low"], found["normalised_high"]) == (None, None, None)


def test_the_bootstrap_stands_beside_the_clustered_interval_and_near_it():
    verdicts = [passes(count, start=31 * place) for place, count in enumerate((90, 102, 100, 120))]
    scores, tasks = make_scores(study(*verdicts)), make_tasks()
    values = task_values(with_skills(scores, tasks))
    first, again, other = (
        row(effects(differences(values, []), 0.95, 2000, seed), "lift:curated-none") for seed in (0, 0, 1)
    )
    width = first["ci_high"] - first["ci_low"]
    assert first["boot_high"] - first["boot_low"] == pytest.approx(width, rel=0.15)
    assert first["boot_low"] < first["estimate"] < first["boot_high"]
    assert first == again
    assert first["boot_low"] != other["boot_low"] or first["boot_high"] != other["boot_high"]
