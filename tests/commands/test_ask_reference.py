"""Claims about the command `ask_reference.py`."""

from __future__ import annotations

import json

import pytest
from made_specs import pack_of
from stub_models import chat_completion, chat_server

from episodes import ask_reference
from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from skillift.taskpack import build_pack

PACK = pack_of(skills=3, per_skill={"train": 1, "dev": 0, "holdout": 2})
SPEC = {
    "name": "big",
    "conditions": ["none", "curated"],
    "prompt_seed": 0,
    "suites": ["holdout"],
    "samples": 1,
}


@pytest.fixture
def ask(tmp_path, repository):
    skills, tasks = build_pack(PACK)
    write_table(skills, tmp_path / "skills.parquet", SKILLS)
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)

    def run(out, **reference):
        options = {
            "spec": json.dumps({**SPEC, "reference": reference}),
            "tasks": tmp_path / "tasks.parquet",
            "skills": tmp_path / "skills.parquet",
            "task-template": repository / "workflow_scripts/assets/prompts/task.jinja",
            "cache": tmp_path / "answers.sqlite",
            "out": tmp_path / out,
        }
        ask_reference.main([part for k, v in options.items() for part in (f"--{k}", str(v))])
        return tmp_path / out

    return run


def test_episodes_are_written_and_a_second_run_makes_no_call_and_the_same_bytes(ask):
    with chat_server(lambda _: (200, chat_completion("ANSWER: 1"))) as (address, arrived):
        entry = {"model": "hosted_vllm/big", "api_base": address, "temperature": 0.0, "max_tokens": 300}
        first = ask("a.parquet", **entry)
        assert len(arrived) == 12
        assert {(body["temperature"], body["max_tokens"]) for body in arrived} == {(0.0, 300)}
        second = ask("b.parquet", **entry)
        assert len(arrived) == 12
    assert first.read_bytes() == second.read_bytes()
    assert read_table(first, EPISODES)["response"].to_list() == ["ANSWER: 1"] * 12


def test_a_model_without_a_provider_is_an_error_before_any_call(ask):
    with pytest.raises(UserError, match=r"reference\.model: found 'big'"):
        ask("a.parquet", model="big")
