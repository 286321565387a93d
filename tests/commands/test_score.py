"""Claims about the command `score.py`."""

from __future__ import annotations

import json

import polars as pl
import pytest
import score
from score_tables import make_tasks
from stub_models import make_episodes

from skillift.chat.client import ChatClient, ChatModel
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.judging.verdicts import judge_episodes, read_template
from skillift.tables import read_table, write_table

RUNS = {
    "s/base": {"t0000": "So the result is 0.", "t0001": "ANSWER: 7"},
    "s/sft-s0": {"t0000": "ANSWER: 0", "t0001": ""},
}
SPEC = {"judges": ["conclusion", "tail"], "primary_judge": "conclusion"}


@pytest.fixture
def arguments(tmp_path, repository):
    tasks = make_tasks(n_skills=1, per_skill=2)
    template = read_template(repository / "workflow_scripts/prompts/judge.jinja")
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    options = []
    for name, responses in RUNS.items():
        episodes = make_episodes(responses)
        write_table(episodes, tmp_path / "episodes" / f"{name}.parquet", EPISODES)
        options += ["--episodes", f"{name}={tmp_path}/episodes/{name}.parquet"]
        for judge in SPEC["judges"]:
            with ChatClient() as client:
                verdicts = judge_episodes(episodes, tasks, ChatModel(f"offline/{judge}"), template, client)
            write_table(verdicts, tmp_path / judge / f"{name}.parquet", VERDICTS)
            options += ["--verdicts", f"{judge}/{name}={tmp_path}/{judge}/{name}.parquet"]
    return ["--spec", json.dumps(SPEC), "--tasks", f"{tmp_path}/tasks.parquet", *options]


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


def test_a_forgotten_table_of_verdicts_is_an_error(arguments, tmp_path):
    with pytest.raises(UserError, match="verdicts tail/s/sft-s0: no such table was given"):
        score.main([*arguments[:-2], "--out", str(tmp_path / "scores.parquet")])


@pytest.mark.parametrize("value", ["s=x.parquet", "s/base", "a/s/base=x.parquet", "/base=x.parquet"])
def test_a_table_without_its_labels_is_refused(arguments, tmp_path, value, capsys):
    with pytest.raises(SystemExit):
        score.main([*arguments, "--episodes", value, "--out", str(tmp_path / "scores.parquet")])
    assert "expected student/run=PATH" in capsys.readouterr().err
