"""Tasks, scores and episodes with known verdicts, for the tests of the statistics."""

from __future__ import annotations

import polars as pl

from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, required_columns
from skillift.tables import check


def make_tasks(n_skills: int = 40, per_skill: int = 5, judge_scored: int = 0, suite: str = "holdout"):
    """`n_skills` x `per_skill` tasks; the last `judge_scored` of them have no extractor."""
    n_tasks = n_skills * per_skill
    frame = pl.DataFrame(
        {
            "task_id": [f"t{index:04d}" for index in range(n_tasks)],
            "skill_id": [f"skill-{index // per_skill:03d}" for index in range(n_tasks)],
            "suite": [suite] * n_tasks,
            "prompt": [f"Question {index}?" for index in range(n_tasks)],
            "reference": [str(index) for index in range(n_tasks)],
            "scorer": [
                "answer_line" if index < n_tasks - judge_scored else "judge" for index in range(n_tasks)
            ],
            "answer_type": ["number"] * n_tasks,
            "worked_solution": pl.Series([None] * n_tasks, dtype=pl.String),
        }
    )
    return check(frame, TASKS, "made tasks")


def make_scores(arms: dict[tuple, list], suite: str = "holdout", n_samples: int = 1) -> pl.DataFrame:
    """Scores of arms: (path, student, run, step, condition) -> verdicts of t0000, t0001, ...

    A verdict is True, False or None (unscored); with several samples the verdicts of one task follow
    each other.
    """
    parts = []
    for (path, student, run, step, condition), verdicts in arms.items():
        parts.append(
            pl.DataFrame(
                {
                    "path": path,
                    "student": student,
                    "run": run,
                    "step": pl.Series([step] * len(verdicts), dtype=pl.Int64),
                    "suite": suite,
                    "condition": condition,
                    "task_id": [f"t{index // n_samples:04d}" for index in range(len(verdicts))],
                    "sample": [index % n_samples for index in range(len(verdicts))],
                    "passed": pl.Series(verdicts, dtype=pl.Boolean),
                    "status": ["unparsed" if verdict is None else "scored" for verdict in verdicts],
                }
            )
        )
    return check(pl.concat(parts).select(list(SCORES.columns)), SCORES, "made scores")


def make_episodes(step: int, texts: dict[str, list[str]], suite: str = "holdout") -> pl.DataFrame:
    """Episodes of one run at one step: condition -> responses of t0000, t0001, ...; 3 tokens a word."""
    rows = [
        {
            "step": step,
            "suite": suite,
            "condition": condition,
            "task_id": f"t{index:04d}",
            "sample": 0,
            "engine": "vllm",
            "prompt_sha256": "0" * 64,
            "response": text,
            "finish_reason": "stop",
            "prompt_tokens": 10,
            "completion_tokens": 3 * len(text.split()),
        }
        for condition, responses in texts.items()
        for index, text in enumerate(responses)
    ]
    return check(pl.DataFrame(rows).select(required_columns(EPISODES)), EPISODES, "made episodes")


def passes(n_passes: int, n_tasks: int = 200, start: int = 0) -> list[bool]:
    """`n_passes` passes among `n_tasks`, scattered over the skills and beginning at task `start`."""
    passed = {(start + 7 * index) % n_tasks for index in range(n_passes)}
    return [index in passed for index in range(n_tasks)]
