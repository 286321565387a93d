"""The check of what a run was asked: whole prompts, the thinking mode of the study, and answers to each."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest
from chat_templates import chat_template, chat_tokenizer
from stub_models import make_episodes

from skillift.contracts.pipeline import EPISODES
from skillift.contracts.served_checks import ANSWER_CHECK, PROMPTS
from skillift.episodes.answer_checks import asked_table, check_answers
from skillift.errors import UserError
from skillift.students.chat_format import prompt_text, token_ids
from skillift.tables import check

QUESTIONS = ["What is 1?", "What is 2?"]
ANSWER = "Step 1: 1\nANSWER: 1"
EMPTY = "<think>\n\n</think>\n\n"


def asked_of(template: str, thinking: bool) -> pl.DataFrame:
    """What two tasks look like to a student with that template."""
    tokenizer = chat_tokenizer(template)
    keys = {"suite": ["holdout"] * 2, "condition": ["none"] * 2, "task_id": ["a", "b"]}
    messages = pl.DataFrame({**keys, "content": QUESTIONS})
    texts = [prompt_text(tokenizer, question, thinking) for question in QUESTIONS]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    prompts = token_ids(tokenizer, texts)
    return check(asked_table(0, messages, texts, hashes, prompts, tokenizer, thinking), PROMPTS, "prompts")


def answers_to(asked: pl.DataFrame, *responses: str) -> pl.DataFrame:
    """Episodes as an engine gives them that has read the prompts to their ends."""
    episodes = make_episodes(dict(zip(["a", "b"], responses or (ANSWER, ANSWER), strict=True)))
    read = {"prompt_sha256": asked["prompt_sha256"], "prompt_tokens": asked["tokens"]}
    return check(episodes.with_columns(**read), EPISODES, "episodes")


@pytest.mark.parametrize("thinking", [False, True])
@pytest.mark.parametrize("name", ["qwen3", "qwen3_5_nothink", "qwen3_5_think", "chatml"])
def test_a_run_in_the_mode_of_the_study_passes(name, thinking):
    asked = asked_of(chat_template(name), thinking)
    found = check(check_answers(answers_to(asked), asked, thinking, "s/base"), ANSWER_CHECK, "check")
    row = found.row(0, named=True)
    assert (row["n_episodes"], row["thinking"], row["reasoned_rate"]) == (2, thinking, 0.0)
    assert row["prompt_tokens"] == asked["tokens"].sum()
    assert row["generation_prompt"].startswith("<|im_start|>assistant\n")


def test_a_prompt_that_the_engine_has_read_in_part_is_named():
    asked = asked_of(chat_template("qwen3"), False)
    cut = answers_to(asked).with_columns(
        prompt_tokens=pl.when(pl.col("task_id") == "b").then(5).otherwise("prompt_tokens")
    )
    expected = r"s/base, step 0, task b under the condition none: found '5 tokens of .* expected all \d+;"
    with pytest.raises(UserError, match=expected):
        check_answers(cut, asked, False, "s/base")


def test_a_prompt_that_was_not_to_be_asked_or_got_no_answer_is_told():
    asked = asked_of(chat_template("qwen3"), False)
    episodes = answers_to(asked)
    with pytest.raises(UserError, match=r"task b .*found 'the prompt"):
        check_answers(episodes, asked.head(1), False, "s/base")
    with pytest.raises(UserError, match=r"task a .*found 'the prompt 0000"):
        check_answers(episodes.with_columns(prompt_sha256=pl.lit("0" * 64)), asked, False, "s/base")
    with pytest.raises(UserError, match="no answer to 1 of 2 prompts"):
        check_answers(episodes.head(1), asked, False, "s/base")


@pytest.mark.parametrize(("asked_with", "studied"), [(False, True), (True, False)], ids=["off", "on"])
def test_prompts_in_the_other_mode_are_refused(asked_with, studied):
    asked = asked_of(chat_template("qwen3_5_think"), asked_with)
    expected = rf"as `inference: thinking: {str(studied).lower()}` says"
    with pytest.raises(UserError, match=expected):
        check_answers(answers_to(asked), asked, studied, "s/base")


def test_a_template_that_names_the_mode_and_ignores_it_is_refused():
    template = chat_template("chatml") + "{# enable_thinking #}"
    asked = asked_of(template, False)
    with pytest.raises(UserError, match="in both thinking modes"):
        check_answers(answers_to(asked), asked, False, "s/base")


def test_a_template_that_always_opens_a_block_is_refused_with_thinking_off():
    asked = asked_of(chat_template("chatml").replace("assistant\n", "assistant\n<think>\n"), False)
    assert asked["other_generation_prompt"].null_count() == 2
    with pytest.raises(UserError, match="no block of reasoning that waits"):
        check_answers(answers_to(asked), asked, False, "s/base")


def test_answers_that_reason_with_thinking_off_are_refused_and_an_empty_block_is_not():
    asked = asked_of(chat_template("qwen3"), False)
    check_answers(answers_to(asked, EMPTY + ANSWER, ANSWER), asked, False, "s/base")
    for response in ("<think>hm</think>" + ANSWER, "<think>hm", "hm</think>" + ANSWER):
        with pytest.raises(UserError, match="reasoning in 1 of 2 answers"):
            check_answers(answers_to(asked, response, ANSWER), asked, False, "s/base")


def test_answers_that_reason_with_thinking_on_are_counted():
    asked = asked_of(chat_template("qwen3"), True)
    found = check_answers(answers_to(asked, "<think>hm</think>" + ANSWER, ANSWER), asked, True, "s/base")
    assert found["reasoned_rate"].to_list() == [0.5]
