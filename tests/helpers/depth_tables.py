"""Made-up courses of trainings: verdicts under `curated` of the base model and at the steps of each run."""

from __future__ import annotations

import numpy as np
import polars as pl
from claim_tables import PATH, make_runs
from made_specs import estimated
from score_tables import make_scores, make_tasks

from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.claims import claims_table
from skillift.statistics.contrasts import Differences, differences
from skillift.statistics.depth import Course, course, depth_claims
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import task_values, with_skills

EARLY = [8, 16, 32]
STEPS = (*EARLY, 64, 138)
DEPTH = {"early": EARLY, "dip": 0.05, "recovery": 0.05}
N_SKILLS, PER_SKILL, ALIKE = 40, 5, 0.5  # share of tasks that pass or fail alike at all steps
LAST = STEPS[-1]


def course_of(rates: tuple[float, ...]) -> dict[int, float]:
    """Pass rates by step."""
    return dict(zip(STEPS, rates, strict=True))


def make_arms(
    courses: dict[tuple[str, int], dict[int, float]],
    base: float = 0.5,
    seed: int = 0,
    unscored: tuple[int, ...] = (),
    shape: tuple[int, int] = (N_SKILLS, PER_SKILL),
) -> dict:
    """Arms of `score_tables.make_scores` of students and training seeds with pass rates at their steps."""
    rng = np.random.default_rng(seed)
    n_tasks = shape[0] * shape[1]
    arms = {}
    for student in dict.fromkeys(name for name, _ in courses):
        ease, alike = rng.random(n_tasks), rng.random(n_tasks) < ALIKE
        steps = {("base", 0): base} | {
            (f"sft-s{number}", step): rate
            for (name, number), course in courses.items()
            if name == student
            for step, rate in course.items()
        }
        for (run, step), rate in steps.items():
            passed = (np.where(alike, ease, rng.random(n_tasks)) < rate).tolist()
            lost = 3 if step in unscored else 0
            arms[PATH, student, run, step, "curated"] = [None] * lost + passed[lost:]
    return arms


def runs_of(courses: dict[tuple[str, int], dict[int, float]]) -> list[DeclaredRun]:
    seeds: dict[tuple[str, str], tuple[int, ...]] = {}
    for student, number in courses:
        seeds[student, "sft"] = (*seeds.get((student, "sft"), ()), number)
    return make_runs(seeds)


def gains(
    arms: dict, runs: list[DeclaredRun], shape: tuple[int, int] = (N_SKILLS, PER_SKILL)
) -> list[Differences]:
    """The gains under `curated` of arms."""
    values = task_values(with_skills(make_scores(arms), make_tasks(*shape)))
    return [item for item in differences(values, runs) if item.contrast == "gain:curated"]


def depth_table(
    courses: dict[tuple[str, int], dict[int, float]],
    depth: dict | None = DEPTH,
    confidence: float = 0.95,
    **made: object,
) -> pl.DataFrame:
    """CLAIMS of `dip_and_recovery` of such a study."""
    runs = runs_of(courses)
    settings = {"confidence": confidence} | ({"depth": depth} if depth else {})
    found = gains(make_arms(courses, **made), runs)
    return claims_table(list(depth_claims(found, runs, estimated(settings))), "pass", confidence)


def of_the_lowest(item: Differences, runs: list[DeclaredRun]) -> Course:
    """What an analysis would take that calls early what is each student's lowest checkpoint."""
    cells = item.cells.filter(n_runs=1)
    means = item.tasks.group_by("cell").agg(pl.col("value").mean())
    seen = cells.join(means, on="cell").filter(pl.col("step") < pl.col("step").max().over("student"))
    lowest = seen.sort("value", "step").group_by("student", maintain_order=True).agg(pl.col("cell").first())
    is_lowest, is_last = pl.col("cell").is_in(lowest["cell"].implode()), pl.col("step") == cells["step"].max()
    kept = cells.filter(is_lowest | is_last).with_columns(step=pl.when(is_lowest).then(1).otherwise("step"))
    return course(item._replace(cells=kept), runs, [1])


def flagged(of: Course, alpha: float = 0.05) -> float:
    """The share of students whose dip and recovery are found, each study at alpha by itself."""
    found = clustered_means(of.tasks, ["student", "part"], 1 - alpha)
    both = found.group_by("student").agg(
        supported=((pl.col("estimate") > 0) & (pl.col("p_value") < alpha)).all()
    )
    return both["supported"].mean()
