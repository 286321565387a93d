"""Adapters that are served without merging: the trained model's answers, and a check for those ignored."""

from __future__ import annotations

import random

import polars as pl
import pytest
from inferences import INFERENCE
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

import skillift.episodes.answering
from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.engines.interface import RunOptions, Sampling, Serving
from skillift.engines.opening import ENGINES, open_engine
from skillift.engines.probes import Probe, check_served, served_table
from skillift.episodes.answering import answer
from skillift.errors import UserError
from skillift.settings.specs import EpisodesSpec
from skillift.students.model_folders import adapter_rank
from skillift.tables import check, read_json

pytestmark = pytest.mark.models

WITH_ADAPTER = INFERENCE | {"adapters": "lora", "max_tokens": 16}
SERVED = Serving("float32", 128)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


@pytest.fixture(scope="module")
def trained(student, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    recipe = {**RECIPE, "learning_rate": 3e-2}
    result = train(recipe, student, demonstrations(), folder / "checkpoints", folder / "state")
    return folder / "checkpoints/step-6", result.probes


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    draw = random.Random(0)
    return [[draw.randrange(256) for _ in range(draw.randint(3, 30))] for _ in range(12)]


@pytest.mark.parametrize("kind", ENGINES)
def test_an_adapter_gives_the_answers_of_the_merged_weights(kind, student, trained, prompts):
    folder, _ = trained
    with open_engine(kind, folder, SERVED, RunOptions()) as engine:
        merged = engine.generate(prompts, Sampling(16))
    with open_engine(kind, student, SERVED, RunOptions(), folder / "adapter") as engine:
        assert engine.generate(prompts, Sampling(16)) == merged
    with open_engine(kind, student, SERVED, RunOptions()) as engine:
        assert engine.generate(prompts, Sampling(16)) != merged


@pytest.mark.parametrize("kind", ENGINES)
def test_several_demonstrations_are_scored_with_an_adapter_as_the_trainer_scores_them(kind, student, trained):
    folder, probes = trained
    rows = probes.filter(step=6)
    tokens = [Probe(*row) for row in rows.select("prompt_ids", "response_ids").iter_rows()]
    with open_engine(kind, student, SERVED, RunOptions(), folder / "adapter") as engine:
        served = served_table(rows, 6, engine.log_probabilities(tokens))
    found = check_served(probes, served, "float32", "s/sft-s0")
    assert len(tokens) == 8 and found["from_trainer"].item() < 1e-4 < found["from_base"].item()


def test_an_adapter_does_not_say_where_its_base_model_stood(trained):
    settings = read_json(trained[0] / "adapter/adapter_config.json")
    assert settings["base_model_name_or_path"] is None
    assert settings["target_modules"] == sorted(settings["target_modules"])
    assert adapter_rank(trained[0] / "adapter") == 4


def _answers(student, trained, **inference):
    skills = {"skill_id": ["a"], "name": ["a"], "domain": ["x"], "steps": [["Copy.", "Turn."]]}
    tasks = {
        "task_id": ["a.1"],
        "skill_id": ["a"],
        "suite": ["holdout"],
        "prompt": ["What is 1?"],
        "reference": ["1"],
        "scorer": ["answer_line"],
        "answer_type": ["number"],
        "worked_solution": ["1"],
    }
    spec = {"conditions": ["none", "curated"], "prompt_seed": 0, "inference": {**WITH_ADAPTER, **inference}}
    folder, probes = trained
    return answer(
        check(pl.DataFrame(tasks), TASKS, "tasks"),
        check(pl.DataFrame(skills), SKILLS, "skills"),
        EpisodesSpec(**spec),
        {6: folder},
        RunOptions(),
        probes=probes,
        base=student,
    )


def test_episodes_with_adapters_are_those_of_merged_weights_and_the_risk_is_told(student, trained, capsys):
    merged = _answers(student, trained, adapters="merged")
    assert "adapters: lora" not in capsys.readouterr().err
    found = _answers(student, trained)
    assert "vllm issue 49354" in capsys.readouterr().err
    assert found.episodes.equals(merged.episodes) and found.prompts.equals(merged.prompts)
    check_served(trained[1], found.served, "float32", "s/sft-s0")


def test_an_adapter_that_the_engine_ignores_is_caught(student, trained, monkeypatch):
    heedless = skillift.episodes.answering.open_engine

    def ignore(kind, folder, serving, options, adapter=None, *others):
        assert adapter is not None
        return heedless(kind, folder, serving, options)

    monkeypatch.setattr(skillift.episodes.answering, "open_engine", ignore)
    served = _answers(student, trained).served
    with pytest.raises(UserError, match=r"s/sft-s0, step 6: found .*serves the base model.*adapters: merged"):
        check_served(trained[1], served, "float32", "s/sft-s0")


@pytest.mark.parametrize("kind", ENGINES)
def test_an_unreadable_adapter_is_named(kind, student, tmp_path):
    expected = pytest.raises(UserError, match="broken: not readable as a LoRA adapter")
    (tmp_path / "broken").mkdir()
    with expected, open_engine(kind, student, SERVED, RunOptions(), tmp_path / "broken"):
        pass
