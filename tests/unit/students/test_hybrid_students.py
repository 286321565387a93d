"""Students of the Qwen3.5 architecture through the transformers engine, beside what training computes."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hybrid_models import write_hybrid_student
from trainings import LORA, RECIPE, demonstrations, train

from skillift.engines.interface import RunOptions, Sampling, Serving
from skillift.engines.opening import open_engine
from skillift.engines.probes import Probe, check_served, served_table
from skillift.students.model_folders import load_model

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 256)
OPTIONS = RunOptions(max_num_seqs=8)
GREEDY = Sampling(max_tokens=12)
SAMPLED = Sampling(max_tokens=12, temperature=1.0, top_p=0.9)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_hybrid_student(tmp_path_factory.mktemp("student") / "model")


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    draw = random.Random(0)
    return [[draw.randrange(256) for _ in range(draw.randint(2, 60))] for _ in range(16)]


def test_padding_and_neighbours_change_no_answer(student, prompts):
    """The state of a gated delta layer runs through all tokens: padding that enters it would show here."""
    seeds = list(range(16))
    with open_engine("transformers", student, INFERENCE, OPTIONS) as engine:
        greedy, sampled = engine.generate(prompts, GREEDY), engine.generate(prompts, SAMPLED, seeds)
    alone = replace(INFERENCE, batch_invariant=True)
    with open_engine("transformers", student, alone, OPTIONS) as engine:
        assert engine.generate(prompts, GREEDY) == greedy
        assert engine.generate(prompts[::-1], SAMPLED, seeds[::-1])[::-1] == sampled
    assert len({answer.tokens for answer in greedy}) == 16 and greedy != sampled


def test_the_engine_has_the_log_probabilities_of_a_training_forward(student, prompts):
    import torch

    probes = [Probe(prompt, prompts[place - 1][:9]) for place, prompt in enumerate(prompts)]
    with open_engine("transformers", student, INFERENCE, OPTIONS) as engine:
        found = engine.log_probabilities(probes)
    model = load_model(student, "float32").train()  # as the trainer runs it: padded on the right, with labels
    length = max(len(probe.prompt) + len(probe.response) for probe in probes)
    ids = torch.zeros(len(probes), length, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (prompt, response) in enumerate(probes):
        ids[row, : len(prompt) + len(response)] = torch.tensor(prompt + response)
        mask[row, : len(prompt) + len(response)] = 1
        labels[row, len(prompt) : len(prompt) + len(response)] = torch.tensor(response)
    loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss.item()
    tokens = [value for row in found for value in row]
    assert -sum(tokens) / len(tokens) == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("applied", ["merged", "lora"])
def test_a_trained_student_passes_the_gate_merged_or_with_its_adapter(student, tmp_path, applied):
    recipe = {**RECIPE, "trainable": LORA, "learning_rate": 3e-3, "epochs": 1}
    result = train(recipe, student, demonstrations(), tmp_path / "checkpoints", tmp_path / "state")
    step = result.manifest["final_step"]
    folder = tmp_path / f"checkpoints/step-{step}"
    served = (folder, None) if applied == "merged" else (student, folder / "adapter")
    rows = result.probes.filter(step=step)
    tokens = [Probe(*row) for row in rows.select("prompt_ids", "response_ids").iter_rows()]
    with open_engine("transformers", served[0], INFERENCE, OPTIONS, served[1]) as engine:
        scores = engine.log_probabilities(tokens)
    found = check_served(result.probes, served_table(rows, step, scores), "float32", "s/sft-s0")
    assert found["from_trainer"].item() < 1e-4 < found["from_base"].item()
