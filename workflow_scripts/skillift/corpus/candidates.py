"""Which answers of a teacher may be trained on, and in what order corpora take them.

The order is that of a hash of a seed and the ids: the same in every process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import polars as pl

from skillift.answers.reasoning import strip_reasoning
from skillift.errors import UserError, problem
from skillift.scorers.answer_line import answer_lines
from skillift.students.chat_files import SPECIAL_TOKEN

Verdict = Literal["right", "wrong", "any"]


def with_known_skills(demonstrations: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """DEMONSTRATIONS with the `skill_id` of their tasks.

    Raises:
        UserError: a demonstration of a task that is not in the table of tasks.
    """
    known = demonstrations.join(tasks.select("task_id", "skill_id"), on="task_id", how="left")
    unknown = known.filter(pl.col("skill_id").is_null())["task_id"].unique().sort()
    if len(unknown):
        fix = "Collect the demonstrations from these tasks again."
        raise UserError(
            problem(
                "demonstrations, column task_id", unknown.head(3).to_list(), "ids of the tasks table", fix
            )
        )
    return known


def first_answers(known: pl.DataFrame, verdict: Verdict) -> list[dict]:
    """The first answer to each task that the judge passed (`right`) or failed (`wrong`), or that can be read.

    Args:
        known: the frame of `with_known_skills`.
        verdict: what is asked for; `any` takes one whatever its verdict, and without one.
    """
    holds_token = pl.col("reason").str.contains(f": {SPECIAL_TOKEN}:", literal=True)
    readable = (pl.col("response") != "") & ~holds_token
    usable = {"right": pl.col("passed"), "wrong": ~pl.col("passed") & readable, "any": readable}[verdict]
    answers = known.filter(usable)
    return answers.sort("task_id", "attempt").unique("task_id", keep="first").sort("task_id").to_dicts()


def response_in(form: str, response: str) -> str:
    """What is trained on of a response; empty where the form is `answer_only` and it has no ANSWER line."""
    if form != "answer_only":
        return response
    lines = answer_lines(strip_reasoning(response) or "")
    return f"ANSWER: {lines[-1]}" if lines else ""


def order(seed: int, name: str) -> str:
    """A text that orders names by the seed."""
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).hexdigest()


def balanced(rows: Sequence[dict], n_rows: int, seed: int) -> list[dict]:
    """The first so many rows (with task_id and skill_id), skills in turn; fewer are among those of more."""
    by_skill: dict[str, list[dict]] = {}
    for row in sorted(rows, key=lambda row: order(seed, row["task_id"])):
        by_skill.setdefault(row["skill_id"], []).append(row)
    turns = sorted(
        (turn, order(seed, skill), row["task_id"], row)
        for skill, group in by_skill.items()
        for turn, row in enumerate(group)
    )
    return [row for *_, row in turns[:n_rows]]
