"""Variance components of procedural deltas and lifts, estimated from a finished study's scores.

Estimators are those of the analysis of variance (method of moments; Searle, Casella and McCulloch, "Variance
Components", 1992, chapters 3 and 4): tasks nested in skills for the values averaged over seeds, and seeds
crossed with tasks for the values of each training. The model is that of `skillift.statistics.power`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import combinations

import numpy as np
import polars as pl

from skillift.errors import UserError, problem
from skillift.statistics.contrasts import BASE
from skillift.statistics.intervals import clustered_mean
from skillift.statistics.pairing import paired_difference, task_values
from skillift.statistics.power import Components

_UNIT = ["student", "run"]
_KEY = ["path", "suite", *_UNIT]
_CONDITIONS = ("curated", "none")


@dataclass(frozen=True)
class Measured:
    """The components of one contrast in one place of a study.

    Attributes:
        contrast: a key of `power.DELTAS_IN`.
        where: student, `student/recipe`, or two of them.
        components: its variances.
        n_tasks, n_skills, n_seeds: what they rest on: tasks with a verdict in every arm, trainings of each
            recipe (0 before training).
        samples: mean number of scored samples of a task and arm.
    """

    contrast: str
    where: str
    components: Components
    n_tasks: int
    n_skills: int
    n_seeds: int
    samples: float


@dataclass(frozen=True)
class _Lift:
    """Task-level lifts of one recipe at one student; `by_seed`: task_id, skill_id and one column per run."""

    student: str
    recipe: str
    runs: tuple[str, ...]
    by_seed: pl.DataFrame


def measured_components(scores: pl.DataFrame, path: str, suite: str) -> list[Measured]:
    """Components of the procedural delta before training, of lifts, and of differences of two lifts.

    The last evaluated step of every run is taken; runs are `<recipe>-s<seed>`. Differences are between
    students trained by one recipe, or between recipes where there is one student.

    Args:
        scores: the frame of `pairing.with_skills`.
        path: scoring path.
        suite: suite.

    Raises:
        UserError: there are no scores on that path and suite, an arm is missing, or the values leave the
            components undefined.
    """
    chosen = scores.filter(path=path, suite=suite)
    if chosen.is_empty():
        found = scores.select("path", "suite").unique().sort("path", "suite").rows()
        raise UserError(problem("scores, columns path and suite", found, f"rows on {path!r} of {suite!r}"))
    last = chosen.filter(pl.col("step") == pl.col("step").max().over(*_UNIT))
    noise = _Noise(last)
    deltas = _deltas(last)
    lifts = _lifts(deltas)
    results = [_of_delta(deltas, student, noise) for student in sorted({lift.student for lift in lifts})]
    results += [_of_lifts([lift], noise) for lift in lifts]
    return results + [_of_lifts(pair, noise) for pair in _pairs(lifts)]


def pooled(parts: Iterable[Components]) -> Components:
    """The mean of each component, over the parts that know most of them.

    A part that cannot tell a component counts it with another, so parts of unlike knowledge do not mix.
    """
    known = [{f.name: getattr(part, f.name) for f in fields(part)} for part in parts]
    counts = [sum(value is not None for value in part.values()) for part in known]
    best = [part for part, count in zip(known, counts, strict=True) if count == max(counts)]
    names = [name for name in best[0] if all(part[name] is not None for part in best)]
    means = {name: float(np.mean([part[name] for part in best])) for name in names}
    others = (means.get(field.name) for field in fields(Components)[1:])
    return Components(means["skill"], *others)


def nested_components(values: np.ndarray, skills: np.ndarray) -> tuple[float, float | None]:
    """Variance between skills, and between tasks of one skill (None with one task a skill).

    An estimate below zero is zero, and the tasks then have the variance of all values, which is what
    restricted maximum likelihood gives.

    Raises:
        UserError: fewer than two skills.
    """
    names, groups = np.unique(skills, return_inverse=True)
    n_skills, n_tasks = len(names), len(values)
    if n_skills < 2:
        raise UserError(problem("scores, column task_id", f"{n_skills} skills", "tasks of at least 2 skills"))
    sizes = np.bincount(groups)
    means = np.bincount(groups, weights=values) / sizes
    if n_tasks == n_skills:
        return float(np.var(values, ddof=1)), None
    within = float(((values - means[groups]) ** 2).sum() / (n_tasks - n_skills))
    between = float((sizes * (means - values.mean()) ** 2).sum() / (n_skills - 1))
    size = (n_tasks - (sizes**2).sum() / n_tasks) / (n_skills - 1)
    skill = float((between - within) / size)
    return (skill, within) if skill > 0 else (0.0, float(np.var(values, ddof=1)))


def crossed_components(by_seed: np.ndarray, skills: np.ndarray) -> tuple[float, float]:
    """Variance between the seeds' means beyond that of sampling, and of seeds by task.

    The first is that of `skillift.statistics.seed_variance`, whose sampling is clustered by skill; below zero
    it is zero. The second holds the sampling noise of the trained arms, too.

    Args:
        by_seed: values, one row per seed (at least two), one column per task (at least two).
        skills: of the tasks.
    """
    n_seeds, n_tasks = by_seed.shape
    of_seeds, of_tasks = by_seed.mean(axis=1, keepdims=True), by_seed.mean(axis=0, keepdims=True)
    rest = by_seed - of_seeds - of_tasks + by_seed.mean()
    interaction = float((rest**2).sum() / ((n_seeds - 1) * (n_tasks - 1)))
    errors = [
        clustered_mean(first - second, skills, 0.95).standard_error or 0.0
        for first, second in combinations(by_seed, 2)
    ]
    between, noise = float(np.var(of_seeds, ddof=1)), float(np.mean(np.square(errors))) / 2
    return max(0.0, between - noise), interaction


class _Noise:
    """Sampling noise of arms: the variance of one sample, and how many a task has."""

    def __init__(self, scores: pl.DataFrame) -> None:
        passed = pl.col("passed").cast(pl.Float64)
        arms = scores.filter(pl.col("condition").is_in(_CONDITIONS)).group_by(*_UNIT, "condition", "task_id")
        tasks = arms.agg(variance=passed.var(), scored=passed.count())
        by_run = tasks.group_by(*_UNIT, "condition").agg(pl.col("variance").mean(), pl.col("scored").mean())
        rows = by_run.group_by(_UNIT).agg(
            pl.when(pl.col("variance").is_not_null().all()).then(pl.col("variance").sum()),
            pl.col("scored").mean(),
        )
        self._of = {(student, run): rest for student, run, *rest in rows.iter_rows()}

    def of_one_sample(self, student: str, runs: Iterable[str]) -> float | None:
        """Variance of one sample under each condition, mean over the runs; None with one sample a task."""
        found = [self._of[student, run][0] for run in runs]
        return None if None in found else float(np.mean(found))

    def samples(self, student: str) -> float:
        """Mean number of scored samples of a task and arm."""
        return self._of[student, BASE][1]


def _deltas(scores: pl.DataFrame) -> pl.DataFrame:
    """Task-level procedural deltas of every run: the frame of `paired_difference`, nulls left out."""
    values = task_values(scores)
    arms = [values.filter(condition=name).drop("condition", "step") for name in _CONDITIONS]
    found = values["condition"].unique().sort().to_list()
    if any(arm.is_empty() for arm in arms):
        raise UserError(problem("scores, column condition", found, f"both of {_CONDITIONS}"))
    curated, none = arms
    known = paired_difference(curated, none, cell=["suite", *_UNIT]).drop_nulls("value")
    if known.filter(run=BASE).is_empty():
        runs = scores["run"].unique().sort().to_list()
        raise UserError(problem("scores, column run", runs, f"scored tasks of the run {BASE!r}"))
    return known


def _lifts(deltas: pl.DataFrame) -> list[_Lift]:
    before = deltas.filter(run=BASE).drop("run")
    after = deltas.filter(pl.col("run") != BASE)
    trained = after.select(_UNIT).unique()
    lifts = paired_difference(after, before.join(trained, on="student"), cell=["suite", *_UNIT]).drop_nulls(
        "value"
    )
    recipe = pl.col("run").str.replace(r"-s\d+$", "")
    found = []
    for (student, name), group in lifts.group_by("student", recipe.alias("recipe"), maintain_order=True):
        wide = group.pivot("run", index=["task_id", "skill_id"], values="value").drop_nulls().sort("task_id")
        runs = tuple(sorted(set(wide.columns) - {"task_id", "skill_id"}))
        found.append(_Lift(student, name, runs, wide))
    if not found:
        raise UserError(
            problem(
                "scores, column run",
                sorted(set(deltas["run"])),
                "a trained run beside 'base', with tasks that are scored in both",
                "Without one, plan from the stated defaults.",
            )
        )
    return sorted(found, key=lambda lift: (lift.student, lift.recipe))


def _pairs(lifts: list[_Lift]) -> list[tuple[_Lift, _Lift]]:
    one_student = len({lift.student for lift in lifts}) == 1
    return [
        (first, second)
        for first, second in combinations(lifts, 2)
        if one_student or (first.recipe == second.recipe and first.student != second.student)
    ]


def _of_delta(deltas: pl.DataFrame, student: str, noise: _Noise) -> Measured:
    values = deltas.filter(student=student, run=BASE).sort("task_id")
    sample, samples = noise.of_one_sample(student, [BASE]), noise.samples(student)
    skill, within = nested_components(values["value"].to_numpy(), values["skill_id"].to_numpy())
    task = None if within is None else max(0.0, within - (sample or 0.0) / samples)
    sample = sample if within is not None else None
    parts = Components(skill, task, sample, 0.0, 0.0, 0.0)
    return _measured("procedural_delta", student, parts, values, 0, samples)


def _of_lifts(sides: Iterable[_Lift], noise: _Noise) -> Measured:
    """Components of one lift, or of the first minus the second."""
    sides = list(sides)
    shared = sides[0].by_seed
    for side in sides[1:]:
        shared = shared.join(side.by_seed.select("task_id"), on="task_id", how="semi")
    tables = [
        shared.select("task_id").join(side.by_seed, on="task_id", maintain_order="left").select(side.runs)
        for side in sides
    ]
    matrices = [table.to_numpy().T for table in tables]
    means = [matrix.mean(axis=0) for matrix in matrices]
    values = means[0] if len(means) == 1 else means[0] - means[1]
    samples = float(np.mean([noise.samples(side.student) for side in sides]))
    # two recipes at one student share its base arms, which then cancel
    shares_base = len(sides) > 1 and len({side.student for side in sides}) == 1
    base: list[float | None] = (
        [0.0] if shares_base else [noise.of_one_sample(side.student, [BASE]) for side in sides]
    )
    trained = [noise.of_one_sample(side.student, side.runs) for side in sides]
    parts = _lift_components(values, shared["skill_id"].to_numpy(), matrices, base, trained, samples)
    where = " - ".join(f"{side.student}/{side.recipe}" for side in sides)
    contrast = "lift" if len(sides) == 1 else "lift_difference"
    n_seeds = min(len(side.runs) for side in sides)
    return _measured(contrast, where, parts, shared, n_seeds, samples)


def _lift_components(
    values: np.ndarray,
    skills: np.ndarray,
    matrices: list[np.ndarray],
    base: list[float | None],
    trained: list[float | None],
    samples: float,
) -> Components:
    skill, within = nested_components(values, skills)
    known = [[each for each in noise if each is not None] for noise in (base, trained)]
    known_noise = [len(noise) for noise in known] == [len(base), len(trained)]
    sample_base, sample_trained = map(sum, known) if known_noise else (0.0, 0.0)
    sampled = (sample_base if known_noise else None, sample_trained if known_noise else None)
    seed = seed_task = None
    averaged = sample_trained / samples
    if all(len(matrix) > 1 for matrix in matrices):
        crossed = [crossed_components(matrix, skills) for matrix in matrices]
        seed = sum(between for between, _ in crossed)
        interaction = sum(rest for _, rest in crossed)
        seed_task = max(0.0, interaction - sample_trained / samples)
        averaged = sum(rest / len(matrix) for (_, rest), matrix in zip(crossed, matrices, strict=True))
    if within is None:
        return Components(skill, None, None, None, None, seed)
    task = max(0.0, within - sample_base / samples - averaged)
    return Components(skill, task, *sampled, seed_task, seed)


def _measured(
    contrast: str, where: str, components: Components, tasks: pl.DataFrame, n_seeds: int, samples: float
) -> Measured:
    if not components.skill + (components.task or 0.0) + (components.sample_base or 0.0) > 0:
        raise UserError(
            problem(
                f"scores, {contrast} of {where}",
                f"the same value on all {tasks.height} tasks",
                "values that differ between tasks",
                "Without variation there is nothing to plan from; use the stated defaults.",
            )
        )
    return Measured(contrast, where, components, tasks.height, tasks["skill_id"].n_unique(), n_seeds, samples)
