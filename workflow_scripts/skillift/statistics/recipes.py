"""What stands for a recipe at a student: its runs at their last checkpoint, or the mean over its seeds.

Claims are about recipes, not about checkpoints: of every run the last evaluated step counts, and of a recipe
with several training seeds the mean over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.statistics.contrasts import BASE
from skillift.statistics.run_frames import run_frame

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

TASK = ["task_id", "skill_id"]


class RecipeCells(NamedTuple):
    """Cells of `contrasts.Differences` by recipe.

    Attributes:
        heads: student, recipe, run, step, cell, n_runs: what a claim rests on; `run` is the recipe where it
            has several runs.
        members: student, recipe, run, cell: its runs, one by one.
    """

    heads: pl.DataFrame
    members: pl.DataFrame


def recipe_cells(cells: pl.DataFrame, runs: list[DeclaredRun]) -> RecipeCells:
    """The trained cells that claims rest on.

    Args:
        cells: of one `contrasts.Differences`.
        runs: the declared runs; a run that is not among them is a recipe by its own name.
    """
    members = last_checkpoints(cells.filter(n_runs=1), runs)
    single = members.filter(pl.len().over("student", "recipe") == 1)
    means = cells.filter(pl.col("n_runs") > 1).with_columns(recipe="run")
    columns = ["student", "recipe", "run", "step", "cell", "n_runs"]
    heads = pl.concat([single.select(columns), means.select(columns)]).sort("student", "recipe")
    return RecipeCells(heads, members.select("student", "recipe", "run", "cell").sort("cell"))


def last_checkpoints(rows: pl.DataFrame, runs: list[DeclaredRun], by: Sequence[str] = ()) -> pl.DataFrame:
    """The rows of trained runs at their last step, with the column `recipe`.

    `rows`: `by`, student, run, step and any others; of one suite, unless `by` tells suites apart.
    """
    declared = run_frame(run for run in runs if run.recipe).drop("seed").unique()
    trained = rows.filter(pl.col("run") != BASE)
    last = trained.filter(pl.col("step") == pl.col("step").max().over(*by, "student", "run"))
    named = last.join(declared, on=["student", "run"], how="left", maintain_order="left")
    return named.with_columns(pl.col("recipe").fill_null(pl.col("run")))


def rates_after(values: pl.DataFrame, runs: list[DeclaredRun], condition: str) -> pl.DataFrame:
    """Pass rates after training under one condition, task by task, seeds averaged within task.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        runs: the declared runs.
        condition: one of the study's.

    Returns:
        path, student, recipe, task_id, skill_id, value (null: no verdict), low, high, n_unscored.
    """
    after = last_checkpoints(values.filter(condition=condition), runs).sort("student", "run", "task_id")
    return after.group_by("path", "student", "recipe", *TASK, maintain_order=True).agg(
        pl.col("value", "low", "high").mean(), pl.col("n_unscored").sum()
    )
