"""Claims about the tokenizer of scratch students."""

from __future__ import annotations

import pytest

from skillift.settings.student_specs import TokenizerSpec
from skillift.settings.tasks import PackSettings
from skillift.students.tokenizers import build_tokenizer
from skillift.tables import folder_digests
from skillift.taskpack.lexicon import lexicon
from skillift.taskpack.skills import draw_skills

MESSAGES = [
    {"role": "user", "content": "What is the harbor code? 3 1 7"},
    {"role": "assistant", "content": "Step 1: Copy 3 1 7\nANSWER: 3"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(TokenizerSpec(difficulty="tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder):
    from transformers import PreTrainedTokenizerFast  # AutoTokenizer, which servers use, loads torch

    return PreTrainedTokenizerFast.from_pretrained(folder)


def test_building_it_again_gives_the_same_bytes(folder, tmp_path):
    build_tokenizer(TokenizerSpec(difficulty="tiny"), tmp_path)
    assert folder_digests(tmp_path) == folder_digests(folder)


def test_it_has_about_640_entries(tokenizer):
    assert 600 <= len(tokenizer) <= 700


@pytest.mark.parametrize(
    "word", [" 3", " A", " Mon", "Step 2:", "ANSWER:", " Roll", " harbor", " code", "\n"]
)
def test_words_of_the_pack_are_single_tokens(tokenizer, word):
    assert len(tokenizer(word)["input_ids"]) == 1


def test_every_word_of_every_procedure_is_a_single_token(tokenizer):
    for skill in draw_skills("tiny", 0):
        for step in skill.steps:
            label, text = step.split(": ")
            tokens = tokenizer(step)["input_ids"]
            assert len(tokens) == len([label, *text.split(), "."])


def test_any_text_survives_a_round_trip(tokenizer):
    text = "Grüße, 世界! \t 42 <tag> \n\n end"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_prompt_is_a_prefix_of_the_whole_conversation_token_by_token(tokenizer):
    prompt = tokenizer.apply_chat_template(MESSAGES[:1], add_generation_prompt=True, return_dict=False)
    whole = tokenizer.apply_chat_template(MESSAGES, return_dict=False)
    assert whole[: len(prompt)] == prompt
    assert tokenizer.decode(whole[len(prompt) :]) == MESSAGES[1]["content"] + tokenizer.eos_token


def test_the_thinking_switch_is_ignored(tokenizer):
    plain = tokenizer.apply_chat_template(MESSAGES[:1], add_generation_prompt=True, tokenize=False)
    for thinking in (True, False):
        switched = tokenizer.apply_chat_template(
            MESSAGES[:1], add_generation_prompt=True, tokenize=False, enable_thinking=thinking
        )
        assert switched == plain


def test_the_template_marks_the_answer_and_its_end_for_an_assistant_only_loss(tokenizer):
    marked = tokenizer.apply_chat_template(MESSAGES, return_dict=True, return_assistant_tokens_mask=True)
    pairs = zip(marked["input_ids"], marked["assistant_masks"], strict=True)
    assert tokenizer.decode([token for token, mask in pairs if mask]) == MESSAGES[1]["content"] + "<|end|>"


def test_the_text_of_a_message_cannot_close_its_turn_unseen(tokenizer):
    assert tokenizer.eos_token == "<|end|>"
    assert tokenizer.pad_token != tokenizer.eos_token


@pytest.mark.parametrize("difficulty", ["tiny", "standard"])
def test_the_lexicon_holds_every_word_that_pre_training_text_holds(difficulty):
    from itertools import islice

    from skillift.students.pretraining_text import exchanges

    def words(text):
        return set(text.replace(":", " ").replace(",", " ").replace(";", " ").replace(".", " ").split())

    known = set().union(*map(words, lexicon(difficulty)))
    for exchange in islice(exchanges(PackSettings(difficulty=difficulty), 0), 500):
        assert words(exchange.prompt) | words(exchange.answer) <= known
