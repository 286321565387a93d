"""From a corpus to what the trainer reads, and the check that the loss lies where it should.

A corpus row holds one user message and one assistant message (contract CORPUS). `skillift.chat_format`
renders and tokenises them as it does for the engines; `check_trained_tokens` then looks at what trl has made
of it, as a template can put more or less under the loss than the demonstration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from skillift.chat_format import opened_reasoning, prompt_text, split_reasoning, token_ids, trained_tokens
from skillift.errors import UserError, problem

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


def conversations(
    corpus: pl.DataFrame, tokenizer: PreTrainedTokenizerBase, thinking: bool, ends: Sequence[int]
) -> Dataset:
    """The corpus as trl takes it when it is tokenised, in the corpus's order.

    Args:
        corpus: a frame that keeps the contract CORPUS.
        tokenizer: the student's tokenizer.
        thinking: the chat template's thinking mode.
        ends: the tokens that end an answer when the student is served.

    Returns:
        `input_ids`, and `completion_mask` (1 for the response and its end token).

    Raises:
        UserError: the corpus is empty, a row is not one user message and one assistant message with text, or
            the chat template renders a row's prompt in two ways.
    """
    from datasets import Dataset

    if corpus.is_empty():
        raise UserError(
            problem("corpus", "no rows", "at least one demonstration", "Raise `rows` of the corpus.")
        )
    rows = []
    for task_id, attempt, messages in corpus.select("task_id", "attempt", "messages").iter_rows():
        roles = [message["role"] for message in messages]
        if roles != ["user", "assistant"] or not all(message["content"] for message in messages):
            found = roles if roles != ["user", "assistant"] else "an empty message"
            raise UserError(
                problem(
                    _row(task_id, attempt),
                    found,
                    "one user message and one assistant message, both with text",
                )
            )
        content, response = (message["content"] for message in messages)
        try:
            prompt, answer = trained_tokens(tokenizer, content, response, thinking, ends)
        except UserError as error:
            raise UserError(f"{_row(task_id, attempt)}: {error}") from None
        mask = [0] * len(prompt) + [1] * len(answer)
        rows.append({"input_ids": prompt + answer, "completion_mask": mask})
    return Dataset.from_list(rows)


def check_trained_tokens(
    corpus: pl.DataFrame,
    dataset: Dataset,
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    ends: Sequence[int],
    max_tokens: int | None,
) -> None:
    """Check each tokenised row: the served prompt, then a loss on the response and its end token alone.

    White space that a template puts around the response may be there, and so may a block of reasoning: the
    demonstration's own, or the empty one that a template has for a response without any.

    Args:
        corpus: the corpus, in the order of `dataset`.
        dataset: `input_ids` and `labels` (-100 where there is no loss), as trl has prepared them.
        tokenizer: the student's tokenizer.
        thinking: the chat template's thinking mode.
        ends: the tokens that end an answer when the student is served.
        max_tokens: the student's longest sequence; None if it declares none.

    Raises:
        UserError: names the first row whose sequence is too long, or whose trained tokens are others.
    """
    keys = corpus.select("task_id", "attempt", "messages").iter_rows()
    for (task_id, attempt, messages), ids, labels in zip(
        keys, dataset["input_ids"], dataset["labels"], strict=True
    ):
        if max_tokens is not None and len(ids) > max_tokens:
            raise UserError(
                problem(
                    _row(task_id, attempt),
                    f"{len(ids)} tokens",
                    f"at most {max_tokens}, the student's max_position_embeddings",
                    "Shorten the task's prompt or its demonstration; nothing is cut off.",
                )
            )
        trained = [token for token in labels if token != -100]
        prompt = prompt_text(tokenizer, messages[0]["content"], thinking)
        served = token_ids(tokenizer, [prompt])[0]
        if ids[: len(ids) - len(trained)] != served:
            raise UserError(
                problem(
                    _row(task_id, attempt),
                    f"the prompt {tokenizer.decode(ids[: len(ids) - len(trained)])!r}",
                    f"the prompt that is served, {prompt!r}",
                    "The chat template renders a prompt in two ways: mend it, or change `thinking`.",
                )
            )
        end = next((place for place, token in enumerate(trained) if token in ends), len(trained))
        response = split_reasoning(opened_reasoning(prompt) + tokenizer.decode(trained[:end]))
        if end != len(trained) - 1 or response != split_reasoning(messages[1]["content"]):
            raise UserError(
                problem(
                    _row(task_id, attempt),
                    f"a loss on {tokenizer.decode(trained)!r}",
                    f"a loss on {messages[1]['content'] + tokenizer.decode(list(ends)[:1])!r} alone",
                    "The chat template or the tokenizer changes the response: mend it, or change `thinking`.",
                )
            )


def _row(task_id: str, attempt: int) -> str:
    return f"corpus: row {task_id}, attempt {attempt}"
