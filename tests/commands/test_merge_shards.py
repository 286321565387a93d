"""The commands `generate --shard` and `merge_shards`: from shards to the tables of one job."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from inferences import INFERENCE
from tiny_models import write_student

from episodes import generate, merge_shards
from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import write_table

pytestmark = pytest.mark.models

NAMES = ("episodes", "served", "prompts", "parity", "intervened")
ALTERED = {"interventions": {"conditions": ["none"], "kinds": ["early"]}}


@pytest.fixture
def study(tmp_path):
    write_student(tmp_path / "model")
    (tmp_path / "task.jinja").write_text("{{ prompt }}")
    skills = {"skill_id": ["a"], "name": ["a"], "domain": ["x"], "steps": [["Step 1: Copy."]]}
    write_table(pl.DataFrame(skills), tmp_path / "skills.parquet", SKILLS)
    tasks = {
        "task_id": ["a.1", "a.2", "a.3"],
        "skill_id": ["a"] * 3,
        "suite": ["holdout"] * 3,
        "prompt": ["What is 1?", "What is 2 and 2?", "What is 3?"],
        "reference": ["1", "4", "3"],
        "scorer": ["answer_line"] * 3,
        "answer_type": ["number"] * 3,
        "worked_solution": [None] * 3,
    }
    write_table(
        pl.DataFrame(tasks, schema_overrides={"worked_solution": pl.String}),
        tmp_path / "tasks.parquet",
        TASKS,
    )
    return tmp_path


def generated(study, name, shards=1, shard=0):
    """The tables that one job writes."""
    spec = {"conditions": ["none"], "prompt_seed": 0, "inference": INFERENCE | ALTERED, "checkpoints": [0]}
    spec |= {"shards": shards} if shards > 1 else {}
    files = {table: str(study / f"{name}-{table}.parquet") for table in NAMES}
    inputs = {
        "--tasks": "tasks.parquet",
        "--skills": "skills.parquet",
        "--task-template": "task.jinja",
        "--model": "model",
    }
    options = [text for option, file in inputs.items() for text in (option, str(study / file))]
    outputs = ["--out", files["episodes"], "--served", files["served"]]
    outputs += ["--prompts", files["prompts"], "--parity", files["parity"]]
    outputs += ["--intervened", files["intervened"]]
    generate.main([*options, *outputs, "--shard", str(shard), "--spec", json.dumps(spec)])
    return files


def merged(study, *parts):
    files = {table: study / f"merged-{table}.parquet" for table in NAMES}
    inputs = [text for table in NAMES for text in (f"--{table}", *(part[table] for part in parts))]
    outputs = [
        text
        for table in NAMES
        for text in ("--out" if table == "episodes" else f"--{table}-out", str(files[table]))
    ]
    merge_shards.main([*inputs, *outputs, "--spec", "{}"])
    return files


def test_two_shards_give_the_files_of_one_job_byte_for_byte(study):
    whole = generated(study, "whole")
    parts = [generated(study, f"part-{shard}", 2, shard) for shard in range(2)]
    files = merged(study, *reversed(parts))
    for table in ("episodes", "served", "prompts", "intervened"):
        assert files[table].read_bytes() == Path(whole[table]).read_bytes(), table
    assert pl.read_parquet(files["parity"])["n_prompts"].to_list() == [3]


def test_without_interventions_four_tables_are_merged(study):
    parts = [generated(study, f"part-{shard}", 2, shard) for shard in range(2)]
    four = [{name: path for name, path in part.items() if name != "intervened"} for part in parts]
    inputs = [text for name in four[0] for text in (f"--{name}", *(part[name] for part in four))]
    outputs = [
        text
        for name in four[0]
        for text in ("--out" if name == "episodes" else f"--{name}-out", str(study / f"of-four-{name}"))
    ]
    merge_shards.main([*inputs, *outputs, "--spec", "{}"])
    assert len(list(study.glob("of-four-*"))) == 4


def test_a_shard_that_is_given_twice_is_refused(study):
    part = generated(study, "part", 2, 0)
    with pytest.raises(UserError, match="same task in two"):
        merged(study, part, part)
