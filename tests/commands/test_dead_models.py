"""Claims about commands whose model dies: no table with lost rows, no answer paid twice, whole afterwards."""

from __future__ import annotations

import json
from collections import Counter

import polars as pl
import pytest
from made_specs import pack_of
from score_tables import make_tasks
from stub_models import chat_completion, chat_server, make_episodes

from certification import certify_judge
from corpus import collect_demonstrations
from episodes import ask_reference
from skillift.chat import offline_judges
from skillift.contracts.pipeline import CERTIFICATION, DEMONSTRATIONS, EPISODES, SKILLS, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from skillift.taskpack import build_pack
from verdicts import judge

pytestmark = pytest.mark.slow  # runs a job twice for each way to die

PACK = pack_of(skills=4, per_skill={"train": 10, "dev": 0, "holdout": 10})
DEATHS = {
    "not implemented": (501, {"error": {"message": "out of order"}}),
    "overloaded": (503, {"error": {"message": "out of order"}}),
    "refused for good": (400, {"error": {"message": "out of order"}}),
    "a dropped connection": (200, b"{", {"Content-Length": "100"}),
    "empty replies": (200, chat_completion("")),
}


class Model:
    """Answers tasks and judge prompts, until it dies; counts its answers by question."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        self.asked = 0
        self.dead_from: int | None = None  # number of answers after which it answers no more
        self.death = DEATHS["overloaded"]
        self.faults_left = 0

    def __call__(self, body):
        self.asked += 1
        question = json.dumps(body["messages"])
        if self.faults_left or (self.dead_from is not None and self.answered.total() >= self.dead_from):
            self.faults_left = max(0, self.faults_left - 1)
            return self.death
        self.answered[question] += 1
        content = body["messages"][0]["content"]
        judged = "<<<response" in content
        return 200, chat_completion(offline_judges.reply("conclusion", content) if judged else "ANSWER: 1")


class FailingAt:
    """A model that refuses for good what is asked about one task."""

    def __init__(self, model: Model, prompt: str) -> None:
        self.model, self.prompt = model, prompt

    def __call__(self, body):
        if f"\n{self.prompt}\n" in body["messages"][0]["content"]:
            return DEATHS["refused for good"]
        return self.model(body)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    skills, tasks = build_pack(PACK)
    write_table(skills, folder / "skills.parquet", SKILLS)
    write_table(tasks, folder / "tasks.parquet", TASKS)
    judged = make_tasks(n_skills=4, per_skill=15)
    responses = {row["task_id"]: f"ANSWER: {row['reference']}" for row in judged.iter_rows(named=True)}
    write_table(judged, folder / "judged.parquet", TASKS)
    write_table(make_episodes(responses), folder / "base.parquet", EPISODES)
    others = {task: f"{text} It is." for task, text in responses.items()}
    write_table(make_episodes(others), folder / "sft.parquet", EPISODES)
    return folder


@pytest.fixture
def command(tables, tmp_path, repository):
    """Runs a command with one model behind an address; returns the table that it wrote."""
    prompts = repository / "workflow_scripts/assets/prompts"

    def run(name, address, out="out.parquet", episodes="base", **more):
        entry = {"model": "hosted_vllm/served", "api_base": address, "max_tokens": 64}
        judging = {"name": "main", "judge": entry}
        asked = {"tasks": tables / "tasks.parquet", "skills": tables / "skills.parquet"}
        task_template = {"task-template": prompts / "task.jinja"}
        template = {"template": prompts / "judge.jinja"}
        main, contract, given, options = {
            "judge": (
                judge.main,
                VERDICTS,
                judging,
                {"episodes": tables / f"{episodes}.parquet", "tasks": tables / "judged.parquet", **template},
            ),
            "certify_judge": (
                certify_judge.main,
                CERTIFICATION,
                judging,
                {"cases": prompts / "certification.yaml", **template},
            ),
            "ask_reference": (
                ask_reference.main,
                EPISODES,
                {
                    "name": "big",
                    "conditions": ["none", "curated"],
                    "prompt_seed": 0,
                    "suites": ["holdout"],
                    "samples": 1,
                    "reference": entry,
                },
                {**asked, **task_template},
            ),
            "collect_demonstrations": (
                collect_demonstrations.main,
                DEMONSTRATIONS,
                {
                    "teacher": {"kind": "api", "attempts": 1, **entry, "model": "hosted_vllm/teacher"},
                    "condition": "curated",
                    "judge": entry,
                    "seed": 0,
                },
                {**asked, **task_template, **template, "teacher-template": prompts / "teacher.jinja"},
            ),
        }[name]
        fixed = {
            "spec": json.dumps(given),
            "cache": tmp_path / "answers.sqlite",
            "out": tmp_path / out,
            "concurrency": 4,
            "retries": 2,
            "backoff": 0.001,
            **more,
        }
        main([part for k, v in {**options, **fixed}.items() for part in (f"--{k}", str(v))])
        return read_table(tmp_path / out, contract)

    return run


COMMANDS = ("judge", "certify_judge", "ask_reference", "collect_demonstrations")


@pytest.mark.parametrize("dead_from", [0, 25], ids=["at the first call", "in the middle"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_dead_model_ends_the_job_and_the_same_command_makes_it_whole(name, dead_from, command, tmp_path):
    model = Model()
    model.dead_from = dead_from
    with chat_server(model) as (address, _):
        with pytest.raises(UserError, match=r"failed, at most \d+ may.*out of order.*same command again"):
            command(name, address)
        assert not (tmp_path / "out.parquet").exists()
        assert model.answered.total() == dead_from
        if not dead_from:
            assert model.asked <= 3 * 7  # one that never answered is asked few questions
        model.dead_from = None
        table = command(name, address)
        assert set(model.answered.values()) == {1}  # what was answered before is not asked again
        assert table.drop_nulls("passed" if "passed" in table.columns else "response").height == table.height
        asked = model.asked
        command(name, address)
        assert model.asked == asked


@pytest.mark.parametrize("death", DEATHS)
def test_whatever_it_dies_of_no_table_is_written(death, command, tmp_path):
    model = Model()
    model.dead_from, model.death = 25, DEATHS[death]
    with chat_server(model) as (address, _):
        with pytest.raises(UserError, match="failed, at most 0 may"):
            command("judge", address)
        assert not (tmp_path / "out.parquet").exists()
        model.dead_from = None
        assert set(command("judge", address)["status"]) == {"scored"}
    assert set(model.answered.values()) == {1}


def test_a_model_that_comes_back_before_the_last_retry_loses_nothing(command):
    model = Model()
    model.faults_left = 2
    with chat_server(model) as (address, _):
        assert set(command("judge", address)["status"]) == {"scored"}
    assert set(model.answered.values()) == {1}


def test_a_judge_that_is_dead_for_one_run_leaves_the_other_whole(command, tmp_path):
    model = Model()
    with chat_server(model) as (address, _):
        command("judge", address, "first.parquet")
        model.dead_from = 0
        with pytest.raises(UserError, match="out of order"):
            command("judge", address, "second.parquet", "sft")
        assert not (tmp_path / "second.parquet").exists()
        model.dead_from = None
        assert set(command("judge", address, "second.parquet", "sft")["status"]) == {"scored"}
    assert set(model.answered.values()) == {1}


def test_failed_rows_within_the_declared_share_are_unscored_and_never_a_fail(command):
    model = Model()
    with chat_server(model) as (address, _):
        model.dead_from = 57
        verdicts = command("judge", address, **{"max-failed-share": 0.05})
    assert Counter(verdicts["status"]) == {"scored": 57, "failed": 3}
    assert verdicts.filter(pl.col("status") == "failed")["passed"].to_list() == [None] * 3


def test_what_counts_is_the_share_of_rows_where_one_question_stands_for_many(tables, command, tmp_path):
    """Equal responses to a task are asked about once; here that one question fails for good."""
    whole = read_table(tables / "base.parquet", EPISODES)
    samples = pl.concat([whole.head(1)] * 19).with_columns(sample=pl.arange(1, 20, dtype=pl.Int64))
    episodes = pl.concat([whole, samples]).sort(["step", "suite", "condition", "task_id", "sample"])
    write_table(episodes, tables / "repeated.parquet", EPISODES)
    prompt, model = read_table(tables / "judged.parquet", TASKS)["prompt"][0], Model()
    with chat_server(FailingAt(model, prompt)) as (address, _):
        with pytest.raises(UserError, match=r"20 of 79 failed, at most 1 may"):
            command("judge", address, episodes="repeated", **{"max-failed-share": 0.02})
        assert model.answered.total() == 59
    assert not (tmp_path / "out.parquet").exists()
