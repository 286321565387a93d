"""Protocols are asked apart: what one is answered does not depend on which others are asked beside it."""

from __future__ import annotations

from pathlib import Path

import inferences
import polars as pl
import pytest
from score_tables import make_tasks
from tiny_models import write_student

from skillift.contracts.pipeline import EPISODES
from skillift.contracts.served_checks import PROMPTS
from skillift.engines.interface import RunOptions
from skillift.episodes.answer_checks import check_answers
from skillift.episodes.answered import Answers
from skillift.episodes.answering import answer, sample_seed
from skillift.episodes.shards import merge
from skillift.protocols import MAIN, of_protocol
from skillift.settings.specs import EpisodesSpec
from skillift.tables import check, read_table, write_table

pytestmark = pytest.mark.models

TASKS = make_tasks(n_skills=2, per_skill=3)
SKILLS = pl.DataFrame(
    {
        "skill_id": ["skill-000", "skill-001"],
        "name": ["a", "b"],
        "domain": ["x", "x"],
        "steps": [[f"Step {n}: {word} {n}." for n in range(1, 4)] for word in ("Copy", "Turn")],
    }
)
INFERENCE = inferences.INFERENCE | {"suites": ["holdout"], "max_tokens": 6, "max_model_len": 256}
GREEDY = {"conditions": ["none", "curated"], "samples": 1, "temperature": 0.0, "max_tokens": 6}
SAMPLED = {"conditions": ["none"], "samples": 3, "temperature": 0.9, "max_tokens": 8}


def protocol(name: str, asked: dict, checkpoints: list) -> dict:
    shared = {"suites": ["holdout"], "top_p": 1.0, "seed": 0}
    return {"name": name, "checkpoints": checkpoints, **shared, **asked}


def spec(*protocols: dict, engine: str = "transformers", **more) -> EpisodesSpec:
    declared = {"protocols": [*protocols]} if protocols else {}
    steps = sorted({step for each in protocols for step in each["checkpoints"]} or {0})
    inference = {**INFERENCE, "engine": engine}
    conditions = ["none", "curated"]
    return EpisodesSpec(conditions=conditions, inference=inference, checkpoints=steps, **declared, **more)


BOTH = (protocol(MAIN, GREEDY, [0]), protocol("sampling", SAMPLED, [0]))


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    return write_student(tmp_path_factory.mktemp("student") / "model")


def asked(student: Path, settings: EpisodesSpec, checkpoints: tuple = (0,), **options) -> Answers:
    folders = dict.fromkeys(checkpoints, student)
    return answer(TASKS, SKILLS, settings, folders, RunOptions(), **options)


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_greedy_rows_are_the_same_bytes_with_and_without_another_protocol(student, engine, tmp_path):
    alone = asked(student, spec(engine=engine)).episodes
    beside = asked(student, spec(*BOTH, engine=engine)).episodes
    for name, frame in (("alone", alone), ("beside", of_protocol(beside))):
        write_table(frame, tmp_path / f"{name}.parquet", EPISODES)
    assert (tmp_path / "alone.parquet").read_bytes() == (tmp_path / "beside.parquet").read_bytes()
    sampled = of_protocol(beside, "sampling")
    assert sampled.height == TASKS.height * SAMPLED["samples"]
    # and neither do samples depend on the greedy rows before them
    asked_alone = protocol("sampling", SAMPLED, [0])
    only = asked(student, spec(asked_alone, engine=engine)).episodes
    assert of_protocol(only, "sampling").equals(sampled)
    assert sampled.group_by("task_id").agg(pl.col("response").n_unique()).sum()["response"][0] > TASKS.height


def test_a_table_with_protocols_keeps_its_contract_and_the_protocol_is_part_of_its_key(student, tmp_path):
    found = asked(student, spec(*BOTH))
    write_table(found.episodes, tmp_path / "episodes.parquet", EPISODES)
    read = read_table(tmp_path / "episodes.parquet", EPISODES)
    assert read.columns == ["protocol", *(name for name in EPISODES.columns if name in read.columns)]
    assert read["protocol"].to_list() == sorted(read["protocol"])
    with pytest.raises(Exception, match="does not keep the contract"):
        check(pl.concat([read, read.head(1)]), EPISODES, "one twice")
    # what is asked is one text for both
    check(found.prompts, PROMPTS, "prompts")
    assert found.prompts.height == 2 * TASKS.height
    checked = check_answers(read, found.prompts, thinking=False, where="s/base")
    assert checked["n_episodes"].to_list() == [read.height]


def test_a_protocol_is_asked_at_its_checkpoints_alone(student):
    protocols = [protocol(MAIN, GREEDY, [4, "final"]), protocol("sampling", SAMPLED, ["final"])]
    settings = EpisodesSpec(
        conditions=["none", "curated"], inference=INFERENCE, checkpoints=[4, "final"], protocols=protocols
    )
    found = asked(student, settings, (4, 9)).episodes
    steps = found.select("protocol", "step").unique().sort("protocol", "step").rows()
    assert steps == [("main", 4), ("main", 9), ("sampling", 9)]


def test_the_prompts_of_a_step_that_main_is_not_asked_at_are_those_of_the_other(student):
    protocols = [protocol(MAIN, GREEDY, ["final"]), protocol("sampling", SAMPLED, [4, "final"])]
    settings = EpisodesSpec(
        conditions=["none", "curated"], inference=INFERENCE, checkpoints=[4, "final"], protocols=protocols
    )
    found = asked(student, settings, (4, 9))
    by_step = found.prompts.group_by("step").agg(pl.col("condition").unique().sort()).sort("step")
    assert by_step.rows() == [(4, ["none"]), (9, ["curated", "none"])]
    assert found.parity["step"].to_list() == [4, 9]


def test_shards_give_the_rows_of_one_job(student):
    whole = asked(student, spec(*BOTH)).episodes
    parts = [asked(student, spec(*BOTH, shards=2), shard=shard) for shard in range(2)]
    assert merge(parts).episodes.equals(whole)


def test_seeds_are_common_random_numbers_over_students(student, tmp_path):
    # of the text that is seen and the sample, and of nothing else
    other = write_student(tmp_path / "other", seed=1)
    asked_alone = spec(protocol("sampling", SAMPLED, [0]))
    key = ["condition", "task_id", "sample"]
    one, two = (asked(folder, asked_alone).episodes.sort(key) for folder in (student, other))
    assert one["response"].to_list() != two["response"].to_list()
    seeds = [
        [sample_seed(0, digest, sample) for digest, sample in frame.select("prompt_sha256", "sample").rows()]
        for frame in (one, two)
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == one.height
