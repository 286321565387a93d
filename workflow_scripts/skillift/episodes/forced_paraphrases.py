"""The second pass: a student's chains, told in a chat model's words, are put back, and its answer forced.

Runs by itself after the job that answers and the one that asks the chat model, in the same kind of engine
with the same settings. It starts one at the checkpoints alone that have a paraphrase to be answered. Its
answers are compared with those that the first pass had forced after the unaltered chains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.contracts.interventions import INTERVENED
from skillift.contracts.pipeline import EPISODE_KEY, key_of
from skillift.engines.interface import Composition, Engine, RunOptions, Serving
from skillift.engines.opening import open_engine
from skillift.episodes.intervened import WHOLE, Suite, TaskType, intervened_table, types_of
from skillift.episodes.interventions import FORCED, PARAPHRASE, ids_of
from skillift.episodes.served_models import served_weights
from skillift.episodes.stored_chains import StoredEpisode, stored_chain
from skillift.processes.progress import part
from skillift.settings.specs import AnsweringSpec, EpisodesSpec
from skillift.students.chat_format import answer_text
from skillift.students.model_folders import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def force_paraphrases(
    first: pl.DataFrame,
    chains: pl.DataFrame,
    paraphrases: pl.DataFrame,
    tasks: pl.DataFrame,
    spec: EpisodesSpec,
    checkpoints: Mapping[int, Path],
    options: RunOptions,
    base: Path | None = None,
    composition: Composition | None = None,
) -> pl.DataFrame:
    """The table INTERVENED of a run, with the rows of its paraphrases.

    Args:
        first: that of the first pass, without these rows.
        chains: contract CHAINS.
        paraphrases: contract PARAPHRASES.
        tasks: contract TASKS.
        spec: how the run answered in the first pass.
        checkpoints: servable model folders by step.
        options: how the engine is run.
        base: the base model's folder, which `adapters: lora` applies adapters to.
        composition: of an emulated run, what the scores of its model are composed with.

    Returns:
        Where a chain has no paraphrase that passed its check, or none that the student's tokenizer can write,
        the row has the status `not_paraphrased`.
    """
    inference, types = spec.inference, types_of(tasks)
    passed = paraphrases.drop_nulls("paraphrase").select("chain", "paraphrase")
    told: dict[str, str] = dict(passed.iter_rows())
    forced = first.filter(kind=FORCED)
    found = [first]
    for number, (step, folder) in enumerate(sorted(checkpoints.items()), start=1):
        episodes = forced.filter(step=step).sort(EPISODE_KEY)
        if episodes.is_empty():
            continue
        own = chains.filter(step=step)
        length = max(own["max_model_len"], default=0)
        served, adapter = served_weights(folder, base, inference)
        answering = (inference.engine, served, Serving.of(inference, length), options, adapter, composition)
        answerable = any(text in told for text in own["text"])
        with part(f"checkpoint {number} of {len(checkpoints)}"), ExitStack() as stack:
            engine = stack.enter_context(open_engine(*answering)) if answerable else None
            second = _Second(engine, load_tokenizer(served), types, inference, length, told)
            found.append(second.table(step, episodes, own))
    return pl.concat(found).sort(key_of(INTERVENED))


class _Second:
    """The second pass at one checkpoint."""

    def __init__(
        self,
        engine: Engine | None,
        tokenizer: PreTrainedTokenizerBase,
        types: dict[str, TaskType],
        inference: AnsweringSpec,
        max_model_len: int,
        told: Mapping[str, str],
    ) -> None:
        self.engine, self.tokenizer, self.types = engine, tokenizer, types
        self.inference, self.max_model_len, self.told = inference, max_model_len, told

    def table(self, step: int, episodes: pl.DataFrame, chains: pl.DataFrame) -> pl.DataFrame:
        """Rows of INTERVENED.

        Args:
            step: of the checkpoint.
            episodes: its rows of INTERVENED of the kind `forced`.
            chains: its rows of CHAINS.
        """
        stored = {tuple(row[name] for name in EPISODE_KEY): row for row in chains.iter_rows(named=True)}
        rows: list[tuple] = []
        for (suite,), of_suite in episodes.group_by("suite", maintain_order=True):
            asked = [(key, stored.get(key)) for key in of_suite.select(EPISODE_KEY).iter_rows()]
            again = Suite(
                self.engine,
                self.tokenizer,
                [_episode(key, row) for key, row in asked],
                [stored_chain(row) if row else None for _, row in asked],
                self.types,
                self.inference,
                self.max_model_len,
                self._told,
            )
            with part(f"suite {suite}"):
                rows += again.rows(step, [(PARAPHRASE, WHOLE)], of_suite["answer"].to_list())
        status = pl.col("status").replace("not_altered", "not_paraphrased")
        return intervened_table(rows).with_columns(status)

    def _told(self, chain: str) -> str | None:
        """The paraphrase of a chain, where the student's tokenizer can write it."""
        text = self.told.get(chain)
        return text if text is not None and can_be_written(self.tokenizer, text) else None


def can_be_written(tokenizer: PreTrainedTokenizerBase, text: str) -> bool:
    """Whether a student's tokens for a text say it.

    They do not where its tokenizer lacks letters of it, or takes some of them for a special token.

    Args:
        tokenizer: the student's.
        text: a paraphrase.
    """
    written = answer_text(tokenizer, ids_of(tokenizer, text))
    return "".join(written.split()) == "".join(text.split())


def _episode(key: Sequence, row: Mapping[str, Any] | None) -> StoredEpisode:
    _, suite, condition, task_id, sample = key
    prompt, opened = (row["prompt"], row["opened"]) if row else ((), "")
    return StoredEpisode(suite, condition, task_id, sample, prompt, opened)
