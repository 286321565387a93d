"""Does the base model set the ceiling: do skills that it passes more often pass more often after SFT?

The slope of a skill's pass rate after SFT on the same before, under `curated`, over the skills of one
student. Before and after share their tasks, and an easy task is easy in both: so the two come from
different halves of the tasks, over many splits, as the slopes of the asymmetry do (`slopes.split_slope`).
Without a relation the slope is 0; with one it is shrunk by the reliability of a skill's base pass rate in
half of its tasks. With several seeds the slope is that of their mean, and its interval holds the variance
between seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.statistics.claim_registry import RATE
from skillift.statistics.contrasts import BASE
from skillift.statistics.recipes import last_checkpoints
from skillift.statistics.seed_variance import about_recipes
from skillift.statistics.slopes import Sums, split_slope
from skillift.statistics.task_halves import split_tasks, sums_by_skill
from skillift.statistics.uncertainty import students_t

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

SPLITS = 200  # where a spec does not say
_TASK = ["task_id", "skill_id"]
_NUMBERS = {
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "degrees_of_freedom": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p_value": pl.Float64,
}
_SCHEMA = {
    "student": pl.String,
    "run": pl.String,
    "step": pl.Int64,
    **_NUMBERS,
    "n_tasks": pl.Int64,
    "n_skills": pl.Int64,
    "n_unscored": pl.Int64,
    "n_runs": pl.Int64,
}


def ceiling(values: pl.DataFrame, runs: list[DeclaredRun], settings: Analysed) -> Iterator[dict]:
    """What `base_sets_ceiling` says of each student and recipe, on one path and suite.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        runs: the declared runs.
        settings: seed and splits are of the tasks into halves.

    Yields:
        Columns of CLAIMS from `student` on, and `uncertainty`: None where fewer than three skills, or none
        that differ leave it undefined.
    """
    arms = values.filter(condition=RATE)
    trained = last_checkpoints(arms, runs)
    rows: list[dict] = []
    for (student,), after in trained.group_by("student", maintain_order=True):
        before = arms.filter(student=student, run=BASE)
        if before.height:
            rows += _of_student(student, before, after, settings)
    if not rows:
        return
    table = about_recipes(pl.DataFrame(rows, schema=_SCHEMA), runs, [], settings.confidence)
    several = {name for name, n in table.select("run", "n_runs").iter_rows() if n > 1}
    recipes = {(run.student, run.run): run.recipe for run in runs}
    for row in table.sort("student", "run").iter_rows(named=True):
        if row["n_runs"] == 1 and recipes.get((row["student"], row["run"])) in several:
            continue  # a seed whose recipe has a row of its own
        error = row["standard_error"]
        whole = students_t(error, row["degrees_of_freedom"]) if error else None
        yield row | {"contrast": RATE, "uncertainty": whole}


def _of_student(
    student: str, before: pl.DataFrame, after: pl.DataFrame, settings: Analysed
) -> Iterator[dict]:
    """A row for each run, and for the mean of each recipe's runs where it has several."""
    sides = {name: after.filter(run=name) for name in after["run"].unique().sort()}
    n_runs = dict.fromkeys(sides, 1)
    for (recipe,), part in after.sort("run", "task_id").group_by("recipe", maintain_order=True):
        if part["run"].n_unique() > 1:
            sides[recipe] = part.group_by(_TASK, maintain_order=True).agg(
                pl.col("value").mean(), pl.col("n_unscored").sum(), pl.col("step").max()
            )
            n_runs[recipe] = part["run"].n_unique()
    base = before.select(*_TASK, before="value", lost="n_unscored").sort("skill_id", "task_id")
    skills = base["skill_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    first = split_tasks(skills, settings.splits or SPLITS, settings.seed)
    halves = np.vstack([first, ~first])
    for run, side in sides.items():
        both = base.join(side.select("task_id", "value", "n_unscored"), on="task_id", how="left")
        both = both.sort("skill_id", "task_id").with_columns(
            known=pl.col("before").is_not_null() & pl.col("value").is_not_null()
        )
        numbers = {name: both[name].cast(pl.Float64).to_numpy() for name in ("before", "value")}
        known = both["known"].to_numpy()
        x, y = (
            Sums(*sums_by_skill(np.where(known, each, np.nan)[np.newaxis], skills, halves))
            for each in numbers.values()
        )
        n_skills = both.filter("known")["skill_id"].n_unique()
        yield {
            "student": student,
            "run": run,
            "step": side["step"].max(),
            **_slope(x, y, n_skills, settings.confidence),
            "n_tasks": int(known.sum()),
            "n_skills": n_skills,
            "n_unscored": int(both["lost"].sum()) + int(both["n_unscored"].sum()),
            "n_runs": n_runs[run],
        }


def _slope(x: Sums, y: Sums, n_skills: int, confidence: float) -> dict:
    """Slope and uncertainty, as `intervals.Estimate` has them."""
    from scipy.special import stdtrit

    found = split_slope(x, y, between_students=False, confidence=confidence)
    row = dict.fromkeys(_NUMBERS) | {"estimate": found.slope}
    if found.slope is None or found.ci_high is None or n_skills < 3:
        return row
    freedom = float(x.sums.shape[1] - 1)  # one less than there are skills, as its interval has it
    error = (found.ci_high - found.slope) / float(stdtrit(freedom, (1 + confidence) / 2))
    known = students_t(error, freedom).of(found.slope, confidence)
    return row | {name: known[name] for name in _NUMBERS if name in known}
