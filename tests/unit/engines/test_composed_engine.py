"""Claims about emulated fine-tuning: three models compose to the one that their arithmetic gives."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from tiny_models import smallest, write_model, write_student, write_tokenizer

from skillift.engines.interface import Composition, RunOptions, Sampling, Serving
from skillift.engines.opening import open_engine
from skillift.engines.probes import Probe
from skillift.errors import UserError

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 128)
OPTIONS = RunOptions(threads=1, max_num_seqs=8)
GREEDY = Sampling(max_tokens=24)
DRAW = random.Random(0)
PROMPTS = [[DRAW.randrange(256) for _ in range(DRAW.randint(2, 40))] for _ in range(20)]


def padded_student(folder, seed: int, rows: int):
    """A student whose vocabulary has rows beyond the tokenizer's, which it would choose if it could."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = write_tokenizer(folder)
    torch.manual_seed(seed)
    sizes = {**smallest(tokenizer), "vocab_size": len(tokenizer) + rows, "tie_word_embeddings": False}
    model = Qwen3ForCausalLM(
        Qwen3Config(**sizes, max_position_embeddings=256, rope_theta=10_000.0, bos_token_id=None)
    )
    with torch.no_grad():
        model.lm_head.weight[len(tokenizer) :] *= 20
    return write_model(folder, model, tokenizer)


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    """A large student, it after a training that moved it far, a small one, and one of another vocabulary."""
    folder = tmp_path_factory.mktemp("students")
    found = {name: write_student(folder / name, seed=seed) for seed, name in enumerate(("l", "tuned", "s"))}
    return found | {"padded": padded_student(folder / "padded", 1, 5)}


def answered(folder, composition: Composition | None, sampling=GREEDY, options=OPTIONS):
    with open_engine("transformers", folder, INFERENCE, options, composition=composition) as engine:
        return engine.generate(PROMPTS, sampling, list(range(len(PROMPTS))))


def tokens(answers) -> list[tuple[int, ...]]:
    return [answer.tokens for answer in answers]


def test_what_its_own_training_changed_makes_it_the_trained_one_token_for_token(students):
    """l + (tuned - l): prompts of many lengths stand padded in one batch, some answers end early."""
    composition = Composition(students["tuned"], students["l"])
    expected = answered(students["tuned"], None)
    assert tokens(answered(students["l"], composition)) == tokens(expected)
    assert tokens(expected) != tokens(answered(students["l"], None))
    stopping = replace(GREEDY, stop=(letter_of_some([answer.text for answer in expected]),))
    stopped = answered(students["tuned"], None, stopping)
    assert {answer.finish_reason for answer in stopped} == {"stop", "length"}
    assert tokens(answered(students["l"], composition, stopping)) == tokens(stopped)


def letter_of_some(texts: list[str]) -> str:
    """A letter that some texts have and others have not."""
    letters = sorted({letter for text in texts for letter in text} - {"\ufffd"})
    return next(letter for letter in letters if 2 <= sum(letter in text for text in texts) < len(texts) - 2)


def test_with_weight_0_it_answers_as_before(students):
    found = answered(students["l"], Composition(students["tuned"], students["s"], 0.0))
    assert tokens(found) == tokens(answered(students["l"], None))


def test_half_of_the_training_is_neither(students):
    half = tokens(answered(students["l"], Composition(students["tuned"], students["l"], 0.5)))
    assert half not in (tokens(answered(students[name], None)) for name in ("l", "tuned"))


def test_sampled_answers_are_those_of_the_trained_one_by_the_same_seeds(students):
    sampling = Sampling(max_tokens=24, temperature=1.0, top_p=0.9)
    found = answered(students["l"], Composition(students["tuned"], students["l"]), sampling)
    assert tokens(found) == tokens(answered(students["tuned"], None, sampling))


def test_a_padded_vocabulary_is_cut_to_the_tokenizers_length(students):
    """Rows that no token has would win by far: in the large model, or in either of the small ones."""
    size = 259
    alone = answered(students["padded"], None)
    assert any(token >= size for answer in alone for token in answer.tokens)
    for large, tuned, base in (("padded", "tuned", "padded"), ("l", "tuned", "l"), ("l", "padded", "padded")):
        found = answered(students[large], Composition(students[tuned], students[base]))
        assert all(token < size for answer in found for token in answer.tokens)
        expected = students["tuned"] if tuned == "tuned" else students["l"]
        assert tokens(found) == tokens(answered(expected, None))


def test_it_scores_answers_as_the_trained_one_does(students):
    probes = [Probe(prompt, prompt[:3]) for prompt in PROMPTS[:4]]
    composition = Composition(students["tuned"], students["l"])
    with open_engine("transformers", students["l"], INFERENCE, OPTIONS, composition=composition) as engine:
        found = engine.log_probabilities(probes)
    with open_engine("transformers", students["tuned"], INFERENCE, OPTIONS) as engine:
        expected = engine.log_probabilities(probes)
    assert [pytest.approx(row, abs=1e-3) for row in expected] == found


def test_another_tokenizer_is_refused(students, tmp_path):
    other = write_student(tmp_path / "other")
    text = (other / "tokenizer.json").read_text()
    (other / "tokenizer.json").write_text(
        text.replace('"A":', '"@@":').replace('"B":', '"A":').replace('"@@":', '"B":')
    )
    with pytest.raises(UserError, match=r"other: tokenizer: found 'another one', expected that of .*/l"):
        answered(students["l"], Composition(other, other))


def test_vllm_is_refused(students):
    composition = Composition(students["tuned"], students["l"])
    opened = open_engine("vllm", students["l"], INFERENCE, OPTIONS, composition=composition)
    with pytest.raises(UserError, match="engine: found 'vllm', expected transformers"), opened:
        pass
