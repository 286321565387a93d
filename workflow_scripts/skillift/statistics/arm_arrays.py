"""All arms of a suite as arrays of one shape, so that any of them can be set against any other at once.

The audit compares arms in more ways than the effects do: under every pair of paths, with the unscored
imputed either way, by several estimators. As arrays of shape (cells, tasks), a cell being one student at one
checkpoint, each of these is a line of arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.statistics.contrasts import BASE, recipe_members
from skillift.statistics.intervals import clustered_estimates, least_variance

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_RUN = ["student", "run", "step"]
_TASK = ["skill_id", "task_id"]


class ArmArrays(NamedTuple):
    """Task-level values of the arms of one suite.

    Attributes:
        runs: student, run, step of each cell, sorted.
        base: place in `runs` of the base model of each cell's student, -1 where it has none.
        skills: number of the skill of each task; tasks are sorted by skill.
        arms: by what tells the arms of a cell apart, such as the condition: arrays (cells, tasks) by name.
    """

    runs: pl.DataFrame
    base: np.ndarray
    skills: np.ndarray
    arms: dict[tuple, dict[str, np.ndarray]]


class Estimable(NamedTuple):
    """Cells, and recipes with several runs, for which an effect can be estimated.

    Attributes:
        rows: student, run, step; of a recipe its id and the largest of its runs' last steps.
        members: places in `runs` of the cells that a row is the mean of, shape (rows, cells).
    """

    rows: pl.DataFrame
    members: np.ndarray


def arm_arrays(tasks: pl.DataFrame, by: list[str], fills: dict[str, float]) -> ArmArrays:
    """The rows of one suite as arrays.

    Args:
        tasks: student, run, step, `by`, task_id, skill_id, and numbers; one row per arm and task.
        by: what tells the arms of a cell apart; keys of `arms` are tuples of its values, all combinations.
        fills: the numbers wanted, and what stands where a task has none.
    """
    runs = tasks.select(_RUN).unique().sort(_RUN)
    columns = tasks.select(_TASK).unique().sort(_TASK)
    placed = tasks.join(runs.with_row_index("row"), on=_RUN).join(columns.with_row_index("column"), on=_TASK)
    shape = (runs.height, columns.height)
    groups = dict(placed.group_by(by))
    arms = {}
    for key in product(*(tasks[name].unique().sort().to_list() for name in by)):
        arm = groups.get(key, placed.clear())
        at = arm["row"].to_numpy(), arm["column"].to_numpy()
        arms[key] = {name: _placed(arm[name], at, shape, fill) for name, fill in fills.items()}
    skills = columns["skill_id"].rank("dense").to_numpy().astype(np.int64) - 1
    bases = runs.with_row_index("row").filter(run=BASE).group_by("student").agg(pl.col("row").first())
    base = runs.join(bases, on="student", how="left", maintain_order="left")["row"].cast(pl.Int64)
    return ArmArrays(runs, base.fill_null(-1).to_numpy(), skills, arms)


def _placed(values: pl.Series, at: tuple, shape: tuple[int, int], fill: float) -> np.ndarray:
    array = np.full(shape, fill)
    array[at] = values.cast(pl.Float64).fill_null(fill).to_numpy()
    return array


def estimable(arrays: ArmArrays, runs: list[DeclaredRun], suite: str) -> Iterator[Estimable]:
    """All cells, then the recipes with several runs, those with equally many together.

    `runs`: the declared runs.
    """
    yield Estimable(arrays.runs, np.arange(arrays.runs.height)[:, np.newaxis])
    members = recipe_members(arrays.runs.with_columns(suite=pl.lit(suite)), runs)
    recipes = (
        members.join(arrays.runs.with_row_index("place"), on=_RUN)
        .sort("student", "recipe", "run")
        .group_by("student", "recipe", "recipe_step", maintain_order=True)
        .agg("place")
        .rename({"recipe": "run", "recipe_step": "step"})
    )
    for (_,), rows in sorted(recipes.group_by(pl.col("place").list.len())):
        yield Estimable(rows.drop("place"), np.array(rows["place"].to_list()))


def trained(arrays: ArmArrays, found: Estimable) -> Estimable:
    """The rows of `found` that have a lift: after training, with a base model to compare with."""
    kept = (arrays.base[found.members[:, 0]] >= 0) & (found.rows["run"] != BASE).to_numpy()
    return Estimable(found.rows.filter(pl.Series(kept)), found.members[kept])


def by_skill(values: np.ndarray, skills: np.ndarray) -> np.ndarray:
    """Sums of `values` (rows, tasks) over the tasks of each skill: shape (rows, skills)."""
    order = np.argsort(skills, kind="stable")
    starts = np.searchsorted(skills[order], np.arange(skills.max() + 1))
    return np.add.reduceat(values[:, order], starts, axis=1)


def mean_of_runs(values: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Means over the runs of each row that have a value: (cells, tasks) -> (rows, tasks), NaN without one."""
    of_runs = values[members]
    known = np.isfinite(of_runs)
    count = known.sum(axis=1)
    total = np.where(known, of_runs, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def estimates(values: np.ndarray, skills: np.ndarray, confidence: float) -> pl.DataFrame:
    """`intervals.clustered_estimates` of differences of arms, of shape (rows, tasks), NaN where unknown."""
    known = np.isfinite(values)
    sums, counts = by_skill(np.where(known, values, 0.0), skills), by_skill(known.astype(float), skills)
    return clustered_estimates(sums, counts, confidence, least_variance(values))
