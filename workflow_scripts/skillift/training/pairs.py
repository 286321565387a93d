"""From a corpus of preference pairs to what a trainer reads, and the checks of both.

A row holds a user message, the right answer to it and a wrong one (contract CORPUS, with the column
`rejected`). Both answers are rendered and checked as demonstrations are (`skillift.training.training_data`):
so each stands after the prompt that is served and ends in one end token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.errors import UserError, problem
from skillift.settings.values import DEFAULT_DATE
from skillift.training.training_data import check_trained_tokens, conversations

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

IGNORED = -100


class Pairs(NamedTuple):
    """A corpus of preference pairs, tokenised and checked.

    Attributes:
        rows: prompt_ids, chosen_ids and rejected_ids, in the corpus's order.
        chosen: the right answers as a tokenised corpus: input_ids and labels.
        checked: what the right answers have under the loss; contract TRAINED_TOKENS.
    """

    rows: Dataset
    chosen: Dataset
    checked: pl.DataFrame


def tokenised_pairs(
    corpus: pl.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    ends: Sequence[int],
    max_tokens: int | None,
    date: str = DEFAULT_DATE,
) -> Pairs:
    """Preference pairs as token ids.

    Args:
        corpus: a frame that keeps the contract CORPUS, with the column `rejected`.
        tokenizer: the student's tokenizer.
        thinking: the chat template's thinking mode.
        ends: the tokens that end an answer when the student is served.
        max_tokens: the student's longest sequence; None if it declares none.
        date: the study's date.

    Raises:
        UserError: the corpus has no wrong answers, or one of either kind is no demonstration that could be
            trained on (`data.conversations`, `data.check_trained_tokens`).
    """
    from datasets import Dataset

    if "rejected" not in corpus.columns:
        fix = "Train on a corpus with `form: pairs`."
        raise UserError(problem("corpus", "no column 'rejected'", "a wrong answer in each row", fix))
    sides = [with_labels(side, tokenizer, thinking, ends, date) for side in (corpus, _of_rejected(corpus))]
    checked = [
        check_trained_tokens(frame, side, tokenizer, thinking, ends, max_tokens, date)
        for frame, side in zip((corpus, _of_rejected(corpus)), sides, strict=True)
    ]
    rows = [
        {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected}
        for (prompt, chosen), (_, rejected) in zip(*map(_parts, sides), strict=True)
    ]
    return Pairs(Dataset.from_list(rows), sides[0], checked[0])


def _of_rejected(corpus: pl.DataFrame) -> pl.DataFrame:
    """The corpus with the wrong answers in the place of the right ones."""
    messages = [
        [*before, {"role": "assistant", "content": rejected}]
        for (*before, _), rejected in corpus.select("messages", "rejected").iter_rows()
    ]
    return corpus.with_columns(pl.Series("messages", messages, dtype=corpus.schema["messages"]))


def with_labels(
    corpus: pl.DataFrame,
    tokenizer: PreTrainedTokenizerBase,
    thinking: bool,
    ends: Sequence[int],
    date: str,
) -> Dataset:
    """A corpus as trl has it once it is tokenised: input_ids and labels; see `data.conversations`."""
    from datasets import Dataset

    rows = conversations(corpus, tokenizer, thinking, ends, date).to_list()
    labels = [
        [token if under else IGNORED for token, under in zip(*row.values(), strict=True)] for row in rows
    ]
    return Dataset.from_list(
        [{"input_ids": row["input_ids"], "labels": of_row} for row, of_row in zip(rows, labels, strict=True)]
    )


def _parts(side: Dataset) -> list[tuple[list[int], list[int]]]:
    """Prompt and answer of each row."""
    starts = [sum(label == IGNORED for label in labels) for labels in side["labels"]]
    return [(ids[:start], ids[start:]) for ids, start in zip(side["input_ids"], starts, strict=True)]


def check_pairs(batch: Mapping[str, Tensor], rows: Sequence[Mapping], pad_token: int) -> None:
    """Check what the trainer makes of pairs: the right answers, then the wrong ones, each after its prompt.

    Args:
        batch: what the collator gave: input_ids, attention_mask and completion_mask, padded on the right.
        rows: the tokenised pairs: prompt_ids, chosen_ids, rejected_ids.
        pad_token: the tokenizer's padding token.

    Raises:
        UserError: a token or a mask is another.
    """
    sides = [(list(row["prompt_ids"]), list(row[side])) for side in _SIDES for row in rows]
    longest = max(len(prompt) + len(answer) for prompt, answer in sides)

    def padded(values: list[int], padding: int = 0) -> list[int]:
        return values + [padding] * (longest - len(values))

    expected = {
        "input_ids": [padded(prompt + answer, pad_token) for prompt, answer in sides],
        "attention_mask": [padded([1] * (len(prompt) + len(answer))) for prompt, answer in sides],
        "completion_mask": [padded([0] * len(prompt) + [1] * len(answer)) for prompt, answer in sides],
    }
    for name, values in expected.items():
        for place, (found, wanted) in enumerate(zip(batch[name].tolist(), values, strict=True)):
            if found != wanted:
                fix = "trl has changed how it lays pairs into a batch: use the pinned version."
                raise UserError(problem(f"training batch, row {place}: {name}", found, f"{wanted}", fix))


_SIDES = ("chosen_ids", "rejected_ids")
