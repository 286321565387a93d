"""Engines: two of them give the same answers, stop at the same tokens, and leave room for the next."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from progress_lines import lines_told
from tiny_models import write_student

from skillift.engines.interface import RunOptions, Sampling, Serving
from skillift.engines.opening import open_engine
from skillift.engines.probes import Probe
from skillift.errors import UserError

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 128)
OPTIONS = RunOptions(threads=1, max_num_seqs=16)
GREEDY = Sampling(max_tokens=24)
SAMPLED = Sampling(max_tokens=24, temperature=1.0, top_p=0.9)
ENGINES = ["vllm", "transformers"]


def prompts_of(count: int) -> list[list[int]]:
    """Prompts of several lengths, in groups of four with a common beginning."""
    draw = random.Random(0)
    result = []
    for _ in range(count // 4):
        shared = [draw.randrange(256) for _ in range(draw.randint(2, 40))]
        result += [shared + [draw.randrange(256) for _ in range(draw.randint(1, 9))] for _ in range(4)]
    return result


PROMPTS = prompts_of(48)
SEEDS = list(range(48))


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    return write_student(tmp_path_factory.mktemp("student") / "model")


@pytest.fixture(scope="module")
def answers(student) -> dict:
    """Greedy, sampled, and sampled answers in reverse order, from each engine."""
    found = {}
    for kind in ENGINES:
        with open_engine(kind, student, INFERENCE, OPTIONS) as engine:
            with lines_told() as found[kind, "lines"]:
                found[kind, "greedy"] = engine.generate(PROMPTS, GREEDY)
            found[kind, "sampled"] = engine.generate(PROMPTS, SAMPLED, SEEDS)
            found[kind, "reversed"] = engine.generate(PROMPTS[::-1], SAMPLED, SEEDS[::-1])[::-1]
            engine.log_probabilities([Probe(PROMPTS[0], PROMPTS[1])])
            scored = replace(SAMPLED, log_probabilities=True)
            found[kind, "scored"] = engine.generate(PROMPTS, replace(scored, temperature=0.0))
            found[kind, "drawn"] = engine.generate(PROMPTS, scored, SEEDS)
            answered = [
                (prompt, said_of(engine, each))
                for prompt, each in zip(PROMPTS, found[kind, "drawn"], strict=True)
            ]
            probes = [Probe(prompt, tokens) for prompt, tokens in answered if tokens]
            found[kind, "probed"] = engine.log_probabilities(probes)
            found[kind, "other seeds"] = engine.generate(PROMPTS, SAMPLED, [seed + 1000 for seed in SEEDS])
        stop = found["stop"] = stop_texts(found[kind, "greedy"])
        with open_engine(kind, student, replace(INFERENCE, stop=stop), OPTIONS) as engine:
            found[kind, "stopped"] = engine.generate(PROMPTS, replace(GREEDY, stop=stop))
    return found


def said_of(engine, answer) -> list[int]:
    """The tokens of an answer without its end token."""
    tokens = list(answer.tokens)
    return tokens[:-1] if tokens[-1] in engine.ends else tokens


def stop_texts(answers: list) -> tuple[str, ...]:
    """Pairs of letters from within some answers."""
    texts = [answer.text for answer in answers if len(answer.text) > 4]
    pairs = [text[place % (len(text) - 1) :][:2] for place, text in enumerate(texts)]
    return tuple([pair for pair in pairs if "\ufffd" not in pair][:6])


def test_both_engines_give_the_same_greedy_answers(answers):
    assert answers["vllm", "greedy"] == answers["transformers", "greedy"]


@pytest.mark.parametrize("kind", ENGINES)
def test_lines_say_how_many_prompts_are_answered_and_how_many_tokens_in_a_second(answers, kind):
    lines = answers[kind, "lines"]
    assert {(line.label, line.total, line.unit) for line in lines} == {("answering", 48, "prompt")}
    assert [line.done for line in lines] == sorted(line.done for line in lines) and lines[-1].done == 48
    under_way = [line for line in lines if 0 < line.done < 48]
    assert under_way and all(line.seconds_left is not None for line in under_way)
    assert any("tokens/s" in detail for detail in under_way[-1].details)


def test_on_a_cpu_nothing_is_compiled(answers):
    """No compiler is needed then, and the environment may stand in a folder whose path has spaces."""
    from torch._dynamo.utils import counters

    assert not counters["frames"]


def test_the_compared_answers_are_not_trivial(answers):
    greedy = answers["vllm", "greedy"]
    assert {completion.finish_reason for completion in greedy} == {"stop", "length"}
    assert len({completion.text for completion in greedy}) > 40


@pytest.mark.parametrize("kind", ENGINES)
def test_an_answer_belongs_to_its_prompt(answers, kind):
    assert [completion.prompt_tokens for completion in answers[kind, "greedy"]] == list(map(len, PROMPTS))


@pytest.mark.parametrize("kind", ENGINES)
def test_an_answer_ends_at_the_end_token_or_at_max_tokens(answers, kind):
    for completion in answers[kind, "greedy"] + answers[kind, "sampled"]:
        assert "<|im_end|>" not in completion.text
        assert completion.completion_tokens <= 24
        assert completion.finish_reason == "stop" or completion.completion_tokens == 24


@pytest.mark.parametrize("kind", ENGINES)
def test_an_answer_ends_before_the_first_stop_text_and_others_stay_as_they_are(answers, kind):
    ended = 0
    for whole, answer in zip(answers[kind, "greedy"], answers[kind, "stopped"], strict=True):
        places = [place for stop in answers["stop"] if (place := whole.text.find(stop)) >= 0]
        if not places:
            assert answer == whole
            continue
        ended += 1
        assert (answer.text, answer.finish_reason) == (whole.text[: min(places)], "stop")
        assert answer.completion_tokens == len(answer.tokens) <= whole.completion_tokens
        assert answer.tokens == whole.tokens[: len(answer.tokens)]
    assert 6 <= ended < len(PROMPTS)


def test_both_engines_are_as_sure_of_their_answers(answers):
    greedy, other = answers["vllm", "scored"], answers["transformers", "scored"]
    for one, two, plain in zip(greedy, other, answers["vllm", "greedy"], strict=True):
        assert replace(one, mean_log_probability=None) == plain  # noting it changes no answer
        if one.mean_log_probability is None:
            assert (one.text, two.mean_log_probability) == ("", None)
        else:
            assert one.mean_log_probability == pytest.approx(two.mean_log_probability, abs=1e-4)
    assert len({one.mean_log_probability for one in greedy}) > 40


@pytest.mark.parametrize("kind", ENGINES)
def test_how_sure_a_model_is_does_not_depend_on_how_it_is_sampled(answers, kind):
    drawn = [each for each in answers[kind, "drawn"] if each.mean_log_probability is not None]
    assert [replace(each, mean_log_probability=None) for each in answers[kind, "drawn"]] == answers[
        kind, "sampled"
    ]
    assert len(drawn) == len(answers[kind, "probed"]) > 40
    for each, probed in zip(drawn, answers[kind, "probed"], strict=True):
        assert each.mean_log_probability == pytest.approx(sum(probed) / len(probed), abs=1e-4)


def test_both_engines_end_answers_at_the_same_token(answers):
    assert answers["vllm", "stopped"] == answers["transformers", "stopped"]


def test_a_stop_text_that_the_prompt_begins_is_not_looked_for_there(student):
    with open_engine("transformers", student, INFERENCE, OPTIONS) as engine:
        first = engine.generate(PROMPTS[:1], GREEDY)[0]
        stop = engine.tokenizer.decode(PROMPTS[0][-1:]) + first.text[:1]
        assert engine.generate(PROMPTS[:1], replace(GREEDY, stop=(stop,))) == [first]


@pytest.mark.parametrize("kind", ENGINES)
def test_a_seeded_answer_does_not_depend_on_its_neighbours(answers, kind):
    assert answers[kind, "sampled"] == answers[kind, "reversed"]


@pytest.mark.parametrize("kind", ENGINES)
def test_other_seeds_give_other_answers(answers, kind):
    same = [a == b for a, b in zip(answers[kind, "sampled"], answers[kind, "other seeds"], strict=True)]
    assert sum(same) < 5


@pytest.mark.parametrize("kind", ENGINES)
def test_engines_one_after_another_each_serve_their_own_weights(answers, kind, student, tmp_path):
    other = write_student(tmp_path / "other", seed=1)
    for folder, expected in [(other, False), (student, True)]:
        with open_engine(kind, folder, INFERENCE, OPTIONS) as engine:
            assert (engine.generate(PROMPTS, GREEDY) == answers[kind, "greedy"]) is expected


@pytest.mark.parametrize("kind", ENGINES)
def test_an_engine_keeps_to_its_threads_and_is_not_bound_to_a_core(kind, student):
    import torch

    cores = os.sched_getaffinity(0)
    with open_engine(kind, student, INFERENCE, OPTIONS) as engine:
        engine.generate(PROMPTS[:4], GREEDY)
        assert torch.get_num_threads() == 1
        assert os.sched_getaffinity(0) == cores


def test_sampling_follows_the_distribution():
    import torch

    from skillift.engines.seeded_sampling import SeededSampling

    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().repeat(20_000, 1)
    drawn = SeededSampling(1.0, 1.0, range(20_000))(None, logits).argmax(dim=1).bincount(minlength=4) / 20_000
    assert drawn.tolist() == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.012)
    kept = SeededSampling(1.0, 0.75, range(2_000))(None, logits[:2_000]).argmax(dim=1).bincount(minlength=4)
    assert kept[2:].sum() == 0 and kept[:2].min() > 0


def test_what_prompts_have_in_common_is_kept_and_changes_no_answer(tmp_path):
    """Prompts of two procedures in turn: each is computed once, as those that share it follow each other."""
    student = write_student(tmp_path / "model", positions=512)
    draw = random.Random(1)
    procedures = [[draw.randrange(256) for _ in range(260)] for _ in range(2)]
    prompts = [procedures[number % 2] + [draw.randrange(256) for _ in range(9)] for number in range(8)]
    found = {}
    for caching in (True, False):
        options = RunOptions(max_num_seqs=1, prefix_caching=caching)
        with open_engine("vllm", student, replace(INFERENCE, max_model_len=512), options) as engine:
            generate, cached = engine.llm.generate, []

            def noting(*arguments, generate=generate, cached=cached, **named):
                outputs = generate(*arguments, **named)
                cached += [output.num_cached_tokens for output in outputs]
                return outputs

            engine.llm.generate = noting
            answers = [engine.generate(prompts, GREEDY) for _ in range(2)]
            assert answers[0] == answers[1]
            found[caching] = answers[0], cached
    assert found[True][0] == found[False][0]
    first, second = found[True][1][:8], found[True][1][8:]
    assert sorted(first) == [0, 0] + [256] * 6  # two blocks of 128 tokens each
    assert second == first  # what the first call has left is forgotten
    assert not any(found[False][1])


@pytest.mark.parametrize("kind", ENGINES)
def test_a_model_with_too_few_positions_is_refused(kind, student):
    expected = pytest.raises(UserError, match="max_model_len: found 512, expected at most 256")
    with expected, open_engine(kind, student, replace(INFERENCE, max_model_len=512), OPTIONS):
        pass


@pytest.mark.parametrize("kind", ENGINES)
def test_an_unreadable_model_folder_is_named(kind, student, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(student, broken)
    (broken / "config.json").write_text("{")
    with pytest.raises(UserError, match="broken"), open_engine(kind, broken, INFERENCE, OPTIONS):
        pass


def test_an_unknown_engine_is_refused(student):
    expected = pytest.raises(UserError, match="'llama', expected one of transformers, vllm")
    with expected, open_engine("llama", student, INFERENCE, OPTIONS):
        pass


def test_a_cache_that_does_not_fit_the_machine_is_told_with_its_fix(student):
    huge = RunOptions(threads=1, max_num_seqs=10**9, kv_cache_gib=10**6)
    with pytest.raises(UserError, match="kv_cache_gib"), open_engine("vllm", student, INFERENCE, huge):
        pass
