"""One effect of one student, task by task, on one scoring path and suite.

What slopes over skills and differences between students are made of. The names of contrasts are those of
the table EFFECTS, whose estimates are the means of these values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.statistics.contrast_names import GAIN, LIFT
from skillift.statistics.contrasts import BASE
from skillift.statistics.pairing import paired_difference

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_TASK = ["path", "task_id", "skill_id"]


def runs_of(runs: list[DeclaredRun], student: str, recipe: str | None) -> list[str]:
    """Names of a student's runs by one recipe, sorted; `base` alone where `recipe` is None."""
    if recipe is None:
        return [BASE]
    return sorted(run.run for run in runs if (run.student, run.recipe) == (student, recipe))


def task_effect(values: pl.DataFrame, contrast: str, student: str, runs: list[str]) -> pl.DataFrame:
    """One value per task of `<contrast>`, `gain:<condition>` or `lift:<contrast>` at one student.

    Contrasts of variants are taken as conditions (`variants.with_variants`).

    Each run is taken at its last step; several runs (the seeds of a recipe) are averaged within task,
    over those that have a value.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        contrast: such as `curated-none` or `lift:curated-none`.
        student: its id.
        runs: its trained runs, or `["base"]` for a contrast before training.

    Returns:
        path, task_id, skill_id, value (null: an arm has no verdict on the task), n_unscored; sorted by task.

    Raises:
        PathMismatchError: `values` hold more than one scoring path.
    """
    subject = contrast.removeprefix(LIFT).removeprefix(GAIN)
    measured = _measured(values, subject, student, runs)
    if subject != contrast:
        before = _measured(values, subject, student, [BASE])
        measured = paired_difference(measured, before, cell=[])
    return measured.sort(_TASK)


def _measured(values: pl.DataFrame, subject: str, student: str, runs: list[str]) -> pl.DataFrame:
    """A condition's pass values, or a contrast of two conditions, averaged over `runs` within task."""
    rows = values.filter(pl.col("student") == student, pl.col("run").is_in(runs))
    rows = rows.filter(pl.col("step") == pl.col("step").max().over("run"))
    treated, dash, control = subject.partition("-")
    arms = rows.filter(condition=treated)
    if dash:
        arms = paired_difference(arms, rows.filter(condition=control), cell=["run"])
    return (
        arms.sort("run")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by(_TASK, maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("n_unscored").sum())
    )
