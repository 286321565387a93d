"""Shards: a run's tasks in fixed ranges, each answered by a job of its own, and what these gave put together.

Which tasks are a shard's is said by the study alone (`inference.shards`), so a shard's answers do not depend
on how many jobs run at once. Its range is of all tasks that are asked, sorted by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY
from skillift.episodes.answered import Answers
from skillift.errors import UserError, problem
from skillift.protocols import keyed


def tasks_of_shard(task_ids: Iterable[str], shard: int, shards: int) -> list[str]:
    """The ids of a shard's tasks, sorted.

    Args:
        task_ids: of all tasks that are asked, in any order, each as often as it likes.
        shard: its number, from 0.
        shards: how many there are.

    Raises:
        UserError: there are more shards than tasks.
    """
    ordered = sorted(set(task_ids))
    if shards > len(ordered):
        raise UserError(problem("inference: shards", shards, f"at most {len(ordered)}, the number of tasks"))
    begin, end = (len(ordered) * place // shards for place in (shard, shard + 1))
    return ordered[begin:end]


def merge(parts: Sequence[Answers]) -> Answers:
    """What one job for all tasks would have given.

    Only the first shard scores the trainer's probes. Each asks a sample of its own prompts twice, so the
    table of batch sensitivity counts more of them.

    Raises:
        UserError: two shards answered the same task.
    """
    episodes, served, prompts, parity, intervened, chains = Answers.together(parts)
    keys = ["step", "suite", "condition", "task_id"]
    key = keyed(episodes, EPISODE_KEY)
    if episodes.select(key).is_duplicated().any():
        raise UserError(
            problem("shards", "episodes of the same task in two of them", "one shard for each task")
        )
    if intervened is not None:
        intervened = intervened.sort(*keys, "sample", "kind", "cut")
    if chains is not None:
        chains = chains.sort(*keys, "sample")
    served, prompts = served.sort("step"), prompts.sort(*keys)
    return Answers(episodes.sort(key), served, prompts, _parity(parity), intervened, chains)


def _parity(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each step of the rows of all shards."""
    found = rows.group_by("step").agg(
        pl.col("n_prompts", "n_same").sum(),
        pl.col("first_difference").min(),
        pl.col("n_tokens").sum(),
        pl.col("largest_difference").max(),
    )
    return found.select(rows.columns).sort("step")
