"""Engines side by side: the same answers as one, whatever their number, and devices of their own."""

from __future__ import annotations

import os
import random

import pytest
from forked import forking
from tiny_models import write_student

from skillift.engines.interface import RunOptions, Sampling, Serving, by_shared_prefix
from skillift.engines.opening import open_engine
from skillift.engines.parallel_engines import device_shares
from skillift.engines.probes import Probe
from skillift.errors import UserError

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 128)
SAMPLED = Sampling(max_tokens=12, temperature=1.0, top_p=0.9)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    draw = random.Random(0)
    return [[draw.randrange(256) for _ in range(draw.randint(2, 40))] for _ in range(21)]


def _answers(kind, student, prompts, options):
    with open_engine(kind, student, INFERENCE, options) as engine:
        return _asked(engine, prompts)


def _asked(engine, prompts):
    sampled = engine.generate(prompts, SAMPLED, list(range(len(prompts))))
    few = engine.generate(prompts[:1], Sampling(4))
    return sampled, few, engine.log_probabilities([Probe(prompts[0], prompts[1])])


@pytest.fixture(scope="module")
def two_engines(student):
    """Forks of a process that has loaded torch; test_survival.py starts two of vLLM as a study does."""
    options = RunOptions(threads=2, data_parallel=2)
    with forking("loaded_libraries"), open_engine("transformers", student, INFERENCE, options) as engine:
        yield engine
    assert not any(process.is_alive() for process in engine.processes)


def test_answers_and_their_order_do_not_depend_on_the_number_of_engines(two_engines, student, prompts):
    with open_engine("transformers", student, INFERENCE, RunOptions()) as engine:
        alone = _asked(engine, prompts)
    assert _asked(two_engines, prompts) == alone
    assert len({answer.tokens for answer in alone[0]}) == 21


# by day, two of vLLM answer in tests/integration/test_survival.py
@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "number"), [("transformers", 3), ("vllm", 2)])
def test_answers_and_their_order_are_those_of_one_engine(kind, number, student, prompts):
    alone = _answers(kind, student, prompts, RunOptions())
    assert _answers(kind, student, prompts, RunOptions(threads=2, data_parallel=number)) == alone


def test_what_one_of_them_says_is_said_and_none_stays_behind(tmp_path):
    import multiprocessing

    before = multiprocessing.active_children()
    with forking("loaded_libraries"), pytest.raises(UserError, match="nowhere"):
        _answers("transformers", tmp_path / "nowhere", [[1]], RunOptions(data_parallel=2))
    assert multiprocessing.active_children() == before


def test_an_engine_that_is_killed_is_named_whatever_is_asked_and_ends_the_others(two_engines, prompts):
    ended = {"expected_exception": UserError, "match": r"a process of `engine\.data_parallel`.*memory"}
    two_engines.processes[0].kill()
    two_engines.processes[0].join()
    with pytest.raises(**ended):
        two_engines.generate(prompts, SAMPLED)
    with pytest.raises(**ended):
        two_engines.log_probabilities([Probe(prompts[0], prompts[1])])


def test_prompts_are_ordered_by_what_they_have_in_common():
    """Tasks of one skill, whose procedure stands first, follow each other; so do a prompt's samples."""
    prompts = [[1, 2, 9], [5, 5], [1, 2, 3], [5, 5], [1, 7]]
    assert [prompts[place] for place in by_shared_prefix(prompts)] == sorted(prompts)


def test_each_engine_has_gpus_of_its_own(monkeypatch):
    import torch

    assert device_shares(3, 1) == [None] * 3  # without GPUs
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert device_shares(2, 2) == ["0,1", "2,3"]
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", "3,5,6,7")
    assert device_shares(3, 1) == ["3", "5", "6"]
    with pytest.raises(UserError, match="'data_parallel 3 x tensor_parallel 2', expected at most the 4 GPUs"):
        device_shares(3, 2)


def test_tensor_parallelism_is_vllms(student):
    expected = pytest.raises(UserError, match=r"engine.tensor_parallel: found 2, expected 1 with")
    with expected, open_engine("transformers", student, INFERENCE, RunOptions(tensor_parallel=2)):
        pass


def test_vllm_is_told_how_many_devices_share_the_weights(student, monkeypatch):
    """What it answers with two of them is tried at night: two of its processes take most of a minute."""
    told = {}

    def no_engine(**options):
        told.update(options)
        raise RuntimeError("no engine")

    monkeypatch.setattr("vllm.LLM", no_engine)
    with (
        pytest.raises(UserError, match="tensor_parallel"),
        open_engine("vllm", student, INFERENCE, RunOptions(tensor_parallel=2)),
    ):
        pass
    assert told["tensor_parallel_size"] == 2


@pytest.mark.nightly
def test_weights_that_two_processes_share_give_the_same_answers(student, prompts):
    alone = _answers("vllm", student, prompts, RunOptions())
    shared = _answers("vllm", student, prompts, RunOptions(threads=2, tensor_parallel=2))
    assert shared[:2] == alone[:2]
    assert shared[2][0] == pytest.approx(alone[2][0], abs=1e-4)
