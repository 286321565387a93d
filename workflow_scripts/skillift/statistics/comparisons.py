"""Several estimates side by side on the same tasks: lifts of one recipe by tier, or recipes at one student.

Claims of sameness compare them: each pair by itself, and all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.statistics.cluster_robust import contrast_degrees_of_freedom, degrees_of_freedom
from skillift.statistics.contrasts import Differences
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.recipes import TASK, last_checkpoints, rates_after, recipe_cells
from skillift.statistics.seed_variance import SeedComponents, seed_components, with_seeds
from skillift.statistics.uncertainty import Uncertainty

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

# Below this a variance is rounding: the smallest real standard error is near 1e-4.
ZERO = 1e-20


class Sides(NamedTuple):
    """What is compared.

    Attributes:
        names: of the sides, sorted: students, or recipes.
        rows: path, side, task_id, skill_id, value (null: no verdict), low, high, n_unscored; values of one
            side are the mean over the seeds of its recipe.
        seeds: what is known of training-seed variance, by side; a side with one seed is not in it.
        n_runs: number of trainings of each side.
    """

    names: list[str]
    rows: pl.DataFrame
    seeds: dict[str, SeedComponents]
    n_runs: dict[str, int]

    def of(self, *names: str) -> list[SeedComponents]:
        """The seeds' components of these sides, as far as they are known."""
        return [self.seeds[name] for name in names if name in self.seeds]


class Joint(NamedTuple):
    """Means of all sides with their covariance.

    Attributes:
        means: one per side, each over the tasks that it has a value of.
        uncertainties: of each mean, training-seed variance included; without parts where one skill or no
            variation leaves it undefined.
        covariance: of the means, training-seed variance included.
        degrees_of_freedom: of the pair of sides that has the fewest.
    """

    means: np.ndarray
    uncertainties: list[Uncertainty]
    covariance: np.ndarray
    degrees_of_freedom: float


def joint_estimate(sides: Sides, confidence: float) -> Joint | None:
    """The means of all sides together; None with one skill, or a side without values.

    The covariance is clustered by skill (`heterogeneity.clustered_covariance`); training seeds of different
    sides are independent, so their variance is added to its diagonal.

    Args:
        sides: what is compared.
        confidence: at which degrees of freedom are those of the interval (`uncertainty`).
    """
    known = sides.rows.drop_nulls("value")
    wide = known.pivot("side", on_columns=sides.names, index=TASK, values="value").sort("task_id")
    values, skills = wide.select(sides.names).to_numpy(), wide["skill_id"].cast(pl.String).to_numpy()
    sampling = clustered_covariance(values, skills)
    if sampling is None:
        return None
    names = np.unique(skills)
    counts = np.array(
        [((~np.isnan(values)) & (skills == name)[:, np.newaxis]).sum(axis=0) for name in names]
    ).T
    freedom = degrees_of_freedom(counts)
    uncertainties = [
        with_seeds(sampling[i, i], freedom[i], sides.of(name))
        if np.isfinite(freedom[i]) and sampling[i, i] > ZERO
        else Uncertainty()
        for i, name in enumerate(sides.names)
    ]
    added = [max(each.standard_error**2 - sampling[i, i], 0.0) for i, each in enumerate(uncertainties)]
    least = [float(len(names) - 1)]
    for i, j in combinations(range(len(sides.names)), 2):
        of_difference = sampling[i, i] + sampling[j, j] - 2 * sampling[i, j]
        own = contrast_degrees_of_freedom(1 / counts[[i, j]].sum(axis=1), counts[[i, j]])
        if of_difference > ZERO and np.isfinite(own):
            pair = with_seeds(of_difference, float(own), sides.of(sides.names[i], sides.names[j]))
            least.append(pair.degrees_of_freedom(confidence))
    return Joint(np.nanmean(values, axis=0), uncertainties, sampling + np.diag(added), min(least))


def lifts_by_recipe(
    differences: Differences, seeds: pl.DataFrame, runs: list[DeclaredRun]
) -> Iterator[tuple[str, Sides]]:
    """The lifts of each recipe, side by side for its students.

    Args:
        differences: one lift on one path and suite.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
    """
    return _side_by_side(differences, seeds, runs, of="recipe", side="student")


def lifts_by_student(
    differences: Differences, seeds: pl.DataFrame, runs: list[DeclaredRun]
) -> Iterator[tuple[str, Sides]]:
    """The lifts at each student, side by side for its recipes; arguments as of `lifts_by_recipe`."""
    return _side_by_side(differences, seeds, runs, of="student", side="recipe")


def _side_by_side(
    differences: Differences, seeds: pl.DataFrame, runs: list[DeclaredRun], of: str, side: str
) -> Iterator[tuple[str, Sides]]:
    contrast, cells, tasks = differences
    known = seeds.filter(contrast=contrast)
    for (name,), heads in recipe_cells(cells, runs).heads.group_by(of, maintain_order=True):
        rows = tasks.join(heads.select("cell", side=side), on="cell")
        place = cells.select("path", "suite").head(1).with_columns(pl.lit(name).alias(of))
        n_runs = dict(heads.select(side, "n_runs").iter_rows())
        yield str(name), _sides(n_runs, rows, known.join(place, on=place.columns), side)


def recipes_by_student(
    values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun], condition: str
) -> Iterator[tuple[str, Sides]]:
    """Pass rates after training under one condition, side by side for the recipes of each student.

    The training-seed variance of a pass rate is that of its gain: all seeds start from the same base.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
        condition: one of the study's.
    """
    known = seeds.filter(contrast=f"gain:{condition}")
    rates = rates_after(values, runs, condition).rename({"recipe": "side"})
    trainings = (
        last_checkpoints(values.filter(condition=condition), runs).select("student", "recipe", "run").unique()
    )
    place = values.select("path", "suite").head(1)
    for (student,), rows in rates.sort("student").group_by("student", maintain_order=True):
        found = known.filter(student=student).join(place, on=["path", "suite"])
        n_runs = dict(trainings.filter(student=student).group_by("recipe").len().iter_rows())
        yield student, _sides(n_runs, rows, found, "recipe")


def arms_after(values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun], condition: str) -> Sides:
    """Values after training under one condition, side by side for all students and recipes.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        seeds: the table SEED_VARIANCE; that of a value is that of its gain.
        runs: the declared runs.
        condition: one of the study's.

    Returns:
        Sides by name: student, a space, recipe.
    """
    name = pl.concat_str("student", "recipe", separator=" ").alias("side")
    place = values.select("path", "suite").head(1)
    found = seeds.filter(contrast=f"gain:{condition}").join(place, on=["path", "suite"])
    trainings = last_checkpoints(values.filter(condition=condition), runs)
    trainings = trainings.select("student", "recipe", "run").unique().with_columns(name)
    n_runs = dict(trainings.group_by("side").len().iter_rows())
    rows = rates_after(values, runs, condition).with_columns(name)
    return _sides(n_runs, rows, found.with_columns(name), "side")


def tiers_by_recipe(
    values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun], condition: str
) -> Iterator[tuple[str, Sides]]:
    """Values after training under one condition, side by side for the students of each recipe.

    Args:
        values: rows of `pairing.task_values` of one path and suite.
        seeds: the table SEED_VARIANCE; that of a value is that of its gain.
        runs: the declared runs.
        condition: one of the study's.
    """
    known = seeds.filter(contrast=f"gain:{condition}")
    rates = rates_after(values, runs, condition).rename({"student": "side"})
    trainings = (
        last_checkpoints(values.filter(condition=condition), runs).select("student", "recipe", "run").unique()
    )
    place = values.select("path", "suite").head(1)
    for (recipe,), rows in rates.sort("recipe").group_by("recipe", maintain_order=True):
        found = known.filter(recipe=recipe).join(place, on=["path", "suite"])
        n_runs = dict(trainings.filter(recipe=recipe).group_by("student").len().iter_rows())
        yield str(recipe), _sides(n_runs, rows, found, "student")


def _sides(n_runs: dict[str, int], rows: pl.DataFrame, seeds: pl.DataFrame, side: str) -> Sides:
    parts = {row[side]: seed_components(row) for row in seeds.iter_rows(named=True)}
    return Sides(
        sorted(n_runs),
        rows.select("path", "side", *TASK, "value", "low", "high", "n_unscored"),
        {name: part for name, part in parts.items() if part is not None},
        n_runs,
    )
