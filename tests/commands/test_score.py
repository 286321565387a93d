"""Claims about the command `score.py`."""

from __future__ import annotations

import json

import polars as pl
import pytest
from score_tables import make_tasks
from stub_models import make_episodes

from skillift.chat.client import ChatClient, ChatModel
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.judging.verdicts import judge_episodes, read_template
from skillift.tables import read_table, write_table
from verdicts import score

RUNS = {
    "s/base": {"t0000": "So the result is 0.", "t0001": "ANSWER: 7"},
    "s/sft-s0": {"t0000": "ANSWER: 0", "t0001": ""},
}
SPEC = {
    "judges": ["conclusion", "tail"],
    "primary_judge": "conclusion",
    "runs": [{"student": "s", "run": "base"}, {"student": "s", "run": "sft-s0"}],
}


@pytest.fixture
def arguments(tmp_path, repository):
    tasks = make_tasks(n_skills=1, per_skill=2)
    template = read_template(repository / "workflow_scripts/assets/prompts/judge.jinja")
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    for name, responses in RUNS.items():
        episodes = make_episodes(responses)
        write_table(episodes, tmp_path / "episodes" / f"{name}.parquet", EPISODES)
        for judge in SPEC["judges"]:
            with ChatClient() as client:
                verdicts = judge_episodes(episodes, tasks, ChatModel(f"offline/{judge}"), template, client)
            write_table(verdicts, tmp_path / judge / f"{name}.parquet", VERDICTS)
    return [
        *("--spec", json.dumps(SPEC), "--tasks", f"{tmp_path}/tasks.parquet"),
        *("--episodes", f"{tmp_path}/episodes/{{student}}/{{run}}.parquet"),
        *("--verdicts", f"{tmp_path}/{{judge}}/{{student}}/{{run}}.parquet"),
    ]


def test_all_runs_and_paths_stand_in_one_table(arguments, tmp_path):
    for out in ("a.parquet", "b.parquet"):
        score.main([*arguments, "--out", str(tmp_path / out)])
    scores = read_table(tmp_path / "a.parquet", SCORES)
    rates = scores.group_by("path", "run").agg(pl.col("passed").mean()).sort("path", "run")
    assert rates.rows() == [
        ("bench", "base", 0.0),
        ("bench", "sft-s0", 0.5),
        ("judge:conclusion", "base", 0.5),
        ("judge:conclusion", "sft-s0", 0.5),
        ("judge:tail", "base", 0.5),
        ("judge:tail", "sft-s0", 0.5),
    ]
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_missing_table_of_verdicts_is_an_error(arguments, tmp_path):
    (tmp_path / "tail/s/sft-s0.parquet").unlink()
    with pytest.raises(UserError, match=r"tail/s/sft-s0\.parquet: no such table"):
        score.main([*arguments, "--out", str(tmp_path / "scores.parquet")])


@pytest.mark.parametrize("value", ["x.parquet", "{student}.parquet", "episodes/s/{run}.parquet"])
def test_a_path_that_does_not_tell_runs_apart_is_refused(arguments, tmp_path, value, capsys):
    with pytest.raises(SystemExit):
        score.main([*arguments, "--episodes", value, "--out", str(tmp_path / "scores.parquet")])
    assert "expected a path with {student} and {run} in it" in capsys.readouterr().err
