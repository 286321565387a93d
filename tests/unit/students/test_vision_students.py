"""Students of the class that the hub has for Qwen3.5: the language model beside a vision tower."""

from __future__ import annotations

import pytest
from hybrid_models import write_hybrid_student
from trainings import LORA, RECIPE, demonstrations, train

from skillift.engines.interface import RunOptions, Serving
from skillift.engines.opening import open_engine
from skillift.engines.probes import Probe, check_served, served_table
from skillift.errors import UserError
from skillift.students.folders import import_student, write_manifest
from skillift.students.model_folders import load_model
from skillift.tables import read_json

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 256)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """As a study takes it in: `source: path`."""
    folder = tmp_path_factory.mktemp("student")
    import_student(write_hybrid_student(folder / "own", with_vision=True), folder / "model")
    assert "vision_config" in read_json(folder / "model/config.json")
    assert write_manifest(folder / "model", {"kind": "path"})["parameter_count"] > 0
    return folder / "model"


@pytest.fixture(scope="module")
def trained(student, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    recipe = {**RECIPE, "trainable": LORA, "learning_rate": 3e-3, "epochs": 1}
    return folder, train(recipe, student, demonstrations(), folder / "checkpoints", folder / "state")


def served(folder, rows, step):
    tokens = [Probe(*row) for row in rows.select("prompt_ids", "response_ids").iter_rows()]
    with open_engine("transformers", folder, INFERENCE, RunOptions()) as engine:
        return served_table(rows, step, engine.log_probabilities(tokens))


def test_the_language_model_alone_is_loaded_whole(student):
    import torch
    from transformers import Qwen3_5ForConditionalGeneration

    whole = Qwen3_5ForConditionalGeneration.from_pretrained(student, dtype=torch.float32).eval()
    text = load_model(student, "float32").eval()
    ids = torch.arange(5, 45)[None]
    with torch.inference_mode():
        assert torch.equal(whole(input_ids=ids).logits, text(input_ids=ids).logits)
    assert not any("visual" in name for name, _ in text.named_parameters())


def test_its_checkpoint_is_a_language_model_that_serves_what_was_trained(student, trained):
    folder, result = trained
    checkpoint = folder / "checkpoints/step-3"
    assert read_json(checkpoint / "config.json")["architectures"] == ["Qwen3_5ForCausalLM"]
    model = load_model(checkpoint, "float32")
    assert result.manifest["parameter_count"] == model.num_parameters()
    found = check_served(
        result.probes, served(checkpoint, result.probes.filter(step=3), 3), "float32", "s/sft-s0"
    )
    assert found["from_trainer"].item() < 1e-4 < found["from_base"].item()


def test_its_base_model_in_place_of_the_checkpoint_is_caught(student, trained):
    _, result = trained
    found = served(student, result.probes.filter(step=3), 3)
    with pytest.raises(UserError, match=r"s/sft-s0, step 3: found .*The engine serves the base model"):
        check_served(result.probes, found, "float32", "s/sft-s0")
