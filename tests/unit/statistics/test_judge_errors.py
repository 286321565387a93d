"""Labels are verdicts beyond doubt, and a judge's errors are counted on them alone, arm by arm."""

from __future__ import annotations

import polars as pl
import pytest
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import JUDGE_ERRORS
from skillift.statistics.intervals import wilson_interval
from skillift.statistics.judge_errors import judge_errors
from skillift.statistics.labels import exact_labels, judged_and_labelled
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses, responses
from skillift.tables import check

BASE = ("s", "base", 0)


def responses_of(texts: dict[str, list[str]]) -> pl.DataFrame:
    return responses(make_episodes(0, texts), "s", "base")


def table(arms: dict[tuple, list], texts: dict[str, list[str]] | None, tasks: pl.DataFrame) -> pl.DataFrame:
    """(path, condition) -> verdicts of the base model, and its responses by condition."""
    keyed = {(path, *BASE, condition): v for (path, condition), v in arms.items()}
    scores = with_skills(make_scores(keyed), tasks)
    labels = exact_labels(scores, no_responses() if texts is None else responses_of(texts))
    return check(judge_errors(judged_and_labelled(scores, labels), 0.95), JUDGE_ERRORS, "judge errors")


def test_only_a_readable_answer_line_of_a_task_with_an_extractor_is_a_label():
    tasks = make_tasks(n_skills=3, per_skill=2, judge_scored=1)
    bench = [True, False, False, None, False, True]
    texts = ["ANSWER: 0", "ANSWER: 7", "It is 2.", "ANSWER: 3", "<think>ANSWER: 4", "ANSWER: 5"]
    scores = with_skills(make_scores({("bench", *BASE, "none"): bench}), tasks)
    labels = exact_labels(scores, responses_of({"none": texts}))
    assert labels.sort("task_id").select("task_id", "label").rows() == [("t0000", True), ("t0001", False)]


def test_without_responses_nothing_is_labelled():
    arms = {("bench", "none"): [True, False], ("judge:a", "none"): [True, True]}
    row = table(arms, None, make_tasks(2, 1)).filter(condition="none").row(0, named=True)
    assert (row["n_labelled"], row["n_unlabelled"]) == (0, 2)
    assert (row["sensitivity"], row["sensitivity_low"], row["specificity"], row["youden"]) == (None,) * 4


def test_prose_is_no_fail_so_a_judge_that_passes_it_is_not_wrong():
    arms = {("bench", "none"): [True, False, False], ("judge:a", "none"): [True, False, True]}
    texts = {"none": ["ANSWER: 0", "ANSWER: 9", "So it is 2."]}
    row = table(arms, texts, make_tasks(3, 1)).filter(condition="none").row(0, named=True)
    assert (row["sensitivity"], row["specificity"], row["youden"]) == (1.0, 1.0, 1.0)
    assert (row["n_labelled"], row["n_unlabelled"]) == (2, 1)


def test_errors_are_counted_by_kind_with_wilsons_interval():
    bench = [True] * 40 + [False] * 60
    judge = [True] * 30 + [False] * 10 + [False] * 45 + [True] * 12 + [None] * 3
    texts = {"none": ["ANSWER: x"] * 100}
    found = table({("bench", "none"): bench, ("judge:a", "none"): judge}, texts, make_tasks(20, 5))
    row = found.filter(condition="none").row(0, named=True)
    cells = ("true_pass", "false_fail", "true_fail", "false_pass")
    assert [row[name] for name in cells] == [30, 10, 45, 12]
    assert (row["n_labelled"], row["n_unscored"], row["n_unlabelled"]) == (97, 3, 0)
    assert (row["n_tasks"], row["n_skills"]) == (97, 20)
    assert (row["sensitivity"], row["specificity"]) == (0.75, pytest.approx(45 / 57))
    assert row["youden"] == pytest.approx(0.75 + 45 / 57 - 1)
    low, high = wilson_interval(pl.Series([30, 45]).to_numpy(), pl.Series([40, 57]).to_numpy(), 0.95)
    assert (row["sensitivity_low"], row["sensitivity_high"]) == pytest.approx((low[0], high[0]))
    assert (row["specificity_low"], row["specificity_high"]) == pytest.approx((low[1], high[1]))


def test_each_judge_and_condition_has_its_own_rates_and_all_conditions_together():
    tasks, texts = make_tasks(10, 2), {name: ["ANSWER: x"] * 20 for name in ("none", "curated")}
    right = passes(10, 20)
    lenient = [True] * 20
    arms = {("bench", name): right for name in texts} | {("judge:b", name): right for name in texts}
    arms |= {("judge:a", "none"): right, ("judge:a", "curated"): lenient}
    found = table(arms, texts, tasks)
    rates = found.select("judge", "condition", "sensitivity", "specificity").rows()
    assert rates == [
        ("a", "all", 1.0, 0.5),
        ("a", "curated", 1.0, 0.0),
        ("a", "none", 1.0, 1.0),
        *(("b", name, 1.0, 1.0) for name in ("all", "curated", "none")),
    ]
    assert found.filter(judge="a", condition="all")["n_tasks"].item() == 20


def test_a_rate_without_such_an_episode_is_undefined_and_the_other_is_not():
    arms = {("bench", "none"): [True, True], ("judge:a", "none"): [True, False]}
    row = (
        table(arms, {"none": ["ANSWER: x"] * 2}, make_tasks(2, 1)).filter(condition="none").row(0, named=True)
    )
    assert (row["sensitivity"], row["specificity"], row["youden"]) == (0.5, None, None)
    assert (row["specificity_low"], row["specificity_high"]) == (None, None)


def test_without_judges_there_are_no_errors():
    assert table({("bench", "none"): [True, False]}, {"none": ["ANSWER: x"] * 2}, make_tasks(2, 1)).is_empty()
