"""Task-level values in groups, with their skills: what clustered errors and bootstraps are summed from.

A group is whatever a frame is grouped by, such as one student at one checkpoint; all groups are summed
at once, as arrays of shape (groups, skills).
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import polars as pl

from skillift.statistics.coding import coded


class Groups(NamedTuple):
    """The known values of a frame, sorted by group and task.

    Attributes:
        keys: one row per group, sorted; groups without a known value too.
        skills: the names of the skills, sorted.
        group: row of `keys`, for each value.
        skill: place in `skills`, for each value.
        values: the columns asked for, by name, each an array with an element per value.
    """

    keys: pl.DataFrame
    skills: list[str]
    group: np.ndarray
    skill: np.ndarray
    values: dict[str, np.ndarray]

    def sums(self, weights: np.ndarray | None = None) -> np.ndarray:
        """`weights` (default: 1, so counts) summed over each group and skill: shape (groups, skills)."""
        shape = (self.keys.height, len(self.skills))
        place = self.group * shape[1] + self.skill
        return np.bincount(place, weights, shape[0] * shape[1]).reshape(shape)


def grouped(frame: pl.DataFrame, by: list[str], columns: tuple[str, ...] = ("value",)) -> Groups:
    """The values of `frame` in groups `by`.

    `frame`: `by`, task_id, skill_id, and `columns`, numbers; rows in which the first of them is null are left
    out. The order of summation is fixed by group and task, so that equal content gives equal sums.
    """
    keys = frame.select(by).unique().sort(by)
    known = frame.filter(pl.col(columns[0]).is_not_null()).join(
        keys.with_row_index("group"), on=by, how="left", nulls_equal=True
    )
    known = coded(known.select("group", "task_id", "skill_id", *columns))
    group, task = (known[name].to_physical().cast(pl.Int64) for name in ("group", "task_id"))
    tasks, skills = (cast(pl.Enum, known.schema[name]).categories for name in ("task_id", "skill_id"))
    order = (group * (len(tasks) + 1) + task).arg_sort()
    known = known[order]
    return Groups(
        keys,
        skills.to_list(),
        known["group"].to_numpy().astype(np.int64),
        known["skill_id"].to_physical().to_numpy().astype(np.int64),
        {name: known[name].cast(pl.Float64).to_numpy() for name in columns},
    )
