"""Chains of thought as a table: written in the first pass of the engine, for a second one to go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from skillift.contracts.interventions import CHAINS
from skillift.contracts.pipeline import key_of
from skillift.episodes.answered import Answered
from skillift.episodes.intervened import chain_of_answer
from skillift.episodes.interventions import Chain
from skillift.students.chat_format import answer_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from skillift.settings.specs import AlteringSpec


class StoredEpisode(NamedTuple):
    """An episode as a second pass has it: its key, what was asked, the block that this opened."""

    suite: str
    condition: str
    task_id: str
    sample: int
    prompt: Sequence[int]
    opened: str


def chains_table(
    tokenizer: PreTrainedTokenizerBase,
    step: int,
    episodes: Sequence[Answered],
    altering: AlteringSpec,
    max_model_len: int,
) -> pl.DataFrame:
    """The chains of thought of one checkpoint's answers that are to be paraphrased, with their token ids.

    Args:
        tokenizer: the student's.
        step: of the checkpoint.
        episodes: what it has answered, of all conditions.
        altering: which of them are altered.
        max_model_len: most tokens of prompt and answer together.
    """
    rows = []
    for each in episodes:
        if each.condition not in altering.conditions:
            continue
        if (chain := chain_of_answer(tokenizer, each)) is not None:
            rows.append(
                (
                    *(step, each.suite, each.condition, each.task_id, each.sample),
                    list(each.prompt),
                    chain.opened,
                    list(chain.tokens),
                    answer_text(tokenizer, chain.tokens),
                    list(chain.marker),
                    chain.answer,
                    chain.n_behind,
                    max_model_len,
                )
            )
    schema: dict[str, Any] = {name: column.dtype.type for name, column in CHAINS.columns.items()}
    schema |= dict.fromkeys(("prompt", "chain", "marker"), pl.List(pl.Int64))
    return pl.DataFrame(rows, schema=schema, orient="row").sort(key_of(CHAINS))


def stored_chain(row: Mapping[str, Any]) -> Chain:
    """The chain of a row of CHAINS."""
    tokens, marker = tuple(row["chain"]), tuple(row["marker"])
    return Chain(tokens, marker, row["answer"], row["n_behind"], row["opened"])
