"""Made-up procedural deltas before and after SFT, task by task, with a planted slope of the lift."""

from __future__ import annotations

import numpy as np
import polars as pl


def make_deltas(
    generator: np.random.Generator,
    slope: float = 0.0,
    n_students: int = 3,
    n_skills: int = 40,
    per_skill: int = 5,
    skill_spread: float = 0.15,
) -> pl.DataFrame:
    """One row per student and task: before and after are differences of two drawn verdicts.

    The true lift is 0.05 + `slope` x the true delta before. Pass rates lie symmetrically about one half in
    all arms, so the noise is as large before SFT as after.

    Returns:
        student, task_id, skill_id, before, after, n_unscored: what `asymmetry_slopes` takes.
    """
    n_tasks = n_skills * per_skill
    tiers = generator.normal(0, 0.07, n_students)
    middle = 0.5 + generator.normal(0, 0.05, n_tasks)

    def drawn(delta: np.ndarray) -> np.ndarray:
        curated, none = (
            generator.random(n_tasks) < np.clip(middle + sign * delta / 2, 0, 1) for sign in (1, -1)
        )
        return curated.astype(float) - none

    parts = []
    for student in range(n_students):
        delta = tiers[student] + np.repeat(generator.normal(0, skill_spread, n_skills), per_skill)
        parts.append(
            pl.DataFrame(
                {
                    "student": [f"s{student}"] * n_tasks,
                    "task_id": [f"t{task:04d}" for task in range(n_tasks)],
                    "skill_id": [f"skill-{task // per_skill:03d}" for task in range(n_tasks)],
                    "before": drawn(delta),
                    "after": drawn(delta + 0.05 + slope * delta),
                    "n_unscored": [0] * n_tasks,
                }
            )
        )
    return pl.concat(parts)
