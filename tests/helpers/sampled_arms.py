"""Scores and responses of made-up students that answer each task several times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from claim_tables import make_runs
from score_tables import make_tasks

from skillift.contracts.pipeline import SCORES
from skillift.metrics.votes import COLUMN
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.pass_rates import response_schema

SPEC = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2}


class Arm(NamedTuple):
    """How a student answers after or before SFT.

    Attributes:
        passes: the chance that an answer is right.
        answers: how many wrong ones it has to choose from.
        tokens: of an answer.
    """

    passes: float
    answers: int = 8
    tokens: int = 20


def runs_of(students: tuple[str, ...]) -> list[DeclaredRun]:
    """The runs before SFT, and one training of each student."""
    return make_runs({(name, "sft"): (0,) for name in students})


def sampled(
    arms: dict[tuple[str, str], Arm],
    n_samples: int,
    seed: int,
    n_skills: int = 20,
    per_skill: int = 4,
    spread: float = 0.08,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tasks, scores on the path `bench` and responses of arms, (student, run) -> how it answers.

    The difficulty of skills and tasks moves the chance of all arms alike, by `spread` each (its standard
    deviation).
    """
    generator = np.random.default_rng(seed)
    tasks = make_tasks(n_skills, per_skill)
    number = tasks.height
    moved = np.repeat(generator.normal(0, spread, n_skills), per_skill) + generator.normal(0, spread, number)
    frames = []
    for (student, run), arm in arms.items():
        chance = np.clip(arm.passes + moved, 0.0, 1.0)[:, np.newaxis]
        right = generator.random((number, n_samples)) < chance
        wrong = generator.integers(1, arm.answers + 1, (number, n_samples))
        place = np.repeat(np.arange(number), n_samples)
        frames.append(
            pl.DataFrame(
                {
                    "path": "bench",
                    "student": student,
                    "run": run,
                    "step": pl.Series([0 if run == "base" else 8] * number * n_samples, dtype=pl.Int64),
                    "suite": "holdout",
                    "condition": "curated",
                    "task_id": tasks["task_id"].to_numpy()[place],
                    "sample": np.tile(np.arange(n_samples), number),
                    "passed": right.ravel(),
                    "status": "scored",
                    COLUMN: np.where(right, 0, wrong).ravel().astype(float),
                    "completion_tokens": pl.Series([arm.tokens] * number * n_samples, dtype=pl.Int64),
                }
            )
        )
    whole = pl.concat(frames)
    none = {name: pl.lit(None, kind).alias(name) for name, kind in response_schema().items()}
    known = {name: pl.col(name) for name in none if name in whole.columns}
    line = {"has_answer_line": pl.lit(value=True), "different_lines": pl.lit(value=False)}
    responses = whole.select(**(none | known | line))
    return tasks, whole.select(list(SCORES.columns)), responses
