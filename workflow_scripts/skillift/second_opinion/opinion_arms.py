"""Passes of every arm on every task, as the sampler takes them: one set of data for each scoring path.

Of each run the last checkpoint counts, as in the claims. A recipe with several seeds at a student is one
group, whose runs are its seeds; a single run is a group by its own name. What has no verdict is in no count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.statistics.contrasts import BASE, recipe_members
from skillift.statistics.pairing import with_skills

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

CONDITIONS = ("none", "curated")
_RUN = ["student", "run", "step"]


def data_by_path(
    scores: pl.DataFrame, tasks: pl.DataFrame, runs: list[DeclaredRun], suite: str
) -> dict[str, dict]:
    """The data of each scoring path on one suite, as JSON takes them.

    Args:
        scores: contract SCORES.
        tasks: contract TASKS.
        runs: the declared runs.
        suite: whose tasks count.

    Returns:
        By path: `skills`, the number of each task's skill, from 0; `students`, each with `student`, `groups`
        (`base` first), `several` (whether a group has several seeds), `group_of_run`, and `passes` and
        `scored` of shape (runs, conditions, tasks), conditions being those of `CONDITIONS`.

    Raises:
        UserError: the suite has no scores under one of the conditions, or a scored task is unknown.
    """
    of_suite = scores.filter(pl.col("suite") == suite, pl.col("condition").is_in(CONDITIONS))
    if missing := sorted(set(CONDITIONS) - set(of_suite["condition"])):
        expected = f"episodes of the suite {suite} under {' and '.join(CONDITIONS)}"
        raise UserError(problem("scores, column condition", f"none under {' and '.join(missing)}", expected))
    counts = (
        with_skills(of_suite, tasks.filter(suite=suite))
        .filter(pl.col("step") == pl.col("step").max().over("student", "run"))
        .group_by("path", "suite", *_RUN, "condition", "skill_id", "task_id")
        .agg(passes=pl.col("passed").sum().cast(pl.Int64), scored=pl.col("passed").count().cast(pl.Int64))
    )
    return {
        path: _data(frame, runs)
        for (path,), frame in counts.sort("path").group_by("path", maintain_order=True)
    }


def _data(counts: pl.DataFrame, runs: list[DeclaredRun]) -> dict:
    """The data of one path."""
    tasks = counts.select("skill_id", "task_id").unique().sort("skill_id", "task_id")
    skills = tasks["skill_id"].rank("dense").cast(pl.Int64) - 1
    order = pl.DataFrame({"condition": CONDITIONS}).join(tasks, how="cross", maintain_order="left_right")
    return {"skills": skills.to_list(), "students": list(_students(counts, runs, order))}


def _students(counts: pl.DataFrame, runs: list[DeclaredRun], order: pl.DataFrame) -> Iterator[dict]:
    members = recipe_members(counts, runs).select("student", "run", group="recipe")
    named = counts.join(members, on=["student", "run"], how="left").with_columns(
        pl.col("group").fill_null(pl.col("run"))
    )
    for (student,), own in named.sort("student").group_by("student", maintain_order=True):
        pairs = own.select("group", "run").unique()
        pairs = pairs.sort(pl.col("group") != BASE, "group", "run")
        groups = pairs["group"].unique(maintain_order=True).to_list()
        cells = [
            order.join(own.filter(run=run), on=order.columns, how="left", maintain_order="left")
            for run in pairs["run"]
        ]
        yield {
            "student": student,
            "groups": groups,
            "several": [pairs.filter(group=group).height > 1 for group in groups],
            "group_of_run": [groups.index(group) for group in pairs["group"]],
            **{name: [_by_condition(cell[name], order) for cell in cells] for name in ("passes", "scored")},
        }


def _by_condition(values: pl.Series, order: pl.DataFrame) -> list[list[int]]:
    """Counts of one run in the order of `order`: a list of tasks for each condition."""
    filled = values.fill_null(0).to_list()
    n_tasks = order.height // len(CONDITIONS)
    return [filled[start : start + n_tasks] for start in range(0, order.height, n_tasks)]
