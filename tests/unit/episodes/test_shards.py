"""Shards: fixed ranges of the tasks, whose episodes together are those of one job."""

from __future__ import annotations

import polars as pl
import pytest
from inferences import INFERENCE
from tiny_models import write_student

from skillift.engines.interface import RunOptions
from skillift.episodes.answering import answer
from skillift.episodes.shards import merge, tasks_of_shard
from skillift.errors import UserError
from skillift.settings.specs import EpisodesSpec

pytestmark = pytest.mark.models

TASK_IDS = [f"a.{number}" for number in range(7)]
SPEC = {
    "conditions": ["none", "curated"],
    "prompt_seed": 0,
    "inference": INFERENCE | {"samples": 2, "temperature": 0.8},
}
TEMPLATE = "{% for step in steps %}{{ step }}\n{% endfor %}{{ prompt }}"
SKILLS = pl.DataFrame({"skill_id": ["a"], "name": ["a"], "domain": ["x"], "steps": [["Step 1: Copy."]]})
TASKS = pl.DataFrame(
    {
        "task_id": TASK_IDS,
        "skill_id": ["a"] * len(TASK_IDS),
        "suite": ["holdout"] * len(TASK_IDS),
        "prompt": [f"What is {'1 and ' * number}{number}?" for number in range(len(TASK_IDS))],
    }
)


def episodes_of(model, engine="transformers", shards=1, shard=0, most=3):
    spec = {**SPEC, "inference": {**SPEC["inference"], "engine": engine}}
    if shards > 1:
        spec["shards"] = shards
    options = RunOptions(max_num_seqs=most)
    return answer(TASKS, SKILLS, EpisodesSpec(**spec), {0: model}, options, TEMPLATE, shard=shard)


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_every_task_is_in_one_shard_and_ranges_are_in_order(shards):
    ranges = [tasks_of_shard(reversed(TASK_IDS), shard, shards) for shard in range(shards)]
    assert [task_id for part in ranges for task_id in part] == TASK_IDS
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


def test_more_shards_than_tasks_are_refused_with_the_number_of_tasks():
    with pytest.raises(UserError, match=r"inference: shards.*8.*at most 7"):
        tasks_of_shard(TASK_IDS, 0, 8)


# by day, test_engines.py holds that vLLM's answers do not depend on their neighbours
@pytest.mark.parametrize("engine", ["transformers", pytest.param("vllm", marks=pytest.mark.nightly)])
def test_shards_put_together_are_the_episodes_of_one_job(tmp_path, engine):
    model = write_student(tmp_path / "model")
    whole = episodes_of(model, engine)
    parts = [episodes_of(model, engine, shards=3, shard=shard) for shard in range(3)]
    merged = merge(parts)
    assert merged.episodes.height == 2 * 2 * len(TASK_IDS)
    assert merged.episodes.equals(whole.episodes)
    assert merged.prompts.equals(whole.prompts)
    assert merged.served.equals(whole.served)
    assert merged.parity["n_prompts"].item() == sum(part.parity["n_prompts"].item() for part in parts)
    assert merged.parity["n_same"].item() == merged.parity["n_prompts"].item()


def test_a_shard_does_not_depend_on_the_others_or_on_how_it_is_run(tmp_path):
    model = write_student(tmp_path / "model")
    one = episodes_of(model, shards=3, shard=1, most=1).episodes
    assert sorted(set(one["task_id"])) == ["a.2", "a.3"]
    assert one.equals(episodes_of(model, shards=3, shard=1, most=64).episodes)


def test_the_same_shard_twice_is_refused(tmp_path):
    part = episodes_of(write_student(tmp_path / "model"), shards=3, shard=1)
    with pytest.raises(UserError, match="same task in two"):
        merge([part, part])
