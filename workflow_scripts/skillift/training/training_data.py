"""From a corpus to what the trainer reads, and the check that the loss lies where it should.

A corpus row holds one user message and one assistant message (contract CORPUS).
`skillift.students.chat_format` renders and tokenises them as it does for the engines; `check_trained_tokens`
then looks at what trl has made of it, as a template can put more or less under the loss than the
demonstration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.scorers.registry import names, scorer
from skillift.settings.values import DEFAULT_DATE
from skillift.students.chat_format import (
    opened_reasoning,
    prompt_text,
    split_reasoning,
    token_ids,
    trained_tokens,
)

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

TRAINED_TOKENS_SCHEMA = {
    "task_id": pl.String,
    "attempt": pl.Int64,
    "prompt_tokens": pl.Int64,
    "trained_tokens": pl.Int64,
    "end_token": pl.Int64,
    "pad_token": pl.Int64,
    "trained_text": pl.String,
}


def conversations(
    corpus: pl.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    ends: Sequence[int],
    date: str = DEFAULT_DATE,
) -> Dataset:
    """The corpus as trl takes it when it is tokenised, in the corpus's order.

    Args:
        corpus: a frame that keeps the contract CORPUS.
        tokenizer: the student's tokenizer.
        thinking: the chat template's thinking mode.
        ends: the tokens that end an answer when the student is served.
        date: the study's date, for templates that print today's.

    Returns:
        `input_ids`, and `completion_mask` (1 for the response and its end token).

    Raises:
        UserError: the corpus is empty, a row is not one user message and one assistant message with text,
            holds a special token of the student, or is rendered with another prompt than the served one.
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
            prompt, answer = trained_tokens(tokenizer, content, response, thinking, ends, date)
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
    date: str = DEFAULT_DATE,
) -> pl.DataFrame:
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
        date: the study's date.

    Returns:
        What each row is trained on; contract TRAINED_TOKENS.

    Raises:
        UserError: names the first row whose sequence is too long, or whose trained tokens are others.
    """
    checked = []
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
        where, texts = _row(task_id, attempt), [message["content"] for message in messages]
        check_row(where, ids, trained, texts, tokenizer, thinking, ends, date)
        counts = (len(ids) - len(trained), len(trained))
        found = (*counts, trained[-1], tokenizer.pad_token_id, tokenizer.decode(trained))
        checked.append((task_id, attempt, *found))
    return pl.DataFrame(checked, schema=TRAINED_TOKENS_SCHEMA, orient="row").sort("task_id", "attempt")


def check_row(
    where: str,
    ids: Sequence[int],
    trained: Sequence[int],
    texts: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    ends: Sequence[int],
    date: str = DEFAULT_DATE,
) -> None:
    """Check one tokenised row; see `check_trained_tokens`.

    Args:
        where: the row, for messages.
        ids: its tokens.
        trained: those of its last tokens that are under the loss.
        texts: user message and response.
        tokenizer: the student's tokenizer.
        thinking: the chat template's thinking mode.
        ends: the tokens that end an answer when the student is served.
        date: the study's date.

    Raises:
        UserError: the prompt is not the served one, or the loss is not on the response and its end alone.
    """
    prompt = prompt_text(tokenizer, texts[0], thinking, date)
    before = ids[: len(ids) - len(trained)]
    if before != token_ids(tokenizer, [prompt])[0]:
        found, expected = f"the prompt {tokenizer.decode(before)!r}", f"the prompt that is served, {prompt!r}"
        fix = "The chat template renders a prompt in two ways: fix it, or change `thinking`."
        raise UserError(problem(where, found, expected, fix))
    end = next((place for place, token in enumerate(trained) if token in ends), len(trained))
    response = split_reasoning(opened_reasoning(prompt) + tokenizer.decode(trained[:end]))
    if end != len(trained) - 1 or response != split_reasoning(texts[1]):
        found = f"a loss on {tokenizer.decode(trained)!r}"
        expected = f"a loss on {texts[1] + tokenizer.decode(list(ends)[:1])!r} alone"
        fix = "The chat template or the tokenizer changes the response: fix it, or change `thinking`."
        opening = tokenizer.decode(trained[:end]).partition(texts[1])[0]
        if response[1].endswith(texts[1].strip()) and opening.strip():
            fix = f"The chat template opens an answer with {opening!r} alone, not where one is asked for: "
            fix += "have it open one under `{% if add_generation_prompt %}`."
        raise UserError(problem(where, found, expected, fix))


def with_scoring(corpus: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """The corpus with what answers to its tasks are scored by: the columns `scorer` and `scored_by`.

    Args:
        corpus: a frame that keeps the contract CORPUS.
        tasks: those that it is made from, contract TASKS.

    Returns:
        `scored_by` has the values that the scorer is given beside an answer (`scorers.registry.Scorer`).

    Raises:
        UserError: a task is scored by a judge.
    """
    said = {row["task_id"]: row for row in tasks.iter_rows(named=True)}
    scorers = [said[task_id]["scorer"] for task_id in corpus["task_id"]]
    for task_id, found in zip(corpus["task_id"], scorers, strict=True):
        if found not in names():
            expected = (
                f"a scorer that needs no judge ({', '.join(names())}), as answers are scored in training"
            )
            raise UserError(problem(f"tasks: {task_id}: scorer", found, expected))
    values = [
        [said[task_id].get(name) for name in scorer(found).columns]
        for task_id, found in zip(corpus["task_id"], scorers, strict=True)
    ]
    return corpus.with_columns(
        scorer=pl.Series(scorers, dtype=pl.String), scored_by=pl.Series(values, dtype=pl.List(pl.String))
    )


def check_batch(batch: Mapping[str, Tensor], rows: Sequence[Mapping], pad_token: int, packed: bool) -> None:
    """Check what the trainer makes of rows: their own tokens and labels, then padding without loss or weight.

    Args:
        batch: what the collator gave: input_ids, labels, and attention_mask where rows are padded.
        rows: the tokenised rows: input_ids, labels.
        pad_token: the tokenizer's padding token.
        packed: whether rows lie end to end in one sequence, without padding; the first label of each is then
            dropped, as no token stands before it.

    Raises:
        UserError: a token, a label or a mask is another.
    """
    ids, labels = [list(row["input_ids"]) for row in rows], [list(row["labels"]) for row in rows]
    if packed:
        expected = {
            "input_ids": [[*chain(*ids)]],
            "labels": [[*chain(*([-100, *row[1:]] for row in labels))]],
        }
    else:
        longest = max(map(len, ids))
        expected = {
            "input_ids": [row + [pad_token] * (longest - len(row)) for row in ids],
            "labels": [row + [-100] * (longest - len(row)) for row in labels],
            "attention_mask": [[1] * len(row) + [0] * (longest - len(row)) for row in ids],
        }
    for name, values in expected.items():
        found = batch[name].tolist()
        for place, (one, other) in enumerate(zip(found, values, strict=True)):
            if one != other:
                fix = "trl has changed how it lays rows into a batch: use the pinned version."
                raise UserError(problem(f"training batch, row {place}: {name}", one, f"{other}", fix))


def _row(task_id: str, attempt: int) -> str:
    return f"corpus: row {task_id}, attempt {attempt}"
