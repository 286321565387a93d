"""Claims about the command `collect_demonstrations.py`."""

from __future__ import annotations

import json

import polars as pl
import pytest
from made_specs import pack_of

from corpus import collect_demonstrations
from skillift.contracts.pipeline import DEMONSTRATIONS, SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from skillift.taskpack import build_pack

PACK = pack_of(skills=4, per_skill={"train": 5, "dev": 1, "holdout": 1})
SPEC = {
    "teacher": {"kind": "worked_solution", "corrupted_share": 0.1, "attempts": 1, "seed": 0},
    "condition": "curated",
    "judge": {"model": "offline/conclusion", "max_tokens": 256},
    "seed": 0,
}


@pytest.fixture
def collect(tmp_path, repository):
    prompts = repository / "workflow_scripts/assets/prompts"

    def run(out, edit=lambda tasks: tasks):
        skills, tasks = build_pack(PACK)
        write_table(skills, tmp_path / "skills.parquet", SKILLS)
        write_table(edit(tasks), tmp_path / "tasks.parquet", TASKS)
        options = {
            "spec": json.dumps(SPEC),
            "tasks": tmp_path / "tasks.parquet",
            "skills": tmp_path / "skills.parquet",
            "task-template": prompts / "task.jinja",
            "template": prompts / "judge.jinja",
            "cache": tmp_path / "answers.sqlite",
            "concurrency": 8,
            "timeout": 30,
            "out": tmp_path / out,
        }
        collect_demonstrations.main([part for k, v in options.items() for part in (f"--{k}", str(v))])
        return tmp_path / out

    return run


def test_passed_and_failed_demonstrations_are_written_and_twice_the_same_bytes(collect):
    first, second = collect("a.parquet"), collect("b.parquet")
    rows = read_table(first, DEMONSTRATIONS)
    assert rows["passed"].value_counts(sort=True).rows() == [(True, 18), (False, 2)]
    assert first.read_bytes() == second.read_bytes()


def test_a_task_without_a_worked_solution_stops_the_command(collect):
    with pytest.raises(UserError, match=r"column worked_solution.*20 train task"):
        collect("a.parquet", lambda tasks: tasks.with_columns(worked_solution=pl.lit(None, pl.String)))
