"""Claims about many samples: against parameters at no more FLOPs, by tier, and after SFT."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from made_specs import analysis_of, estimated
from sampled_arms import SPEC, Arm, runs_of, sampled

from skillift.contracts.analysis import SAMPLING_BUDGETS
from skillift.contracts.claims import CLAIMS
from skillift.protocols import MAIN, with_protocol
from skillift.statistics.analysis import analyse
from skillift.statistics.claim_labels import CONTRADICTED, EQUIVALENT, SUPPORTED
from skillift.statistics.protocol_tables import of_one
from skillift.statistics.sampling import affordable, sampling_claims
from skillift.statistics.sampling_budgets import sampling_budgets
from skillift.tables import check

PARAMETERS = {"s": 10, "m": 40, "l": 160}
SETTINGS = SPEC | {
    "sampling_budgets": [1, 2, 4, 8],
    "parameters": PARAMETERS,
    "margins": {"sampling_budget_tie": 0.05},
}
OF_SAMPLES = {"sampling_budget", "sampling_budget_where_able", "diversity_lost", "diversity_by_tier"}
CLAIMS_OF_BUDGETS = ("sampling_budget", "sampling_budget_where_able")
STUDENTS = ("l", "m", "s")


def claims(arms: dict[tuple[str, str], Arm], n_samples: int = 8, seed: int = 1, **settings) -> pl.DataFrame:
    tasks, scores, responses = sampled(arms, n_samples, seed)
    runs, settings = runs_of(STUDENTS), SETTINGS | settings
    asked = of_one("sampling", scores, tasks, responses, runs, estimated(settings))
    found = [*sampling_claims(asked, responses, runs, estimated(settings))]
    return check(pl.concat(found), CLAIMS, "claims") if found else pl.DataFrame()


def all_arms(before: dict[str, Arm], after: dict[str, Arm]) -> dict[tuple[str, str], Arm]:
    return {(name, "base"): arm for name, arm in before.items()} | {
        (name, "sft-s0"): arm for name, arm in after.items()
    }


SAME = {name: Arm(0.3) for name in STUDENTS}


def test_the_budget_is_the_largest_that_costs_no_more():
    assert affordable(10.0, 40.0, [1, 2, 4, 8]) == 4
    assert affordable(10.0, 39.9, [1, 2, 4, 8]) == 2
    assert affordable(10.0, 19.0, [1, 2, 4, 8]) is None  # one sample is no budget of several


def test_flops_are_parameters_times_the_tokens_of_all_answers():
    longer = {name: Arm(0.3, tokens=40 if name == "s" else 20) for name in STUDENTS}
    found = claims(all_arms(SAME, longer)).filter(claim="sampling_budget")
    budgets = {
        (run, small, large): contrast
        for run, small, large, contrast in found.select("run", "student", "against", "contrast").iter_rows()
    }
    assert budgets == {
        ("base", "s", "m"): "curated@4",
        ("base", "m", "l"): "curated@4",
        ("base", "s", "l"): "curated@8",
        ("sft", "s", "m"): "curated@2",
        ("sft", "m", "l"): "curated@4",
        ("sft", "s", "l"): "curated@8",
    }


def test_a_pair_has_no_row_where_two_samples_are_too_many():
    costly = {name: Arm(0.3, tokens=60 if name == "s" else 20) for name in STUDENTS}
    found = claims(all_arms(costly, SAME)).filter(claim="sampling_budget", run="base")
    assert found.select("student", "against").sort("student").rows() == [("m", "l"), ("s", "l")]


@pytest.mark.slow
def test_samples_of_a_smaller_student_beat_tie_with_or_lose_to_a_larger_one():
    after = {"s": Arm(0.6, answers=40), "m": Arm(0.55), "l": Arm(0.99)}
    found = claims(all_arms(SAME, after)).filter(claim="sampling_budget", run="sft")
    words = {row[:2]: row[2] for row in found.select("student", "against", "word").iter_rows()}
    assert words["s", "m"] == SUPPORTED and words["m", "l"] == CONTRADICTED
    # two samples of which ties are shared out are right as often as one
    two = claims(all_arms(SAME, SAME), sampling_budgets=[1, 2], seed=3, margins={"sampling_budget_tie": 0.1})
    assert set(two.filter(claim="sampling_budget")["word"]) == {EQUIVALENT}
    assert set(two.filter(claim="sampling_budget")["contrast"]) == {"curated@2"}


@pytest.mark.slow
def test_where_a_student_is_able_is_told_by_the_other_half_of_its_samples():
    """At tasks with luck alone the other half tells nothing: selected or not, they pass as often."""
    runs = runs_of(("l", "s"))
    lucky = {("s", "base"): Arm(0.5, tokens=10), ("l", "base"): Arm(0.5, tokens=10)}
    tasks, scores, responses = sampled(lucky, 8, 5, n_skills=30, spread=0.0)
    asked = of_one("sampling", scores, tasks, responses, runs, estimated(SETTINGS))
    (found,) = [
        table
        for table in sampling_claims(asked, responses, runs, estimated(SETTINGS))
        if table["metric"][0] == "pass"
    ]
    whole, able = (found.filter(claim=name).row(0, named=True) for name in CLAIMS_OF_BUDGETS)
    assert (whole["contrast"], able["contrast"]) == ("curated@8", "curated@4")
    # the majority of four samples, less one sample: nearly every task is able
    assert able["n_tasks"] >= 0.9 * tasks.height
    expected = asked.values["majority@4"].filter(student="s")["value"].mean() - 0.5
    assert able["estimate"] == pytest.approx(expected, abs=0.05)
    # tasks that only chance passes are left out where the other half has no pass
    rare = {("s", "base"): Arm(0.05, tokens=10), ("l", "base"): Arm(0.5, tokens=10)}
    tasks, scores, responses = sampled(rare, 8, 6, n_skills=30, spread=0.0)
    asked = of_one("sampling", scores, tasks, responses, runs, estimated(SETTINGS))
    (found,) = [
        table
        for table in sampling_claims(asked, responses, runs, estimated(SETTINGS))
        if table["metric"][0] == "pass"
    ]
    able = found.filter(claim="sampling_budget_where_able").row(0, named=True)
    halves = [scores.filter(pl.col("sample") % 2 == half, student="s") for half in (0, 1)]
    passed = [frame.group_by("task_id").agg(pl.col("passed").any()).filter("passed") for frame in halves]
    assert able["n_tasks"] == pl.concat(passed)["task_id"].n_unique()
    assert able["estimate"] == pytest.approx(-0.5, abs=0.12)  # and chance has not been selected for


def test_where_chance_alone_makes_a_student_able_its_majority_is_right_as_often_as_elsewhere():
    """All tasks have one chance of 25 %: half of the samples pass two thirds of them, which are no easier."""
    runs = runs_of(("l", "s"))
    chance = {("s", "base"): Arm(0.25, tokens=10), ("l", "base"): Arm(0.25, tokens=10)}
    tasks, scores, responses = sampled(chance, 8, 7, n_skills=60, per_skill=20, spread=0.0)
    asked = of_one("sampling", scores, tasks, responses, runs, estimated(SETTINGS))
    (found,) = [
        table
        for table in sampling_claims(asked, responses, runs, estimated(SETTINGS))
        if table["metric"][0] == "pass"
    ]
    able = found.filter(claim="sampling_budget_where_able").row(0, named=True)
    assert 0.8 * tasks.height < able["n_tasks"] < tasks.height  # one half or the other: 90 %
    values = asked.values["majority@4"].filter(student="s")["value"]
    expected = values.mean() - asked.values["pass"].filter(student="l")["value"].mean()
    assert able["estimate"] == pytest.approx(expected, abs=0.02)  # three standard errors


@pytest.mark.parametrize("lost", [False, True])
def test_tasks_and_lost_verdicts_count_once_though_both_halves_count(lost):
    arms = {("s", "base"): Arm(0.99, tokens=10), ("l", "base"): Arm(0.5, tokens=10)}
    tasks, scores, responses = sampled(arms, 8, 8, n_skills=10, per_skill=2, spread=0.0)
    if lost:  # of the large student the same sample of every task
        gone = (pl.col("student") == "l") & (pl.col("sample") == 3)
        scores = scores.with_columns(passed=pl.when(~gone).then("passed"))
    asked = of_one("sampling", scores, tasks, responses, runs_of(("l", "s")), estimated(SETTINGS))
    (found,) = [
        table
        for table in sampling_claims(asked, responses, runs_of(("l", "s")), estimated(SETTINGS))
        if table["metric"][0] == "pass"
    ]
    able = found.filter(claim="sampling_budget_where_able").row(0, named=True)
    assert able["n_tasks"] == tasks.height and able["n_unscored"] == (tasks.height if lost else 0)


@pytest.mark.slow
def test_answers_that_become_fewer_are_lost_diversity_and_more_contradict_it():
    fewer = all_arms(SAME, {name: Arm(0.3, answers=2) for name in STUDENTS})
    more = all_arms({name: Arm(0.3, answers=2) for name in STUDENTS}, SAME)
    for arms, word in ((fewer, SUPPORTED), (more, CONTRADICTED)):
        rows = claims(arms).filter(claim="diversity_lost")
        assert rows["word"].to_list() == [word] * 3
        assert set(rows["metric"]) == {"distinct@8"} and set(rows["path"]) == {"text"}
        assert rows["contrast"].to_list() == ["gain:curated"] * 3


@pytest.mark.parametrize(("largest", "word"), [(16, SUPPORTED), (1, CONTRADICTED)])
def test_larger_students_may_give_more_or_fewer_answers(largest, word):
    after = {"s": Arm(0.3, 4), "m": Arm(0.3, 4), "l": Arm(0.3, largest)}
    rows = claims(all_arms(SAME, after)).filter(claim="diversity_by_tier")
    assert rows.filter(run="sft")["word"].to_list() == [word]
    assert rows["run"].to_list() == ["base", "sft"]


def test_nothing_is_claimed_of_a_study_that_does_not_ask():
    assert claims(all_arms(SAME, SAME), sampling_budgets=None).is_empty()
    assert claims(all_arms(SAME, SAME), n_samples=1).is_empty()


def test_without_parameters_no_student_is_smaller_than_another():
    found = claims(all_arms(SAME, SAME), parameters={})
    assert set(found["claim"]) == {"diversity_lost"}


@pytest.mark.slow
@pytest.mark.parametrize("declared", [True, False])
def test_claims_carry_their_protocol_where_a_study_declares_any(declared):
    tasks, scores, responses = sampled(all_arms(SAME, SAME), 4, 2)
    spec = {"analysis": SETTINGS, "runs": runs_of(STUDENTS)}
    if declared:
        greedy = pl.col("sample") == 0
        scores, responses = (
            pl.concat([with_protocol(table.filter(greedy), MAIN), with_protocol(table, "sampling")])
            for table in (scores, responses)
        )
    found = analyse(scores, tasks, responses, *analysis_of(spec)).claims
    of_samples = found.filter(pl.col("claim").is_in(OF_SAMPLES))
    assert set(of_samples["claim"]) == OF_SAMPLES
    if declared:
        assert set(of_samples["protocol"]) == {"sampling"}
    others = found.join(of_samples, on=["claim"], how="anti")
    spec["analysis"] = {name: value for name, value in SETTINGS.items() if name != "sampling_budgets"}
    assert others.equals(analyse(scores, tasks, responses, *analysis_of(spec)).claims)


@pytest.mark.slow
def test_differences_of_sampled_metrics_are_covered_and_no_difference_is_found_rarely():
    """pass@k, majority@k and distinct@k of two arms that answer alike: the true difference is 0."""
    arms = {("s", "base"): Arm(0.35, 5), ("s", "sft-s0"): Arm(0.35, 5)}
    names = ("pass@2", "pass@4", "majority@4", "distinct@4", "distinct_right@4")
    n_studies, covered = 60, dict.fromkeys(names, 0)
    for seed in range(n_studies):
        tasks, scores, responses = sampled(arms, 4, seed, n_skills=12, per_skill=3)
        tables = of_one("sampling", scores, tasks, responses, runs_of(("s",)), estimated(SPEC)).tables
        for name in names:
            (row,) = tables[name].effects.filter(contrast="gain:curated").to_dicts()
            covered[name] += row["ci_low"] <= 0 <= row["ci_high"]
    # 95 % less three standard errors of so many studies
    least = n_studies * (0.95 - 3 * np.sqrt(0.95 * 0.05 / n_studies))
    assert all(number >= least for number in covered.values()), covered
    assert all(number < n_studies for number in covered.values()), "intervals that always hold 0 are too wide"


def test_the_table_of_budgets_has_the_rates_of_both_measures_and_their_flops():
    tasks, scores, responses = sampled(all_arms(SAME, SAME), 8, 1)
    runs = runs_of(STUDENTS)
    settings = SETTINGS | {"sampling_budgets": [4]}
    asked = of_one("sampling", scores, tasks, responses, runs, estimated(settings))
    found = check(sampling_budgets([asked], estimated(settings)), SAMPLING_BUDGETS, "budgets")
    arm = found.filter(student="m", run="base", path=found["path"][0])
    assert arm.select("measure", "samples").rows() == [
        ("majority@k", 1),
        ("majority@k", 4),
        ("pass@k", 1),
        ("pass@k", 4),
    ]
    majority, of_four, one, any_of_four = arm["pass_rate"]
    assert majority == one < any_of_four and of_four < any_of_four
    rates = asked.tables["pass@4"].rates.filter(student="m", run="base", condition="curated")
    assert any_of_four == rates["pass_rate"][0]
    tokens = rates["mean_completion_tokens"][0]
    assert arm["flops"].to_list() == [2 * PARAMETERS["m"] * tokens * k for k in (1, 4, 1, 4)]
    assert set(found["sampled_by"]) == {"sampling"}


def test_without_budgets_or_parameters_nothing_is_said_of_flops():
    tasks, scores, responses = sampled(all_arms(SAME, SAME), 8, 1)
    asked = of_one("sampling", scores, tasks, responses, runs_of(STUDENTS), estimated(SETTINGS))
    without = {name: value for name, value in SETTINGS.items() if name != "sampling_budgets"}
    assert sampling_budgets([asked], estimated(without)).is_empty()
    found = sampling_budgets([asked], estimated(SETTINGS | {"parameters": {"s": 10}}))
    assert set(found.filter(pl.col("flops").is_not_null())["student"]) == {"s"}
