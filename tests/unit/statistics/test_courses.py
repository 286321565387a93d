"""Claims about the courses of trainings: means at common steps, cut-off answers beside them."""

from __future__ import annotations

import polars as pl
import pytest
from depth_tables import course_of, make_arms, runs_of
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import COURSES
from skillift.contracts.pipeline import EPISODES
from skillift.statistics.courses import courses
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import no_responses, pass_rates, responses
from skillift.tables import check

COURSE = course_of((0.3, 0.25, 0.35, 0.6, 0.8))
ONE_MORE = COURSE | {100: 0.7}
COURSES_OF = {("s", 0): COURSE, ("s", 1): ONE_MORE, ("m", 0): COURSE}


def made(response_frame: pl.DataFrame | None = None, unscored: tuple[int, ...] = ()) -> pl.DataFrame:
    values = task_values(with_skills(make_scores(make_arms(COURSES_OF, unscored=unscored)), make_tasks()))
    responses = no_responses() if response_frame is None else response_frame
    rates = pass_rates(values, responses, 0.95)
    return check(courses(rates, responses, runs_of(COURSES_OF)), COURSES, "courses")


def test_steps_are_those_that_all_seeds_have_and_the_base_model_is_step_0():
    table = made()
    assert table.filter(student="s", recipe="sft")["step"].to_list() == sorted(COURSE)  # 100 has one seed
    assert table.filter(student="s", recipe="").select("step", "n_runs").rows() == [(0, 1)]
    assert set(table.filter(student="s", recipe="sft")["n_runs"]) == {2}


def test_a_rate_is_the_mean_over_seeds_and_unscored_episodes_are_counted():
    scores = make_scores(make_arms(COURSES_OF, unscored=(8,)))
    at = scores.filter(student="s", step=8)
    by_run = at.group_by("run").agg(pl.col("passed").mean())["passed"]
    row = made(unscored=(8,)).filter(student="s", step=8).row(0, named=True)
    assert row["pass_rate"] == pytest.approx(by_run.mean())
    assert row["n_unscored"] == 6 and row["n_tasks"] == 197


def test_the_share_of_answers_that_the_limit_ended_stands_beside_each_rate():
    rows = [
        {"step": 8, "suite": "holdout", "condition": "curated", "task_id": f"t{task:04d}", "sample": 0}
        | {
            "engine": "vllm",
            "prompt_sha256": "x",
            "response": "ANSWER: 1" if task else "I think",
            "prompt_tokens": 9,
        }
        | {"finish_reason": "stop" if task else "length", "completion_tokens": 3}
        for task in range(4)
    ]
    episodes = check(pl.DataFrame(rows).select(list(EPISODES.columns)[:11]), EPISODES, "episodes")
    frame = pl.concat([no_responses(), responses(episodes, "m", "sft-s0")])
    table = made(frame)
    row = table.filter(student="m", step=8).row(0, named=True)
    assert (row["cut_off"], row["in_form"]) == (0.25, 0.75)
    assert table.filter(student="m", step=16)["cut_off"].to_list() == [None]


def test_a_share_that_one_seed_lacks_is_no_mean_of_the_others():
    rows = [
        {"step": 8, "suite": "holdout", "condition": "curated", "task_id": "t0000", "sample": 0}
        | {"engine": "vllm", "prompt_sha256": "x", "response": "ANSWER: 1", "prompt_tokens": 9}
        | {"finish_reason": "length", "completion_tokens": 3}
    ]
    episodes = pl.DataFrame(rows).select(list(EPISODES.columns)[:11])
    frame = pl.concat([no_responses(), responses(episodes, "s", "sft-s0")])
    assert made(frame).filter(student="s", step=8)["cut_off"].to_list() == [None]
