"""What was answered in the studies of `picture_studies.py`: tasks, verdicts, answers, preferences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from metric_tables import made_responses
from score_tables import make_tasks

from skillift.contracts.pipeline import DISCRIMINATION, SCORES
from skillift.metrics.votes import COLUMN

if TYPE_CHECKING:
    from picture_studies import Drawn

CONDITIONS = {"none": 0.0, "filler": 0.02, "placebo": -0.03, "shuffled": 0.06, "curated": 0.15}
FIRST_SUITES = ("holdout", "perturbed", "safety", "transfer")
STEP = 138
N_SKILLS, PER_SKILL = 12, 3
_WRONG = 6  # answers


def made_tasks(suite: str) -> pl.DataFrame:
    """Tasks of a suite: new skills on `transfer`, and on `perturbed` variants of the holdout's."""
    made = make_tasks(N_SKILLS, PER_SKILL, judge_scored=N_SKILLS * PER_SKILL // 6, suite=suite)
    skills = "new" if suite == "transfer" else "taught"
    parents = {"parent": pl.format("holdout-{}", "task_id"), "change": pl.lit("step_removed")}
    return made.with_columns(
        task_id=pl.format("{}-{}", pl.lit(suite), "task_id"),
        skill_id=pl.format("{}-{}", pl.lit(skills), "skill_id"),
        **(parents if suite == "perturbed" else {}),
    )


def made_scores(drawn: Drawn, spec: dict, tasks: pl.DataFrame) -> pl.DataFrame:
    """Verdicts around rates that grow with the tier, the condition and the training; contract SCORES."""
    generator = np.random.default_rng(7)
    return pl.concat(_arms(generator, drawn, spec, tasks)).select(list(SCORES.columns))


def _arms(
    generator: np.random.Generator, drawn: Drawn, spec: dict, tasks: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    paths = ("bench", *(f"judge:{judge}" for judge in drawn.judges))
    ease = np.repeat(generator.normal(0, 0.12, N_SKILLS), PER_SKILL * drawn.samples)
    order = list(drawn.recipes)
    for run in spec["runs"]:
        place = order.index(run["recipe"]) if run["recipe"] in order else 1
        gained = 0.0 if run["recipe"] is None else 0.12 / (1 + place)
        early = drawn.early if run["recipe"] in order else ()  # a run that borrows a training has one step
        steps = [0] if run["recipe"] is None else [*early, STEP]
        for step, suite in [(step, suite) for step in steps for suite in drawn.suites]:
            if step in early and suite != drawn.suites[0]:
                continue
            trained = gained * (step / STEP - 1.5 * (step in early))
            asked = _sampled(tasks.filter(suite=suite), drawn.samples)
            for condition, helped in CONDITIONS.items():
                tier = spec["students"][run["student"]]["tier"]
                changed = -0.05 - gained if suite in ("perturbed", "safety") else 0.0
                rate = 0.1 + 0.08 * tier + trained + helped * (1 + 8 * trained) + ease + changed
                judged = generator.random(asked.height) < drawn.rate * np.clip(rate, 0, 1)
                if step in early and condition != "curated":
                    continue
                for path in paths[1:2] if step in early else paths:  # what costs an analysis most
                    yield _arm(generator, drawn, asked, run, step, condition, path, judged)


def _sampled(tasks: pl.DataFrame, samples: int) -> pl.DataFrame:
    """A row for each sample of each task, those of one task behind each other."""
    numbers = pl.lit(list(range(samples)), pl.List(pl.Int64))
    return tasks.select("task_id", "suite", sample=numbers).explode("sample")


def _arm(
    generator: np.random.Generator,
    drawn: Drawn,
    asked: pl.DataFrame,
    run: Mapping,
    step: int,
    condition: str,
    path: str,
    judged: np.ndarray,
) -> pl.DataFrame:
    odd = generator.random(asked.height) < (0.0 if path == f"judge:{drawn.judges[0]}" else 0.08)
    passed = judged & ~odd if path == "bench" else judged ^ (odd & (drawn.rate > 0))
    lost = (generator.random(asked.height) < drawn.unscored) & (path != "bench")
    return asked.with_columns(
        path=pl.lit(path),
        student=pl.lit(run["student"]),
        run=pl.lit(run["run"]),
        step=pl.lit(step, pl.Int64),
        condition=pl.lit(condition),
        passed=pl.when(pl.Series(~lost)).then(pl.Series(passed)),
        status=pl.when(pl.Series(lost)).then(pl.lit("unparsed")).otherwise(pl.lit("scored")),
    )


def given_answers(scores: pl.DataFrame, path: str) -> pl.DataFrame:
    """Responses of all episodes, whose answers are alike where they pass on a path."""
    responses = made_responses(scores)
    key = ["student", "run", "step", "suite", "condition", "task_id", "sample"]
    passed = responses.select(key).join(
        scores.filter(path=path).select(*key, "passed"), on=key, maintain_order="left"
    )["passed"]
    wrong = np.random.default_rng(5).integers(1, _WRONG + 1, responses.height)
    given = np.where(passed.fill_null(value=False).to_numpy(), 0, wrong).astype(float)
    return responses.with_columns(pl.Series(COLUMN, given))


def made_discrimination(spec: dict, rate: float) -> pl.DataFrame:
    """What base models prefer on tasks of `dev`; contract DISCRIMINATION with the column `student`."""
    generator = np.random.default_rng(13)
    tasks = made_tasks("dev")
    parts = [
        tasks.select("task_id", "skill_id").with_columns(
            n_pairs=pl.lit(4, pl.Int64),
            n_ties=pl.lit(0, pl.Int64),
            preferred=pl.Series(generator.integers(0, 5, tasks.height) / 4),
            margin=pl.Series(generator.normal(0, 1, tasks.height)),
            passed=pl.Series(rate * generator.integers(0, 2, tasks.height)).cast(pl.Float64),
        )
        for _ in spec["students"]
    ]
    frames = [
        part.select(list(DISCRIMINATION.columns)).with_columns(student=pl.lit(student))
        for student, part in zip(spec["students"], parts, strict=True)
    ]
    return pl.concat(frames)
