"""Batch sensitivity: the same prompts in another batch, what differs then, and what makes it the same."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tiny_models import write_student

from skillift.contracts.served_checks import BATCH_SENSITIVITY
from skillift.engines.interface import Completion, RunOptions, Sampling, Serving
from skillift.engines.opening import ENGINES, open_engine
from skillift.episodes.batch_sensitivity import N_PROMPTS, N_TOKENS, first_difference, measure, sampled_places
from skillift.tables import check

INFERENCE = Serving("float32", 128)
GREEDY = Sampling(max_tokens=12)
SEEDS = list(range(40))


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    draw = random.Random(0)
    return [[draw.randrange(256) for _ in range(draw.randint(3, 40))] for _ in SEEDS]


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


def test_a_sample_stands_at_equal_distances_and_is_never_larger_than_the_run():
    assert sampled_places(N_PROMPTS * 10) == [place * 10 for place in range(N_PROMPTS)]
    assert sampled_places(3) == [0, 1, 2]


def test_the_first_difference_is_a_place_or_none():
    assert first_difference((1, 2, 3), (1, 2, 3)) is None
    assert first_difference((1, 2, 3), (1, 4, 3)) == 1
    assert first_difference((1, 2), (1, 2, 3)) == 2


@pytest.mark.models
@pytest.mark.parametrize("kind", ENGINES)
def test_a_float32_engine_agrees_with_itself(kind, student, prompts):
    with open_engine(kind, student, INFERENCE, RunOptions()) as engine:
        answers = engine.generate(prompts, GREEDY)
        found = check(measure(engine, 3, prompts, answers, GREEDY, SEEDS), BATCH_SENSITIVITY, "parity")
    row = found.row(0, named=True)
    assert (row["step"], row["n_prompts"], row["n_same"], row["first_difference"]) == (3, 16, 16, None)
    assert row["n_tokens"] == sum(len(answers[place].tokens) for place in sampled_places(len(prompts)))
    assert row["largest_difference"] < 1e-4


class Moody:
    """An engine whose third token, and whose scores, hang on how many prompts it is given."""

    def generate(self, prompts, sampling, seeds=None):
        return [
            Completion("", "length", len(prompt), 4, (1, 2, len(prompts), seed))
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]

    def log_probabilities(self, probes):
        return [[-0.01 * len(probes)] * len(probe.response) for probe in probes]


def test_an_engine_that_answers_by_the_batch_is_found_out(prompts):
    engine = Moody()
    answers = engine.generate(prompts, GREEDY, SEEDS)
    row = measure(engine, 0, prompts, answers, GREEDY, SEEDS).row(0, named=True)
    assert (row["n_same"], row["first_difference"], row["n_tokens"]) == (0, 2, 64)
    assert row["largest_difference"] == pytest.approx(0.15)


class Talkative:
    """An engine whose answers fill every limit; their last token hangs on how many prompts it is given."""

    def __init__(self):
        self.generated = self.scored = 0

    def generate(self, prompts, sampling, seeds=None):
        self.generated += len(prompts) * sampling.max_tokens
        answer = (*range(sampling.max_tokens - 1), len(prompts))
        return [Completion("", "length", len(prompt), len(answer), answer) for prompt in prompts]

    def log_probabilities(self, probes):
        self.scored += sum(len(probe.response) for probe in probes)
        return [[0.0] * len(probe.response) for probe in probes]


def test_of_long_answers_the_beginning_alone_is_asked_twice():
    engine, sampling = Talkative(), Sampling(max_tokens=1000)
    answers = engine.generate([[1]] * 400, sampling, range(400))
    engine.generated = 0
    row = measure(engine, 0, [[1]] * 400, answers, sampling, range(400)).row(0, named=True)
    assert engine.generated == N_PROMPTS * N_TOKENS
    assert engine.scored == 2 * N_PROMPTS * N_TOKENS
    # its answers of 64 tokens end otherwise than the first 64 tokens of those of 1,000
    assert (row["n_same"], row["first_difference"]) == (0, N_TOKENS - 1)


@pytest.mark.models
@pytest.mark.parametrize("kind", ENGINES)
def test_batch_invariant_answers_are_the_same_in_any_batch(kind, student, prompts):
    """In bfloat16, where an answer of these turns over beside others in the transformers engine."""
    settings = replace(INFERENCE, batch_invariant=True, precision="bfloat16")
    prompts = prompts[:20]
    with open_engine(kind, student, settings, RunOptions()) as engine:
        answers = engine.generate(prompts, GREEDY)
        row = measure(engine, 0, prompts, answers, GREEDY, SEEDS[:20]).row(0, named=True)
        assert [engine.generate([prompt], GREEDY)[0] for prompt in prompts] == answers
    assert (row["n_same"], row["largest_difference"]) == (16, 0.0)
