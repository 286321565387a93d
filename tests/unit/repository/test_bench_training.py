"""The benchmark of training: its count of FLOPs beside what torch counts, and its demonstrations."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from tiny_models import write_student

from skillift.contracts.pipeline import CORPUS
from skillift.students.model_folders import load_model
from skillift.tables import read_table

pytestmark = pytest.mark.models


@pytest.fixture
def bench(repository: Path, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "tests" / "bench"))
    return importlib.import_module("fine_tuning")


def test_a_full_training_needs_the_flops_that_torch_counts(bench, tmp_path):
    from torch.utils.flop_counter import FlopCounterMode

    student = write_student(tmp_path / "model")
    model = load_model(student, "float32")
    model.set_attn_implementation("eager")
    import torch

    with FlopCounterMode(display=False) as counter:
        model(input_ids=torch.arange(100)[None], logits_to_keep=20).logits.sum().backward()
    # eager attention also computes what the causal mask then drops, in both of its products
    config = model.config
    dropped = 2 * config.num_attention_heads * config.head_dim * config.num_hidden_layers * 100**2
    expected = bench.model_flops(student, [100], [20], "full") + 3 * dropped
    # the gradient of the first layer's input is needed by the embedding alone, so all products are there
    assert counter.get_total_flops() == pytest.approx(expected, rel=0.01)


def test_adapters_need_about_two_thirds_of_that(bench, tmp_path):
    student = write_student(tmp_path / "model")
    full, adapters = (
        bench.model_flops(student, [50, 100], [10, 20], trainable)
        for trainable in ("full", {"lora": {"rank": 1, "alpha": 1}})
    )
    assert 2 / 3 < adapters / full < 0.75


def test_demonstrations_are_worked_answers_under_the_procedure(bench, tmp_path):
    bench.write_corpus(tmp_path / "corpus.parquet", 50)
    corpus = read_table(tmp_path / "corpus.parquet", CORPUS)
    assert corpus.height == corpus["task_id"].n_unique() == 50
    for prompt, answer in corpus["messages"].to_list():
        assert prompt["content"].startswith("Step 1: ") and "ANSWER: " in answer["content"]


def test_pairs_have_another_answer_beside_each_of_their_own(bench, tmp_path):
    bench.write_corpus(tmp_path / "corpus.parquet", 5)
    pairs = read_table(bench.write_pairs(tmp_path / "corpus.parquet", tmp_path / "pairs.parquet"), CORPUS)
    answers = [messages[-1]["content"] for messages in pairs["messages"]]
    assert pairs["rejected"].to_list() == [*answers[1:], answers[0]]


def test_a_device_without_a_known_peak_has_no_utilisation(bench):
    import torch

    if torch.cuda.is_available():
        assert bench.peak_flops() in {None, *bench.PEAK.values()}
    else:
        assert bench.peak_flops() is None
