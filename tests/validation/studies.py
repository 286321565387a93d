"""Simulated studies with a known truth: tasks in skills, four arms, verdicts of exact and of noisy judges.

Every study draws its own skills and tasks, so the truth is that of the population of skills. An arm's pass
probability on a task is

    rate of the arm + skill + task + skill in that arm

whose parts are uniform around zero and small enough that no probability leaves [0, 1]: expected differences
between arms are then exactly those of the arms' rates. The arms of a task share one uniform draw with
probability `shared`, as arms of one model on one question do; that gives 20 to 25 % discordant pairs. A
judge passes a right response with probability `sensitivity` and fails a wrong one with probability
`specificity`; its expected pass rate is linear in the right one's (Rogan and Gladen, American Journal of
Epidemiology 107, 1978), so the truth on its path is exact, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.pairing import with_skills

CONDITIONS = ("none", "curated")
RUNS = ("base", "sft-s0")
ARMS = tuple((run, condition) for run in RUNS for condition in CONDITIONS)


@dataclass(frozen=True)
class Judge:
    """Error rates of a judge: those of each arm, in the order of `ARMS`."""

    sensitivity: tuple[float, float, float, float]
    specificity: tuple[float, float, float, float]


EXACT = Judge((1.0,) * 4, (1.0,) * 4)
NOISY = Judge((0.95,) * 4, (0.92,) * 4)


@dataclass(frozen=True)
class Population:
    """What studies are drawn from.

    Attributes:
        rates: of `ARMS`.
        skill, task, skill_in_arm: half the width of the uniform parts.
        skill_in_arm_stays: a skill has one part for each condition, the same before and after training.
        shared: probability that the arms of a task share their draw.
        unscored: share of the judges' verdicts that is lost.
        judges: by scoring path.
        n_skills, per_skill: skills, and tasks of each.
    """

    rates: tuple[float, float, float, float] = (0.40, 0.46, 0.45, 0.58)
    skill: float = 0.10
    task: float = 0.15
    skill_in_arm: float = 0.10
    skill_in_arm_stays: bool = False
    shared: float = 0.65
    unscored: float = 0.01
    judges: dict[str, Judge] = field(default_factory=lambda: {"bench": EXACT, "judge:noisy": NOISY})
    n_skills: int = 40
    per_skill: int = 5

    def __post_init__(self) -> None:
        margin = self.skill + self.task + self.skill_in_arm
        if not margin <= min(self.rates) <= max(self.rates) <= 1 - margin:
            raise ValueError(f"rates {self.rates} leave [0, 1] with parts of {margin}")

    def truth(self, path: str) -> dict[str, float]:
        """Expected verdict differences on a path: the procedural delta before training, and the lift."""
        judge = self.judges[path]
        passes = [
            rate * sensitivity + (1 - rate) * (1 - specificity)
            for rate, sensitivity, specificity in zip(
                self.rates, judge.sensitivity, judge.specificity, strict=True
            )
        ]
        before, after = passes[1] - passes[0], passes[3] - passes[2]
        return {"curated-none": before, "lift:curated-none": after - before}


def tasks_of(population: Population) -> pl.DataFrame:
    """task_id, skill_id, suite and scorer of the tasks; the same names in every study."""
    n_tasks = population.n_skills * population.per_skill
    return pl.DataFrame(
        {
            "task_id": [f"t{index:04d}" for index in range(n_tasks)],
            "skill_id": [f"skill-{index // population.per_skill:03d}" for index in range(n_tasks)],
            "suite": ["holdout"] * n_tasks,
            "scorer": ["answer_line"] * n_tasks,
        }
    )


def right_responses(rng: np.random.Generator, population: Population, n_studies: int) -> np.ndarray:
    """Whether each response is right: booleans of shape (studies, arms, tasks)."""
    n_skills, per_skill = population.n_skills, population.per_skill

    def part(spread: float, *shape: int) -> np.ndarray:
        return rng.uniform(-spread, spread, (n_studies, *shape))

    of_arms = part(
        population.skill_in_arm, len(CONDITIONS if population.skill_in_arm_stays else ARMS), n_skills
    )
    if population.skill_in_arm_stays:
        of_arms = np.tile(of_arms, (1, len(RUNS), 1))
    skills = part(population.skill, 1, n_skills) + of_arms
    tasks = part(population.task, 1, n_skills * per_skill)
    rates = np.array(population.rates)[None, :, None] + np.repeat(skills, per_skill, axis=2) + tasks
    draws = rng.random(rates.shape)
    common = rng.random((n_studies, 1, rates.shape[2]))
    return np.where(rng.random(common.shape) < population.shared, common, draws) < rates


def verdicts(rng: np.random.Generator, right: np.ndarray, judge: Judge) -> np.ndarray:
    """A judge's verdicts on responses: booleans, shape as `right`."""
    sensitivity, specificity = (
        np.array(rates)[None, :, None] for rates in (judge.sensitivity, judge.specificity)
    )
    return rng.random(right.shape) < np.where(right, sensitivity, 1 - specificity)


def score_frame(
    rng: np.random.Generator, passed: dict[str, np.ndarray], population: Population
) -> pl.DataFrame:
    """Verdicts of many studies as one frame of `pairing.with_skills`: a study is a student.

    `passed`: by path, of shape (studies, arms, tasks). A share `unscored` of the judges' verdicts is lost.
    """
    n_studies = len(next(iter(passed.values())))
    students = [f"study-{index:05d}" for index in range(n_studies)]
    arms = pl.DataFrame(ARMS, schema=["run", "condition"], orient="row").with_columns(
        step=pl.when(pl.col("run") == "base").then(0).otherwise(100).cast(pl.Int64)
    )
    tasks = tasks_of(population)
    rows = (
        pl.DataFrame({"student": students})
        .join(arms, how="cross", maintain_order="left_right")
        .join(tasks.select("task_id"), how="cross", maintain_order="left_right")
        .with_columns(suite=pl.lit("holdout"), sample=pl.lit(0, dtype=pl.Int64))
    )
    parts = []
    for path, values in passed.items():
        lost = (rng.random(values.size) < population.unscored) & (path != "bench")
        verdict = pl.when(~pl.Series(lost)).then(pl.Series(values.ravel()))
        parts.append(rows.with_columns(path=pl.lit(path), passed=verdict))
    return with_skills(pl.concat(parts), tasks)


def draw(rng: np.random.Generator, population: Population, n_studies: int) -> pl.DataFrame:
    """Scores of so many studies, judged by every judge of the population."""
    right = right_responses(rng, population, n_studies)
    passed = {path: verdicts(rng, right, judge) for path, judge in population.judges.items()}
    return score_frame(rng, passed, population)


def runs_of(scores: pl.DataFrame) -> list[DeclaredRun]:
    """The runs of all studies, as an analysis spec lists them."""
    students = scores["student"].unique().sort()
    return [DeclaredRun(student=student, run="sft-s0", recipe="sft", seed=0) for student in students]
