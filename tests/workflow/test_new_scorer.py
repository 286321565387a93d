"""A worked example: a new scorer is its module and its test, and own tasks may name it.

`mentions` of docs/how-to/extending.md is added to a copy of the project.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from projects import ROOT
from worked_examples import command, files_said, project_with, run_tests

from skillift.contracts.pipeline import EPISODES, SCORES, VERDICTS, required_columns
from skillift.provenance import code_digest
from skillift.tables import read_table, write_table

TASKS = """task_id,skill_id,suite,prompt,reference,scorer
t1,sums,holdout,What is 1 + 1?,2,
t2,sums,holdout,Which is it?,big cat,mentions
t3,sums,holdout,Which is it?,big cat,mentions
t4,sums,holdout,Which is it?,big cat,judge
"""
SKILLS = "sums:\n  name: sums\n  steps: [Look., Say.]\n"
SAID = {"t1": "ANSWER: 2", "t2": "it is a big cat", "t3": "it is a cat", "t4": "it is a big cat"}
# the judge fails what it scores: so it is seen on `bench` who scored what
EPISODE = {"step": 0, "suite": "holdout", "condition": "none", "sample": 0}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project, to which two files are added."""
    folder, touched = project_with("A scorer", tmp_path_factory.mktemp("new-scorer") / "project")
    assert len(touched) == files_said("a scorer") == 2
    return folder


@pytest.fixture(scope="module")
def tasks(project) -> Path:
    """The table of tasks that name it."""
    (project / "tasks.csv").write_text(TASKS, encoding="utf-8")
    (project / "skills.yaml").write_text(SKILLS, encoding="utf-8")
    spec = json.dumps({"files": {"tasks": "tasks.csv", "skills": "skills.yaml"}})
    options = ("--own-tasks", "tasks.csv", "--own-skills", "skills.yaml")
    code, said = command(
        project,
        "tasks/build_tasks.py",
        *("--spec", spec, "--suite", "holdout", *options, "--tasks", "tasks.parquet"),
        *("--skills", "skills.parquet"),
    )
    assert code == 0, said
    return project / "tasks.parquet"


def test_own_tasks_may_name_it(tasks):
    table = pl.read_parquet(tasks)
    assert table["scorer"].to_list() == ["answer_line", "mentions", "mentions", "judge"]


def test_a_misspelt_one_is_refused_with_the_list_of_all(project, tasks):
    (project / "tasks.csv").write_text(TASKS.replace("mentions", "mention"), encoding="utf-8")
    spec = json.dumps({"files": {"tasks": "tasks.csv", "skills": "skills.yaml"}})
    options = ("--own-tasks", "tasks.csv", "--own-skills", "skills.yaml", "--tasks", "no.parquet")
    options += ("--skills", "no-skills.parquet")
    code, said = command(project, "tasks/build_tasks.py", "--spec", spec, "--suite", "holdout", *options)
    assert code == 1 and "'mention'" in said and "answer_line" in said and "mentions" in said


def test_the_path_bench_scores_its_tasks_by_it_and_the_others_as_before(project, tasks):
    episodes = pl.DataFrame(
        [
            {**EPISODE, "task_id": task_id, "response": text, "finish_reason": "stop"}
            for task_id, text in SAID.items()
        ]
    )
    numbers = {name: pl.lit(1, dtype=pl.Int64) for name in ("prompt_tokens", "completion_tokens")}
    numbers |= {name: pl.lit("0" * 64) for name in ("prompt_sha256", "template_sha256")}
    answered = episodes.with_columns(**numbers, engine=pl.lit("vllm"))
    write_table(answered.select(required_columns(EPISODES)), project / "e/s/base.parquet", EPISODES)
    verdicts = episodes.select(*EPISODE, "task_id").with_columns(
        passed=pl.lit(False), status=pl.lit("scored"), raw=pl.lit("no"), cost_usd=pl.lit(0.0), **numbers
    )
    write_table(verdicts.select(list(VERDICTS.columns)), project / "v/j/s/base.parquet", VERDICTS)
    spec = {"judges": ["j"], "primary_judge": "j", "runs": [{"student": "s", "run": "base"}]}
    files = ("--episodes", "e/{student}/{run}.parquet", "--verdicts", "v/{judge}/{student}/{run}.parquet")
    options = ("--spec", json.dumps(spec), "--tasks", "tasks.parquet", *files, "--out", "scores.parquet")
    code, said = command(project, "verdicts/score.py", *options)
    assert code == 0, said
    scores = read_table(project / "scores.parquet", SCORES).filter(path="bench").sort("task_id")
    assert scores["passed"].to_list() == [True, True, False, False]


def test_its_own_test_passes(project):
    done = run_tests(project, "tests/unit/scorers/test_mentions.py")
    assert "6 passed" in done.stdout, done.stdout


def test_scores_are_taken_again_with_it_and_nothing_else_is(project):
    def digest(name, scripts):
        scorers = sorted(path.stem for path in (scripts / "skillift/scorers").glob("[!_]*.py"))
        modules = [f"skillift.scorers.{scorer}" for scorer in scorers] if name == "verdicts/score.py" else []
        return code_digest(name, *modules, scripts=scripts)

    before, after = ROOT / "workflow_scripts", project / "workflow_scripts"
    commands = (
        *("verdicts/score.py", "analysis/analyse.py", "verdicts/judge.py", "episodes/generate.py"),
        *("training/train.py", "tasks/build_tasks.py"),
    )
    assert [name for name in commands if digest(name, before) != digest(name, after)] == ["verdicts/score.py"]
