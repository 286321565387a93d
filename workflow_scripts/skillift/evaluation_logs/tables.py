"""Tasks, scores and episodes of the arms of logs, by the contracts of any study, and its spec.

The model is one student, whose run `base` is before; every item is a task of the suite `holdout`; the scoring
path is `logs`. Scores are passes where they are 0 and 1 alone.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from skillift.contracts.pipeline import EPISODES, SCORES, SKILLS, TASKS
from skillift.errors import UserError, problem
from skillift.evaluation_logs.arms import Arm, Arms
from skillift.tables import check

PATH, SUITE, STUDENT = "logs", "holdout", "model"
MANY = (
    20_000  # items whose halves hardly differ from split to split, and take minutes to split a hundred times
)
ALONE = "item"  # what a cluster of one item is called, where there are no groups


class Tables(NamedTuple):
    """What logs give: contracts TASKS, SKILLS, SCORES, and EPISODES by run.

    Attributes:
        messages: task_id, condition, content: what was asked, as the first log of a condition has it.
    """

    tasks: pl.DataFrame
    skills: pl.DataFrame
    scores: pl.DataFrame
    episodes: dict[str, pl.DataFrame]
    messages: pl.DataFrame


def tables(arms: Arms, threshold: float | None = None) -> Tables:
    """The tables of the arms; with a threshold, a score of at least that passes.

    Raises:
        UserError: a score is neither 0 nor 1, or an item is in two groups.
    """
    rows = pl.concat(
        arm.rows.with_columns(run=pl.lit(arm.run), condition=pl.lit(arm.condition)) for arm in arms.arms
    )
    if threshold is not None:
        rows = rows.with_columns(value=(pl.col("value") >= threshold).cast(pl.Float64))
    _refuse_other_scores(rows, arms.arms)
    tasks = _tasks(rows)
    skills = (
        tasks.select("skill_id")
        .unique()
        .sort("skill_id")
        .select(
            "skill_id",
            name=pl.col("skill_id"),
            domain=pl.lit("logs"),
            steps=pl.lit([], dtype=pl.List(pl.String)),
        )
    )
    key = {
        "step": pl.lit(0, dtype=pl.Int64),
        "suite": pl.lit(SUITE),
        "condition": pl.col("condition"),
        "task_id": pl.col("item"),
        "sample": pl.col("epoch"),
    }
    scores = rows.select(
        path=pl.lit(PATH),
        student=pl.lit(STUDENT),
        run=pl.col("run"),
        **key,
        passed=pl.col("value") == 1,
        status=pl.when(pl.col("value").is_null()).then(pl.lit("failed")).otherwise(pl.lit("scored")),
    )
    episodes = rows.select(
        "run",
        **key,
        engine=pl.lit("api"),
        prompt_sha256=pl.when(pl.col("prompt_key") == "").then(pl.lit("unknown")).otherwise("prompt_key"),
        response=pl.col("response"),
        finish_reason=pl.when(pl.col("value").is_null()).then(pl.lit("error")).otherwise(pl.lit("stop")),
        prompt_tokens=pl.lit(0, dtype=pl.Int64),
        completion_tokens=pl.col("tokens").fill_null(0),
    )
    order = ["condition", "task_id", "sample"]
    return Tables(
        check(tasks, TASKS, "tasks of the logs"),
        check(skills, SKILLS, "groups of the logs"),
        check(scores.sort("run", *order), SCORES, "scores of the logs"),
        {
            str(run): check(part.drop("run").sort(order), EPISODES, f"answers of {run}")
            for (run,), part in episodes.group_by("run", maintain_order=True)
        },
        rows.select(task_id="item", condition="condition", content="prompt").unique(
            ["task_id", "condition"], keep="first", maintain_order=True
        ),
    )


def _refuse_other_scores(rows: pl.DataFrame, arms: tuple[Arm, ...]) -> None:
    other = rows.filter(pl.col("value").is_not_null() & ~pl.col("value").is_in([0.0, 1.0]))
    if other.is_empty():
        return
    first = other.row(0, named=True)
    scorer = arms[0].evaluations[0].scorer.get("metric")
    fix = "Choose a score of 0 and 1 with --metric; or, with --threshold 0.5, what is at least that passes."
    raise UserError(
        problem(f"score {scorer}, item {first['item']} of {first['run']}", first["value"], "0 or 1", fix)
    )


def _tasks(rows: pl.DataFrame) -> pl.DataFrame:
    """One task for each item, as the arm without a procedure has it, where there is one."""
    ordered = rows.with_columns(place=pl.col("condition") != "none").sort(
        "place", "run", "epoch", maintain_order=True
    )
    one = ordered.unique("item", keep="first", maintain_order=True).sort("item")
    groups = rows.select("item", "cluster").unique()
    twice = groups.filter(pl.col("item").is_duplicated()).sort("item", "cluster")
    if twice.height:
        names = twice.filter(item=twice["item"][0])["cluster"].to_list()
        raise UserError(problem(f"item {twice['item'][0]}, groups", names, "one group in all arms"))
    return one.select(
        task_id="item",
        skill_id=pl.coalesce("cluster", pl.format("{} {}", pl.lit(ALONE), "item")),
        suite=pl.lit(SUITE),
        prompt=pl.when(pl.col("prompt") == "").then(pl.lit("(not in the log)")).otherwise("prompt"),
        reference=pl.when(pl.col("target") == "").then(pl.lit("(not in the log)")).otherwise("target"),
        scorer=pl.lit("judge"),
        answer_type=pl.lit("text"),
        worked_solution=pl.lit(None, dtype=pl.String),
    )


def spec_of(arms: Arms, name: str, recipe: str, confidence: float, margins: dict, label: str) -> dict:
    """The spec of analysis, figures and browser (`skillift.study.specs`), as a study would give it."""
    runs = sorted({arm.run for arm in arms.arms}, key=lambda run: (run != "base", run))
    declared = [
        {
            "student": STUDENT,
            "run": run,
            "recipe": None if run == "base" else recipe,
            "seed": None if run == "base" else int(run.rpartition("-s")[2]),
        }
        for run in runs
    ]
    return {
        "name": name,
        "analysis": {
            "headline_path": PATH,
            "confidence": confidence,
            "bootstrap_samples": 2000,
            "seed": 0,
            "splits": 100 if arms.arms[0].rows.height < MANY else 10,
            "margins": margins,
        },
        "headline_path": PATH,
        "primary_judge": "",
        "max_unscored_share": 0.05,
        "students": {STUDENT: {"label": label, "tier": 1}},
        "references": [],
        "runs": declared,
        "figures": {"published_values": False},
        "prompt_seed": 0,
        "judges": [],
    }
