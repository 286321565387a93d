"""The path audit: a shift is judge - bench on the same episodes, and its parts add up."""

from __future__ import annotations

import polars as pl
import pytest
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.contracts.analysis import PATH_SHIFT
from skillift.statistics.intervals import clustered_mean
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses, responses
from skillift.statistics.path_audit import path_shift
from skillift.tables import check

ARM = ("s", "base", 0, "none")


def audit(verdicts: dict[str, list], tasks: pl.DataFrame, texts: list[str] | None = None) -> pl.DataFrame:
    """The audit of one arm: verdicts by path, and the arm's responses."""
    scores = with_skills(make_scores({(path, *ARM): column for path, column in verdicts.items()}), tasks)
    seen = no_responses() if texts is None else responses(make_episodes(0, {"none": texts}), "s", "base")
    return check(path_shift(scores, seen, 0.95), PATH_SHIFT, "path shift")


def test_the_shift_is_the_paired_difference_of_the_paths_on_the_same_tasks():
    tasks = make_tasks()
    bench, judge = passes(40), passes(70, start=2)
    found = audit({"bench": bench, "judge:tail": judge}, tasks).row(0, named=True)
    per_task = pl.Series(judge).cast(pl.Int64) - pl.Series(bench).cast(pl.Int64)
    expected = clustered_mean(per_task.to_numpy().astype(float), tasks["skill_id"].to_numpy(), 0.95)
    assert (found["bench_pass_rate"], found["path_pass_rate"], found["shift"]) == (0.2, 0.35, 0.15)
    assert (found["ci_low"], found["ci_high"]) == (expected.ci_low, expected.ci_high)
    assert found["standard_error"] == expected.standard_error
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"]) == (200, 40, 0)


def test_every_judge_and_condition_has_its_row():
    arms = {
        (path, "s", "base", 0, condition): passes(50)
        for path in ("bench", "judge:a", "judge:b")
        for condition in ("none", "curated")
    }
    table = path_shift(with_skills(make_scores(arms), make_tasks()), no_responses(), 0.95)
    assert table.select("condition", "path").rows() == [
        ("curated", "judge:a"),
        ("curated", "judge:b"),
        ("none", "judge:a"),
        ("none", "judge:b"),
    ]


def test_the_under_count_is_told_apart_by_the_answer_line():
    tasks = make_tasks(n_skills=3, per_skill=2, judge_scored=1)
    bench = [False, False, False, True, True, False]
    judge = [True, True, False, True, False, True]
    texts = ["So it is 0.", "ANSWER: 9\nNo, it is 1.", "ANSWER: 7", "ANSWER: 3", "ANSWER: 4", "it is 5"]
    found = audit({"bench": bench, "judge:tail": judge}, tasks, texts).row(0, named=True)
    assert found["n_answer_line_tasks"] == 5
    assert (found["no_answer_line"], found["other_line"], found["bench_only"]) == (0.2, 0.2, 0.2)
    assert found["shift"] == pytest.approx((1 + 1 - 1 + 1) / 6)


def test_the_parts_add_up_to_the_shift_where_all_tasks_have_the_extractor():
    bench, judge = passes(60), passes(90, start=3)
    texts = ["ANSWER: x" if index % 3 else "prose" for index in range(200)]
    found = audit({"bench": bench, "judge:tail": judge}, make_tasks(), texts).row(0, named=True)
    parts = found["no_answer_line"] + found["other_line"] - found["bench_only"]
    assert min(found["no_answer_line"], found["other_line"], found["bench_only"]) > 0
    assert found["shift"] == pytest.approx(parts)


def test_without_responses_the_under_count_is_not_guessed():
    found = audit({"bench": [False, True], "judge:tail": [True, False]}, make_tasks(2, 1)).row(0, named=True)
    assert (found["no_answer_line"], found["other_line"], found["bench_only"]) == (None, None, 0.5)


def test_an_episode_unscored_on_either_path_is_left_out_of_both_rates():
    verdicts = {"bench": [True, None, False, True], "judge:tail": [None, True, True, True]}
    found = audit(verdicts, make_tasks(4, 1)).row(0, named=True)
    assert (found["bench_pass_rate"], found["path_pass_rate"], found["shift"]) == (0.5, 1.0, 0.5)
    assert (found["n_tasks"], found["n_unscored"]) == (2, 2)


def test_a_judge_without_verdicts_gives_nulls():
    found = audit({"bench": [True, False], "judge:tail": [None, None]}, make_tasks(2, 1)).row(0, named=True)
    assert (found["bench_pass_rate"], found["shift"], found["ci_low"], found["bench_only"]) == (None,) * 4
    assert (found["n_tasks"], found["n_answer_line_tasks"], found["n_unscored"]) == (0, 0, 2)


@pytest.mark.parametrize("paths", [["bench"], ["judge:tail"]])
def test_one_path_alone_is_no_shift(paths):
    table = audit({path: passes(50) for path in paths}, make_tasks())
    assert table["shift"].drop_nulls().is_empty()


def test_episodes_with_different_answer_lines_are_counted_by_arm():
    texts = [
        "ANSWER: 1\n\nTask: What is 2 + 2?\nANSWER: 4",  # an invented further task
        "ANSWER: 0.5\nSo, once more:\nANSWER: 1/2",  # the same answer twice
        "ANSWER: 7",
        "prose",
    ]
    verdicts = {"bench": [True] * 4, "judge:a": [True] * 4, "judge:b": [True] * 4}
    table = audit(verdicts, make_tasks(4, 1), texts)
    assert table["n_different_lines"].to_list() == [1, 1]
    unknown = audit(verdicts, make_tasks(4, 1))
    assert unknown["n_different_lines"].to_list() == [None, None]
