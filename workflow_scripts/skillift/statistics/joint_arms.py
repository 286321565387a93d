"""The four arms of a lift at every student of a recipe, task by task: what the joint model is fitted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.statistics.contrasts import BASE
from skillift.statistics.recipes import TASK, last_checkpoints

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

ARMS = ("none before", "curated before", "none after", "curated after")


class Arms(NamedTuple):
    """One recipe on one path and suite.

    Attributes:
        recipe: its id.
        table: student, task_id, skill_id and a column of pass rates for each of `ARMS` (null: no verdict);
            sorted by student and task. The last checkpoint of a run counts, seeds are averaged within task.
        unscored: episodes without a verdict in these arms, by student; its keys are the recipe's students.
    """

    recipe: str
    table: pl.DataFrame
    unscored: dict[str, int]

    @property
    def students(self) -> list[str]:
        """The recipe's students, sorted."""
        return sorted(self.unscored)

    def missing(self) -> dict[str, str]:
        """Which arm has no verdict at all, by student; students without such an arm are left out."""
        counts = self.table.group_by("student").agg(pl.col(ARMS).count())
        return _first(counts, lambda name, count: None if count else f"no verdict under {name} SFT")

    def saturated(self) -> dict[str, str]:
        """Which arm passes or fails throughout, so that its log odds are infinite; likewise."""
        means = self.table.group_by("student").agg(pl.col(ARMS).mean())
        words = {0.0: "all fail", 1.0: "all pass"}
        return _first(means, lambda name, mean: f"{words[mean]} under {name} SFT" if mean in words else None)


def arms_by_recipe(values: pl.DataFrame, runs: list[DeclaredRun]) -> Iterator[Arms]:
    """The arms of every recipe; those before SFT are shared by all recipes of a student.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        runs: the declared runs.
    """
    values = values.filter(pl.col("condition").is_in(["none", "curated"]))
    after = last_checkpoints(values, runs).with_columns(phase=pl.lit("after"))
    before = values.filter(run=BASE).with_columns(phase=pl.lit("before"))
    for (recipe,), rows in after.sort("recipe").group_by("recipe", maintain_order=True):
        own = before.join(rows.select("student").unique(), on="student", how="semi")
        arms = pl.concat([rows.select(own.columns), own]).sort("student", "run", "task_id")
        means = arms.group_by("student", *TASK, "condition", "phase", maintain_order=True).agg(
            pl.col("value").mean()
        )
        shape = means.with_columns(arm=pl.concat_str("condition", pl.lit(" "), "phase"))
        table = shape.pivot("arm", on_columns=ARMS, index=["student", *TASK], values="value")
        unscored = dict(arms.group_by("student").agg(pl.col("n_unscored").sum()).iter_rows())
        yield Arms(recipe, table.sort("student", "task_id"), unscored)


def _first(by_student: pl.DataFrame, reason: Callable[[str, int | None], str | None]) -> dict[str, str]:
    """The first of each student's `reason(arm, number)` that is not None."""
    found = {}
    for row in by_student.iter_rows(named=True):
        reasons = [text for name in ARMS if (text := reason(name, row[name])) is not None]
        if reasons:
            found[row["student"]] = reasons[0]
    return found
