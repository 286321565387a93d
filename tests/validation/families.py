"""Every family of claims in whole studies without any effect: how often has it a word of one?

Three students, two recipes of two seeds, four conditions; no arm differs from another but by chance: by the
sampling of skills and tasks, and by trainings, in which each arm's rate moves by a standard deviation of
`BETWEEN`. The table
of claims is the analysis's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from validation.coverage import CONFIDENCE, NOTHING
from validation.studies import tasks_of

from skillift.settings.analysis_specs import Analysed
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.claim_labels import CONTRADICTED, SUPPORTED
from skillift.statistics.claim_registry import CEILING
from skillift.statistics.claims import claims
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.seed_variance import about_recipes, seed_variance

STUDENTS, RECIPES, SEEDS = ("s", "m", "l"), ("sft", "other"), (0, 1)
CONDITIONS = ("none", "curated", "placebo", "filler")
RATE, BETWEEN = 0.4, 0.05
_SKILL_SPREAD, _ARM_SPREAD = 0.15, 0.10  # uniform, of a skill in all arms and in each
RUNS = [
    DeclaredRun(student=student, run=run, recipe=recipe, seed=seed)
    for student in STUDENTS
    for run, recipe, seed in (
        ("base", None, None),
        *((f"{recipe}-s{seed}", recipe, seed) for recipe in RECIPES for seed in SEEDS),
    )
]


class Family(NamedTuple):
    """How often a family of claims has a word of an effect or of a difference, of which there is none."""

    claim: str
    n_claims: int
    flagged: float
    n_studies: int


def families(n_studies: int, seed: int) -> list[Family]:
    """Rates of false words of each kind of claim."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[int, bool]]] = {}
    for _ in range(n_studies):
        table = _claims(rng)
        for (claim,), rows in table.group_by("claim", maintain_order=True):
            resolved = rows["word"].is_in([SUPPORTED, CONTRADICTED]).any()
            found.setdefault(claim, []).append((rows.height, resolved))
    return [
        Family(claim, rows[0][0], float(np.mean([resolved for _, resolved in rows])), n_studies)
        for claim, rows in sorted(found.items())
    ]


def _claims(rng: np.random.Generator) -> pl.DataFrame:
    """The table CLAIMS of a study; the two seeds of each recipe move with their training."""
    tasks = tasks_of(NOTHING)
    n_skills, per_skill = NOTHING.n_skills, NOTHING.per_skill
    of_skills = {name: rng.uniform(-_SKILL_SPREAD, _SKILL_SPREAD, n_skills) for name in STUDENTS}
    parts = []
    for run in RUNS:
        for condition in CONDITIONS:
            trained = 0.0 if run.run == "base" else rng.normal(0, BETWEEN)
            arm = of_skills[run.student] + rng.uniform(-_ARM_SPREAD, _ARM_SPREAD, n_skills)
            rates = np.clip(RATE + trained + np.repeat(arm, per_skill), 0, 1)
            parts.append(
                pl.DataFrame(
                    {
                        "path": "bench",
                        "suite": "holdout",
                        "student": run.student,
                        "run": run.run,
                        "step": 0 if run.run == "base" else 100,
                        "condition": condition,
                        "task_id": tasks["task_id"],
                        "sample": 0,
                        "passed": rng.random(tasks.height) < rates,
                    },
                    schema_overrides={"step": pl.Int64, "sample": pl.Int64},
                )
            )
    values = task_values(with_skills(pl.concat(parts), tasks))
    contrasts = list(differences(values, RUNS))
    given_seeds = effects(contrasts, CONFIDENCE, 2, 0)  # no claim reads the bootstrap
    seeds = seed_variance(given_seeds, RUNS, CONFIDENCE)
    by = ["path", "suite", "contrast"]
    estimates = about_recipes(given_seeds, RUNS, by, CONFIDENCE)
    settings = Analysed(confidence=CONFIDENCE, bootstrap_samples=2, seed=0, splits=2)
    table = claims(values, contrasts, estimates, seeds, RUNS, settings)
    return table.filter(pl.col("claim") != CEILING)  # which is so: skills keep their ease
