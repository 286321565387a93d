"""Chat formatting: a student is trained on the very tokens that it is asked with, reasoning included."""

from __future__ import annotations

import pytest
from chat_templates import chat_template, chat_tokenizer
from trainings import corpus_of

from skillift.errors import UserError
from skillift.scorers.answer_line import score as score_answer_line
from skillift.students.chat_format import (
    answer_text,
    generation_prompt,
    opened_reasoning,
    prompt_text,
    split_reasoning,
    token_ids,
    trained_tokens,
)
from skillift.training.training_data import check_trained_tokens, conversations

TEMPLATES = ["qwen3", "qwen3_5_nothink", "qwen3_5_think", "chatml"]
WITH_A_MODE = ["qwen3", "qwen3_5_nothink", "qwen3_5_think"]
QUESTION = "Step 1: Add.\n\nWhat is 3 + 4?"
PLAIN = "Step 1: 3 4\nANSWER: 7"
REASONED = "<think>\nThree and four.\n\nSeven.\n</think>\n\nStep 1: 3 4\nANSWER: 7"


@pytest.fixture(scope="module", params=TEMPLATES)
def named(request):
    return request.param, chat_tokenizer(chat_template(request.param))


def _trained(tokenizer, response: str, thinking: bool):
    return trained_tokens(tokenizer, QUESTION, response, thinking, [tokenizer.eos_token_id])


@pytest.mark.parametrize("thinking", [False, True])
@pytest.mark.parametrize("response", [PLAIN, REASONED], ids=["plain", "reasoned"])
def test_a_demonstration_begins_with_the_tokens_of_the_prompt_that_is_served(named, response, thinking):
    name, tokenizer = named
    if response is REASONED and not thinking and name != "chatml":
        with pytest.raises(UserError, match="with a block of reasoning, and `thinking: false`"):
            _trained(tokenizer, response, thinking)
        return
    prompt, answer = _trained(tokenizer, response, thinking)
    served = prompt_text(tokenizer, QUESTION, thinking)
    assert prompt == token_ids(tokenizer, [served])[0]
    assert tokenizer.decode(prompt) == served and QUESTION in served
    assert answer[-1] == tokenizer.eos_token_id and answer.count(tokenizer.eos_token_id) == 1
    whole = opened_reasoning(served) + tokenizer.decode(answer[:-1])
    assert split_reasoning(whole) == split_reasoning(response)
    assert (served + tokenizer.decode(answer)).count("<think>") == (served + whole).count("</think>") <= 1


@pytest.mark.parametrize("thinking", [False, True])
@pytest.mark.parametrize("response", [PLAIN, REASONED], ids=["plain", "reasoned"])
def test_what_is_trained_is_the_text_that_the_template_renders(named, response, thinking):
    name, tokenizer = named
    if response is REASONED and not thinking and name != "chatml":
        return  # refused, see above
    messages = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": response}]
    options = {} if name == "chatml" else {"enable_thinking": thinking}
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, **options)
    prompt, answer = _trained(tokenizer, response, thinking)
    assert tokenizer.decode(prompt + answer) == rendered.removesuffix("\n")


def test_tokens_that_would_merge_over_the_end_of_the_prompt_are_kept_apart():
    tokenizer = chat_tokenizer(chat_template("qwen3_5_think"))
    prompt, answer = _trained(tokenizer, PLAIN, thinking=True)
    joined = token_ids(tokenizer, [tokenizer.decode(prompt + answer)])[0]
    assert joined[: len(prompt)] != prompt  # the empty block's two line breaks are one token there
    assert tokenizer.decode(answer).startswith("\n</think>\n\nStep 1")


@pytest.mark.parametrize("name", WITH_A_MODE)
def test_the_mode_that_the_study_pins_is_the_one_that_is_rendered(name):
    tokenizer = chat_tokenizer(chat_template(name))
    off, on = (generation_prompt(tokenizer, QUESTION, thinking) for thinking in (False, True))
    assert off == "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert on == "<|im_start|>assistant\n" + ("" if name == "qwen3" else "<think>\n")


def test_a_template_without_a_mode_renders_one_prompt():
    tokenizer = chat_tokenizer(chat_template("chatml"))
    assert {generation_prompt(tokenizer, QUESTION, thinking) for thinking in (False, True)} == {
        "<|im_start|>assistant\n"
    }


@pytest.mark.parametrize("thinking", [False, True])
def test_trl_takes_the_tokens_as_they_are_and_the_check_passes(named, thinking):
    _, tokenizer = named
    rows = [(QUESTION, PLAIN), ("What is 1?", "ANSWER: 1")]
    if thinking:
        rows.append((QUESTION, REASONED))
    corpus, ends = corpus_of(rows), [tokenizer.eos_token_id]
    found = conversations(corpus, tokenizer, thinking, ends).to_dict()
    labels = [
        [token if trained else -100 for token, trained in zip(ids, mask, strict=True)]
        for ids, mask in zip(found["input_ids"], found["completion_mask"], strict=True)
    ]
    prepared = {"input_ids": found["input_ids"], "labels": labels}
    check_trained_tokens(corpus, prepared, tokenizer, thinking, ends, None)
    for ids, trained in zip(found["input_ids"], labels, strict=True):
        trained[0] = ids[0]  # the loss on a token of the prompt
    with pytest.raises(UserError, match="corpus: row t0, attempt 0"):
        check_trained_tokens(corpus, prepared, tokenizer, thinking, ends, None)


def test_a_row_whose_reasoning_the_mode_forbids_is_named():
    tokenizer = chat_tokenizer(chat_template("qwen3"))
    corpus = corpus_of([(QUESTION, PLAIN), (QUESTION, REASONED)])
    with pytest.raises(UserError, match=r"corpus: row t1, attempt 0: .*`thinking: false`"):
        conversations(corpus, tokenizer, False, [tokenizer.eos_token_id])


def test_a_template_that_drops_reasoning_is_refused():
    dropping = chat_template("chatml").replace(
        "message['content']", "message['content'].split('</think>')[-1].lstrip()"
    )
    tokenizer = chat_tokenizer(dropping)
    corpus, ends = corpus_of([(QUESTION, REASONED)]), [tokenizer.eos_token_id]
    found = conversations(corpus, tokenizer, True, ends).to_dict()
    ids, mask = found["input_ids"][0], found["completion_mask"][0]
    labels = [token if trained else -100 for token, trained in zip(ids, mask, strict=True)]
    with pytest.raises(UserError, match="The chat template or the tokenizer changes the response"):
        check_trained_tokens(corpus, {"input_ids": [ids], "labels": [labels]}, tokenizer, True, ends, None)


@pytest.mark.parametrize("special", [False, True])
def test_tags_of_reasoning_stay_in_an_answer_whether_or_not_they_are_special_tokens(special):
    tokenizer = chat_tokenizer(chat_template("qwen3"), special_tags=special)
    tokens = token_ids(tokenizer, ["<think>\nANSWER: 1\n</think>\n\nANSWER: 2<|im_start|>"])[0]
    text = answer_text(tokenizer, tokens)
    assert text == "<think>\nANSWER: 1\n</think>\n\nANSWER: 2"
    assert score_answer_line(text, "2")


def test_reasoning_is_split_from_what_follows():
    assert split_reasoning(REASONED) == ("Three and four.\n\nSeven.", PLAIN)
    assert split_reasoning(PLAIN) == ("", PLAIN)
    assert split_reasoning("<think>hm") == ("", "<think>hm")


def test_a_user_who_writes_a_tag_opens_no_block():
    tokenizer = chat_tokenizer(chat_template("chatml"))
    assert opened_reasoning(prompt_text(tokenizer, "Mind <think>", False)) == ""
