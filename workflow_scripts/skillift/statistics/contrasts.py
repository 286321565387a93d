"""Task-level differences between arms: every contrast, gain and lift that a study's data support.

Within one scoring path and suite, for every student, run and step. The seeds of a recipe are also
averaged within task, as a run of their own whose name is the recipe's id.

| contrast | value of a task |
|---|---|
| `curated-none` and its kin | pass(curated) - pass(none): for this pair, the procedural delta |
| `gain:<condition>` | pass after training - pass before, under one condition |
| `lift:<contrast>` | that contrast after training - the same before: a difference in differences |

Variants and the tasks that they are made of have contrasts of their own (`skillift.statistics.variants`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.statistics.coding import coded
from skillift.statistics.contrast_names import CONTRASTS, GAIN, LIFT, contrast_name, is_contrast
from skillift.statistics.pairing import CELL, paired_difference
from skillift.statistics.run_frames import run_frame

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

BASE = "base"


class Differences(NamedTuple):
    """One contrast on one path and suite, task by task.

    Attributes:
        contrast: its name.
        cells: the cells for which an estimate is due, see `_cells`; a missing arm leaves one without tasks.
        tasks: path, cell, task_id, skill_id, value, low, high, control, n_unscored as
            `pairing.paired_difference` has them; `cell` is that of `cells`, task_id and skill_id are Enums.
    """

    contrast: str
    cells: pl.DataFrame
    tasks: pl.DataFrame


def differences(values: pl.DataFrame, runs: list[DeclaredRun]) -> Iterator[Differences]:
    """Every contrast on every path and suite.

    Args:
        values: the frame of `pairing.task_values`; run `base` holds each student before training.
        runs: the declared runs.
    """
    for arms in values.partition_by("path", "suite", maintain_order=True):
        yield from within(arms, runs, _arms_and_contrasts)


def within(
    values: pl.DataFrame,
    runs: list[DeclaredRun],
    measured_of: Callable[[pl.DataFrame], dict[str, pl.DataFrame]],
) -> Iterator[Differences]:
    """The contrasts of one path and suite, then what training changed in each of them and in each condition.

    Args:
        values: as in `differences`.
        runs: as there.
        measured_of: from values by cell to frames of each condition or contrast by name.
    """
    members = recipe_members(values, runs)
    cells = _cells(values, members)
    trained = _beside_base(cells)
    arms = coded(values.join(cells.select(*CELL, "cell"), on=CELL).drop(CELL).sort("cell", "task_id"))
    into = members.join(cells.select(*CELL, "cell"), on=CELL).join(
        cells.select("suite", "student", recipe="run", recipe_step="step", recipe_cell="cell"),
        on=["suite", "student", "recipe", "recipe_step"],
    )
    measured = {name: _with_recipe_means(part, into) for name, part in measured_of(arms).items()}
    for name, part in measured.items():
        if is_contrast(name):
            yield Differences(name, cells, part)
    for name, part in measured.items():
        after = part.join(trained, on="cell", how="semi")
        before = part.join(trained.select("base", trained="cell"), left_on="cell", right_on="base")
        change = paired_difference(after, before.with_columns(cell="trained"), cell=["cell"])
        yield Differences((LIFT if is_contrast(name) else GAIN) + name, trained, change)


def _arms_and_contrasts(values: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Task values of every condition and of every contrast between two of them."""
    arms = {
        name: values.filter(condition=name).drop("condition", "n_samples")
        for name in values["condition"].cast(pl.String).unique().sort()
    }
    pairs = [pair for pair in CONTRASTS if set(pair) <= set(arms)]
    return arms | {
        contrast_name(first, second): paired_difference(arms[first], arms[second], cell=["cell"])
        for first, second in pairs
    }


def recipe_members(values: pl.DataFrame, runs: list[DeclaredRun]) -> pl.DataFrame:
    """The last step of each run of a recipe that has two or more runs at a student.

    Returns suite, student, run, step, recipe, recipe_step (the largest of the last steps), n_runs.
    """
    declared = run_frame(run for run in runs if run.run != BASE and run.recipe).drop("seed").unique()
    group = ["suite", "student", "recipe"]
    return (
        values.group_by("suite", "student", "run")
        .agg(pl.col("step").max())
        .join(declared, on=["student", "run"])
        .with_columns(
            recipe_step=pl.col("step").max().over(group), n_runs=pl.len().over(group).cast(pl.Int64)
        )
        .filter(pl.col("n_runs") >= 2)
    )


def _cells(values: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Every run at every step, and every recipe with several runs, sorted.

    Returns path, suite, student, run, step, n_runs, one_sample (each task has one sample of one run), cell
    (their number) and base (the number of the student's base model; null where it has none).
    """
    key = ["path", *CELL]
    of_runs = values.group_by(key).agg(
        n_runs=pl.lit(1, dtype=pl.Int64), one_sample=pl.col("n_samples").max() == 1
    )
    of_recipes = members.select(
        pl.lit(values["path"][0]).alias("path"),
        "suite",
        "student",
        pl.col("recipe").alias("run"),
        pl.col("recipe_step").alias("step"),
        "n_runs",
        one_sample=False,
    )
    cells = pl.concat([of_runs, of_recipes.unique()]).sort(key).with_row_index("cell")
    return cells.with_columns(base=pl.col("cell").filter(run=BASE).first().over("student"))


def _beside_base(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells after training; one_sample tells of their base models too."""
    bases = cells.select(base="cell", base_has_one="one_sample")
    trained = cells.filter(pl.col("run") != BASE).join(bases, on="base", how="left", maintain_order="left")
    both = pl.col("one_sample") & pl.col("base_has_one").fill_null(value=False)
    return trained.with_columns(one_sample=both).drop("base_has_one")


def _with_recipe_means(measured: pl.DataFrame, into: pl.DataFrame) -> pl.DataFrame:
    """`measured` with rows for each recipe: its runs' values averaged within task, over the known ones.

    `into`: cell (of a run), recipe_cell.
    """
    numbers = [name for name in ("value", "low", "high", "control") if name in measured.columns]
    means = (
        measured.join(into.select("cell", "recipe_cell"), on="cell")
        .sort("cell")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by("path", "recipe_cell", "task_id", "skill_id", maintain_order=True)
        .agg(pl.col(numbers).mean(), pl.col("n_unscored").sum())
        .rename({"recipe_cell": "cell"})
    )
    return pl.concat([measured, means.select(measured.columns)])
