"""A task in a student's chat template: one renderer for training and for every engine.

What a student is trained on begins with the very tokens that it is asked with, on any day: a template that
prints today's date is given the study's. The thinking mode is the study's too, for every tier, because
templates have defaults of their own: Qwen3.5's is off up to 2B and on from 4B. With thinking off these
templates put an empty block of reasoning before the answer; with thinking on Qwen3.5's opens a block and
leaves it to the student to close it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from skillift.answers.reasoning import opened_block
from skillift.errors import UserError, problem
from skillift.settings.values import DEFAULT_DATE
from skillift.students.chat_files import (
    REASONING_TAGS,
    AddedToken,
    first_special,
    special_token_problem,
    special_tokens,
)
from skillift.students.clock import pinned_clock

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_REASONING = re.compile(r"\s*<think>(.*?)</think>(.*)", re.DOTALL)


class TrainedTokens(NamedTuple):
    """A demonstration as token ids: what the student is asked with, and what it is to answer."""

    prompt: list[int]
    response: list[int]


def template_options(tokenizer: PreTrainedTokenizerBase, thinking: bool) -> dict[str, bool]:
    """The options that pin the chat template's thinking mode; none where the template has no such mode."""
    templates = tokenizer.chat_template
    text = "".join(templates.values()) if isinstance(templates, dict) else templates
    return {"enable_thinking": thinking} if "enable_thinking" in text else {}


def prompt_text(
    tokenizer: PreTrainedTokenizerBase, content: str, thinking: bool, date: str = DEFAULT_DATE
) -> str:
    """The text that a student sees: the user message in the chat template, up to where its answer begins.

    Args:
        tokenizer: the student's.
        content: the user message.
        thinking: the study's thinking mode.
        date: the study's date, year-month-day, for templates that print today's.

    Raises:
        UserError: the chat template cannot be rendered.
    """
    return _render(tokenizer, [("user", content)], thinking, date, answer_begins=True)


def generation_prompt(
    tokenizer: PreTrainedTokenizerBase, content: str, thinking: bool, date: str = DEFAULT_DATE
) -> str:
    """The end of `prompt_text`: what the chat template puts between the user message and the answer.

    Raises:
        UserError: the chat template cannot be rendered, or changes the user message when an answer follows.
    """
    message = _render(tokenizer, [("user", content)], thinking, date, answer_begins=False)
    prompt = prompt_text(tokenizer, content, thinking, date)
    if not prompt.startswith(message):
        expected = f"it to begin with {message!r}"
        raise UserError(
            problem(f"{_place(tokenizer)}, a prompt", prompt, expected, "Correct chat_template.jinja.")
        )
    return prompt[len(message) :]


def refuse_special_tokens(tokenizer: PreTrainedTokenizerBase, text: str, where: str) -> None:
    """See that a text holds no special token of a student, which would end its turn in the middle.

    Args:
        tokenizer: the student's.
        text: a user message, or an answer that is trained on.
        where: what the text is, for messages.

    Raises:
        UserError: it holds one.
    """
    if token := first_special(text, _refused_tokens(tokenizer)):
        raise UserError(special_token_problem(where, token, f"{tokenizer.name_or_path}"))


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of rendered texts; what stands before a message is the template's alone."""
    return tokenizer(list(texts), add_special_tokens=False)["input_ids"] if texts else []


def opened_reasoning(prompt: str) -> str:
    """The block of reasoning that a prompt opens for the answer ("<think>\\n"); empty if there is none."""
    return opened_block(prompt)


def trained_tokens(
    tokenizer: PreTrainedTokenizerBase,
    content: str,
    response: str,
    thinking: bool,
    ends: Collection[int],
    date: str = DEFAULT_DATE,
) -> TrainedTokens:
    """The tokens of a demonstration: the prompt's as served, then the response's up to its end token.

    The chat template renders the response, so reasoning stands where the template has it. Where a tokenizer
    would merge the prompt's last token with the response's first, the two are tokenised apart: at inference
    the prompt's last token is fixed before anything is answered.

    Args:
        tokenizer: the student's.
        content: the user message.
        response: the demonstration, with a block of reasoning of its own or without.
        thinking: the study's thinking mode.
        ends: the tokens that end an answer when the student is served.
        date: the study's date.

    Raises:
        UserError: a text holds a special token; the chat template cannot be rendered, or renders another
            prompt before the response than the one that is served, as it does where the response reasons and
            thinking is off.
    """
    refuse_special_tokens(tokenizer, content, "its prompt")
    refuse_special_tokens(tokenizer, response, "its answer")
    prompt = prompt_text(tokenizer, content, thinking, date)
    exchange = [("user", content), ("assistant", response)]
    whole = _render(tokenizer, exchange, thinking, date, answer_begins=False)
    if not whole.startswith(prompt):
        if not thinking and split_reasoning(response)[0]:
            found = "a demonstration with a block of reasoning, and `thinking: false`"
            fix = "Set `thinking: true` in the study's `inference`, or take the block out."
            raise UserError(problem(_place(tokenizer), found, "an answer without reasoning", fix))
        fix = "The chat template renders a prompt in two ways: fix it, or change `thinking`."
        expected = f"the prompt that is served, {prompt!r}"
        raise UserError(problem(f"{_place(tokenizer)}, before a response", whole, expected, fix))
    served, joined, rest = token_ids(tokenizer, [prompt, whole, whole[len(prompt) :]])
    answered = joined[len(served) :] if joined[: len(served)] == served else rest
    end = next((place for place, token in enumerate(answered) if token in ends), len(answered))
    return TrainedTokens(served, answered[: end + 1])


def split_reasoning(text: str) -> tuple[str, str]:
    """The first block of reasoning (empty where `text` does not begin with one) and what follows it."""
    found = _REASONING.fullmatch(text)
    return (found[1].strip(), found[2].strip()) if found else ("", text.strip())


def answer_text(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int]) -> str:
    """The text of an answer without special tokens, but with the tags of its reasoning, special or not."""
    hidden = _hidden_tokens(tokenizer)
    return tokenizer.decode([token for token in tokens if token not in hidden], skip_special_tokens=False)


@lru_cache(maxsize=2)
def _hidden_tokens(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    added = tokenizer.added_tokens_decoder.items()
    return frozenset(
        number for number, token in added if token.special and token.content not in REASONING_TAGS
    )


@lru_cache(maxsize=2)
def _refused_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    added = [AddedToken(token.content, token.special) for token in tokenizer.added_tokens_decoder.values()]
    exchange = [("user", "A question."), ("assistant", "An answer.")]
    rendered = _render(tokenizer, exchange, False, DEFAULT_DATE, answer_begins=False)
    rendered += _render(tokenizer, exchange[:1], False, DEFAULT_DATE, answer_begins=True)
    return tuple(special_tokens(added, tokenizer.all_special_tokens, rendered))


def _render(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[tuple[str, str]],
    thinking: bool,
    date: str,
    answer_begins: bool,
) -> str:
    import jinja2

    try:
        return tokenizer.apply_chat_template(
            [{"role": role, "content": content} for role, content in messages],
            tokenize=False,
            add_generation_prompt=answer_begins,
            strftime_now=pinned_clock(date),
            **template_options(tokenizer, thinking),
        )
    except jinja2.TemplateError as error:
        expected = "a template of one user message and one answer"
        raise UserError(problem(_place(tokenizer), str(error), expected)) from None


def _place(tokenizer: PreTrainedTokenizerBase) -> str:
    return f"{tokenizer.name_or_path}: chat template"
