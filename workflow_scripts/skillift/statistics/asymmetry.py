"""Regime asymmetry: is the lift larger where the baseline procedural delta is lower?

The lift is the delta after SFT minus the delta before, so it shares the noise of the delta before with a
negative sign: its naive slope on that delta is negative where there is no asymmetry at all. Four
estimators of the slope, each on the same tasks:

| estimator | what it is |
|---|---|
| `naive` | least squares of the lift on the baseline delta, same tasks: coupled, shown for comparison |
| `split_half` | baseline delta from one half of the tasks, lift from the other, mean over splits |
| `disattenuated` | the same without its attenuation by the noise of the baseline delta |
| `oldham` | least squares of the lift on (before + after) / 2 |

`split_half` is free of the coupling and has expectation 0 without asymmetry; its size is shrunk by the
reliability of the baseline delta in one half, given beside it. Oldham ("A note on the analysis of
repeated measurements of the same subjects", Journal of Chronic Diseases 15, 1962) asks whether the deltas
spread more after SFT than before. That answers the question only where the noise of both is equally
large and where the lift, without asymmetry, is the same for all units: a lift that varies without regard to
the baseline, or pass rates that move away from or towards one half, move it too (Tu and Gilthorpe,
"Revisiting the relation between change and initial value", Statistics in Medicine 26, 2007).

| level | units | asks |
|---|---|---|
| `students` | the students, pooled over skills | do tiers with a lower delta gain more? |
| `skills` | the skills at one student | does it gain more on skills where the procedure helps less? |
| `cells` | skills at all students, each student with its own mean | the same, over all students |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.contracts.analysis import ASYMMETRY, SLOPE_ESTIMATORS
from skillift.errors import UserError, problem
from skillift.statistics.contrasts import BASE, contrast_name
from skillift.statistics.pairing import paired_difference
from skillift.statistics.slopes import Slope, Sums, disattenuated_slope, plain_slope, split_slope
from skillift.statistics.task_effects import runs_of, task_effect
from skillift.statistics.task_halves import split_tasks, sums_by_skill

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

DELTA = contrast_name("curated", "none")
SPLITS = 200  # where a spec does not say
_SPLIT = ("split_half", "disattenuated")
_UNDEFINED = Slope(None, None, None)


def asymmetry(
    values: pl.DataFrame, runs: list[DeclaredRun], confidence: float, splits: int, seed: int
) -> pl.DataFrame:
    """The table ASYMMETRY: every path, suite and recipe at every level, by every estimator.

    Args:
        values: the frame of `pairing.task_values`.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
        splits: number of splits into halves.
        seed: of the splits; the same splits serve every row.
    """
    recipes = sorted({run.recipe for run in runs if run.recipe})
    rows = [
        (*part.select("path", "suite").row(0), recipe, *row)
        for part in values.partition_by("path", "suite", maintain_order=True)
        for recipe in recipes
        for row in asymmetry_slopes(
            before_and_after(part, runs, recipe), confidence, splits, seed
        ).iter_rows()
    ]
    schema = {name: column.dtype.type for name, column in ASYMMETRY.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(*ASYMMETRY.unique)


def before_and_after(values: pl.DataFrame, runs: list[DeclaredRun], recipe: str) -> pl.DataFrame:
    """The procedural delta of each task before and after SFT by one recipe.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        runs: as in `asymmetry`.
        recipe: whose runs are averaged within task.

    Returns:
        student, task_id, skill_id, before, after (null: an arm has no verdict), n_unscored; one row for
        each task of each student with a run of the recipe.
    """
    parts = []
    for student in sorted({run.student for run in runs if run.recipe == recipe}):
        before = task_effect(values, DELTA, student, [BASE])
        after = task_effect(values, DELTA, student, runs_of(runs, student, recipe))
        lift = paired_difference(after, before, cell=[])
        parts.append(
            lift.select("task_id", "skill_id", "n_unscored")
            .join(before.select("task_id", before="value"), on="task_id", how="left")
            .join(after.select("task_id", after="value"), on="task_id", how="left")
            .select(pl.lit(student).alias("student"), "task_id", "skill_id", "before", "after", "n_unscored")
        )
    return pl.concat(parts)


def asymmetry_slopes(frame: pl.DataFrame, confidence: float, splits: int, seed: int) -> pl.DataFrame:
    """The slopes of the lift on the baseline delta at every level, by every estimator.

    Works on any task-level frame: student, task_id, skill_id, before, after (fractions, null without a
    verdict), n_unscored. Tasks without a value before and after are left out at that student. The
    interval leaves out one skill at a time (`skillift.statistics.slopes`); it is None with fewer than three
    skills, the slope where fewer than two units differ in their baseline.

    Returns:
        The columns of ASYMMETRY from `level` on.

    Raises:
        UserError: `splits` is below 1, or a student has a task twice.
    """
    _refuse(frame, splits)
    counted = ("n_students", "n_tasks", "n_skills", "n_unscored", "n_splits")
    columns = ["level", "student", "estimator", *Slope._fields, *counted]
    rows = []
    for level, student, part in _levels(frame):
        known = part.filter(pl.col("before").is_not_null() & pl.col("after").is_not_null())
        counts = [known[name].n_unique() for name in ("student", "task_id", "skill_id")]
        slopes = _slopes_of(known, level == "students", confidence, splits, seed)
        for estimator in SLOPE_ESTIMATORS:
            n_splits = splits if estimator in _SPLIT else None
            rows.append(
                (level, student, estimator, *slopes[estimator], *counts, part["n_unscored"].sum(), n_splits)
            )
    schema = {name: ASYMMETRY.columns[name].dtype.type for name in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _refuse(frame: pl.DataFrame, splits: int) -> None:
    if splits < 1:
        raise UserError(problem("--spec, key analysis.splits", splits, "a whole number above 0"))
    twice = frame.filter(frame.select("student", "task_id").is_duplicated())
    if not twice.is_empty():
        found = twice.select("student", "task_id").row(0)
        raise UserError(problem("deltas before and after SFT", found, "each task of a student once"))


def _levels(frame: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield "students", "", frame
    yield "cells", "", frame
    for student in frame["student"].unique().sort():
        yield "skills", student, frame.filter(student=student)


def _slopes_of(
    known: pl.DataFrame, between_students: bool, confidence: float, splits: int, seed: int
) -> dict[str, Slope]:
    if known.is_empty():
        return dict.fromkeys(SLOPE_ESTIMATORS, _UNDEFINED)
    before, after, skills = _by_student(known)
    lift, middle = after - before, (before + after) / 2

    def all_tasks(values: np.ndarray) -> Sums:
        return Sums(*sums_by_skill(values, skills, np.ones((1, len(skills)), dtype=bool)))

    first = split_tasks(skills, splits, seed)
    halves = np.vstack([first, ~first])
    half_before, half_lift = (Sums(*sums_by_skill(values, skills, halves)) for values in (before, lift))
    return {
        "naive": plain_slope(all_tasks(before), all_tasks(lift), between_students, confidence),
        "split_half": split_slope(half_before, half_lift, between_students, confidence),
        "disattenuated": disattenuated_slope(half_before, half_lift, between_students, confidence),
        "oldham": plain_slope(all_tasks(middle), all_tasks(lift), between_students, confidence),
    }


def _by_student(known: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`before` and `after` of shape (students, tasks), NaN where unknown, and the skill of each task."""
    tasks = known.select("task_id", "skill_id").unique().sort("skill_id", "task_id")
    places = tasks.select("task_id", task=pl.int_range(pl.len()))
    rows = known.join(places, on="task_id").with_columns(
        place=pl.col("student").rank("dense").cast(pl.Int64) - 1
    )
    shape = (rows["student"].n_unique(), tasks.height)
    before, after = np.full(shape, np.nan), np.full(shape, np.nan)
    where = rows["place"].to_numpy(), rows["task"].to_numpy()
    before[where], after[where] = rows["before"].to_numpy(), rows["after"].to_numpy()
    skills = tasks["skill_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    return before, after, skills
