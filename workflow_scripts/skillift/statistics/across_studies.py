"""The same effect in several studies: paired where they share tasks, summed up where they share none.

Two studies that asked the same tasks are compared task by task, as two arms of one study are. Studies of
disjoint tasks are independent: five or more get a random-effects mean with their heterogeneity (DerSimonian
and Laird, Controlled Clinical Trials 7, 1986, with Hartung and Knapp's interval, Statistics in Medicine 20,
2001, never narrower than without their factor: Roever, Knapp and Friede, BMC Medical Research Methodology 15,
2015; all by statsmodels). Fewer tell too little of the variance between studies, and are set beside each
other only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from skillift.errors import UserError, problem
from skillift.metrics.metric import of_metric
from skillift.settings.publication_specs import ComparedEffect, DeclaredPrediction, DeclaredRun
from skillift.statistics.predictions import predictions

LEAST = 5  # studies of disjoint tasks for a summary: with fewer the variance between them is hardly known


@dataclass(frozen=True)
class Finished:
    """What is taken of a finished study.

    Attributes:
        path: the headline scoring path.
        suite: the suite of the effect.
        tasks: contract TASKS.
        scores: contract SCORES.
        effects: contract EFFECTS.
        runs: the declared runs.
    """

    path: str
    suite: str
    tasks: pl.DataFrame
    scores: pl.DataFrame
    effects: pl.DataFrame
    runs: list[DeclaredRun]


def side_by_side(studies: Mapping[str, Finished], contrast: str) -> pl.DataFrame:
    """The contrast in each study: of each student and recipe, or run where a recipe has one.

    Returns study, student, run, recipe (null before training), path, estimate, standard_error, ci_low,
    ci_high, mde, n_tasks, n_skills, n_unscored, n_runs.

    Raises:
        UserError: a study does not have the contrast on its headline path.
    """
    columns = ["student", "run", "path", "estimate", "standard_error", "ci_low", "ci_high", "mde"]
    columns += ["n_tasks", "n_skills", "n_unscored", "n_runs"]
    parts = []
    for name, study in studies.items():
        rows = of_metric(study.effects).filter(path=study.path, suite=study.suite)
        found = rows.filter(contrast=contrast)
        if found.is_empty():
            there = ", ".join(sorted(set(rows["contrast"])))
            fix = "Choose one with --contrast."
            raise UserError(problem(f"study {name}, contrasts", there, contrast, fix))
        recipes = {run.recipe for run in study.runs if run.recipe}
        several = found.filter(pl.col("run").is_in(recipes))
        members = [
            run.run for run in study.runs if several.filter(student=run.student, run=run.recipe or "").height
        ]
        found = found.filter(~pl.col("run").is_in(members))
        last = found.filter(pl.col("step") == pl.col("step").max().over("student", "run"))
        recipe_of = {run.run: run.recipe for run in study.runs} | {each: each for each in recipes}
        recipe = pl.col("run").replace_strict(recipe_of, default=None, return_dtype=pl.String)
        rows = last.select(pl.lit(name).alias("study"), *columns).with_columns(recipe=recipe)
        parts.append(rows.sort("student", "run"))
    return pl.concat(parts)


def differences_of_pairs(studies: Mapping[str, Finished], contrast: str, confidence: float) -> pl.DataFrame:
    """For each two studies that share tasks: the effect in the first less that in the second, task by task.

    Of students and recipes of the same names. Returns study, against, student, recipe, estimate, ci_low,
    ci_high, n_tasks, n_unscored; empty where no two share a task.
    """
    rows = []
    for (name, ours), (other, theirs) in combinations(studies.items(), 2):
        shared = shared_tasks(ours, theirs)
        if shared.is_empty() or ours.path != theirs.path or ours.suite != theirs.suite:
            continue
        scores = pl.concat(_labelled(each, part, shared) for each, part in ((name, ours), (other, theirs)))
        runs = [
            run.model_copy(update={"student": f"{each}/{run.student}"})
            for each, part in ((name, ours), (other, theirs))
            for run in part.runs
        ]
        units = {(run.student, run.recipe) for run in ours.runs if run.recipe}
        units &= {(run.student, run.recipe) for run in theirs.runs if run.recipe}
        for student, recipe in sorted(units):
            # no check: the name of a study and a student together are no id
            effect, minus = (
                ComparedEffect.model_construct(contrast=contrast, student=f"{each}/{student}", recipe=recipe)
                for each in (name, other)
            )
            declared = DeclaredPrediction.model_construct(
                text="-",
                path=ours.path,
                suite=ours.suite,
                effect=effect,
                minus=minus,
                direction="greater",
                than=0.0,
                margin=0.0,
                confidence=confidence,
            )
            tasks = ours.tasks.filter(pl.col("task_id").is_in(shared.implode()))
            found = predictions(scores, tasks, {"difference": declared}, runs)
            row = found.row(0, named=True)
            kept = ("estimate", "ci_low", "ci_high", "n_tasks", "n_unscored")
            place = {"study": name, "against": other, "student": student, "recipe": recipe}
            rows.append(place | {column: row[column] for column in kept})
    return pl.DataFrame(rows, infer_schema_length=None)


def shared_tasks(ours: Finished, theirs: Finished) -> pl.Series:
    """The ids of the tasks of both: of the same id, prompt and reference."""
    same = ["task_id", "prompt", "reference"]
    both = ours.tasks.filter(suite=ours.suite).join(
        theirs.tasks.filter(suite=theirs.suite), on=same, how="semi"
    )
    return both["task_id"]


def _labelled(name: str, study: Finished, shared: pl.Series) -> pl.DataFrame:
    kept = study.scores.filter(pl.col("task_id").is_in(shared.implode()), path=study.path, suite=study.suite)
    return kept.with_columns(student=pl.format("{}/{}", pl.lit(name), "student"))


def groups_of(rows: pl.DataFrame, studies: dict[str, Finished]) -> list[pl.DataFrame]:
    """Rows of `side_by_side` by student, recipe and path, of two or more studies without a shared task."""
    if sharing(studies):
        return []
    parts = rows.partition_by("student", "recipe", "path", maintain_order=True)
    return [part for part in parts if part.height > 1]


def sharing(studies: dict[str, Finished]) -> list[tuple[str, str]]:
    """Which two studies share tasks."""
    pairs = combinations(studies, 2)
    return [(one, other) for one, other in pairs if shared_tasks(studies[one], studies[other]).len()]


def spread_p(rows: pl.DataFrame) -> float | None:
    """P of Cochran's Q for independent effects that are all the same; None where it is undefined."""
    from statsmodels.stats.meta_analysis import combine_effects

    known = rows.drop_nulls(["estimate", "standard_error"]).filter(pl.col("standard_error") > 0)
    if known.height < 2:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(known["estimate"].to_numpy(), known["standard_error"].to_numpy() ** 2)
    return float(found.test_homogeneity().pvalue)


@dataclass(frozen=True)
class Summary:
    """A random-effects mean over studies.

    Attributes:
        estimate: the mean effect, with its interval.
        tau: standard deviation of true effects between studies.
        i2: the share of the spread that is not sampling, 0 to 1.
    """

    estimate: float
    ci_low: float
    ci_high: float
    tau: float
    i2: float
    n_studies: int


def summed_up(rows: pl.DataFrame, confidence: float) -> Summary | None:
    """The random-effects mean of one row a study; None with fewer than `LEAST`, or where one is undefined.

    Args:
        rows: estimate and standard_error, independent of each other.
        confidence: of the interval.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    known = rows.drop_nulls(["estimate", "standard_error"])
    if rows.height < LEAST or known.height < rows.height:
        return None
    # statsmodels does not cut tau2 off at 0, and takes roots of what is negative then: at 0 effects are fixed
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(
            rows["estimate"].to_numpy(),
            rows["standard_error"].to_numpy() ** 2,
            method_re="dl",
            use_t=True,
            alpha=1 - confidence,
        )
        of_fixed, of_random, fixed_scaled, random_scaled = found.conf_int(alpha=1 - confidence)
    fixed = found.tau2 <= 0
    ends = (of_fixed, fixed_scaled) if fixed else (of_random, random_scaled)
    low, high = max(ends, key=lambda pair: pair[1] - pair[0])
    return Summary(
        float(found.mean_effect_fe if fixed else found.mean_effect_re),
        float(low),
        float(high),
        float(max(found.tau2, 0.0) ** 0.5),
        float(max(found.i2, 0.0)),
        rows.height,
    )
