"""From scores to task-level values, and the one subtraction in which two arms meet.

An arm is one student at one checkpoint under one condition on one scoring path. Its frame has one row
per task: `path`, the columns that name the arm, `task_id`, `skill_id`, `value` (null: no verdict) and
`n_unscored`. A difference of two arms has the same columns, so differences can be subtracted again.
"""

from __future__ import annotations

import polars as pl

from skillift.errors import PathMismatchError, UserError, problem
from skillift.protocols import one_protocol
from skillift.statistics.coding import as_text, coded

CELL = ["suite", "student", "run", "step"]
_TASK = ["task_id", "skill_id"]
_BOUNDS = ("low", "high")
ABSENT = "absent"


def with_skills(scores: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """`scores` (contract SCORES) with the `skill_id` and `scorer` of each task, and a row for what is absent.

    That of a variant is its parent's skill, see `by_parents_skill`.

    Every arm (path, suite, student, run, step, condition) should have a row for each task of its suite
    and each sample number that the arm has. One that is absent, as where a table from elsewhere leaves
    out what failed, is added without a verdict, its status `absent`: it counts as unscored, and never
    passes unseen.

    Raises:
        UserError: a scored task is not among `tasks`, or is of another suite there.
        ProtocolMismatchError: there are scores of two protocols.
    """
    one_protocol(scores)
    tasks = by_parents_skill(tasks)
    declared = tasks.select("task_id", "skill_id", "scorer", declared=pl.col("suite"))
    joined = scores.join(declared, on="task_id", how="left")
    unknown = joined.filter(pl.col("skill_id").is_null())["task_id"].unique().sort()
    if len(unknown):
        found = unknown.head(3).to_list()
        raise UserError(
            problem(
                "scores, column task_id",
                found,
                "tasks of the tasks table",
                f"{len(unknown)} tasks are not in it: give the table that the episodes were made from.",
            )
        )
    _refuse_other_suites(joined)
    return _with_absent(joined.drop("declared"), tasks)


def by_parents_skill(tasks: pl.DataFrame) -> pl.DataFrame:
    """`tasks` (contract TASKS) with variants among those of their parent's skill, where that is among them.

    Skills are what clusters are: a variant has a procedure of its own and is no skill by itself.
    """
    if "parent" not in tasks.columns:
        return tasks
    origins = tasks.select(parent="task_id", of_parent="skill_id")
    joined = tasks.join(origins, on="parent", how="left", maintain_order="left")
    return joined.with_columns(skill_id=pl.coalesce("of_parent", "skill_id")).drop("of_parent")


def _with_absent(scores: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    arms = scores.select("path", *CELL, "condition", "sample").unique()
    expected = arms.join(tasks.select("suite", "task_id", "skill_id", "scorer"), on="suite")
    absent = expected.join(scores, on=["path", *CELL, "condition", "sample", "task_id"], how="anti")
    if absent.is_empty():
        return scores
    rows = absent.sort(absent.columns).with_columns(
        pl.lit(None, dtype=scores.schema[name]).alias(name) for name in scores.columns if name not in absent
    )
    if "status" in scores.columns:
        rows = rows.with_columns(status=pl.lit(ABSENT, dtype=scores.schema["status"]))
    return pl.concat([scores, rows.select(scores.columns)])


def _refuse_other_suites(scores: pl.DataFrame) -> None:
    """Raise where tasks that were trained on, say, are scored as holdout tasks."""
    other = scores.filter(pl.col("suite") != pl.col("declared"))
    if other.is_empty():
        return
    first = other.select("task_id", "suite", "declared").unique().sort("task_id", "suite")
    examples = "; ".join(
        f"{task_id} as {suite}, a task of {own}" for task_id, suite, own in first.head(3).rows()
    )
    raise UserError(
        problem(
            "scores, column suite",
            examples,
            "the suite that each task has in the tasks table",
            f"{first.height} tasks are scored as of another suite: correct one of the two tables.",
        )
    )


def task_values(scores: pl.DataFrame) -> pl.DataFrame:
    """One row per arm and task: the samples of a task are averaged first.

    `scores`: the frame of `with_skills`. Returns path, suite, student, run, step, condition, task_id,
    skill_id, value (share of the scored samples that pass; null where none is scored), low and high (share of
    all samples, those without a verdict as fails and as passes), n_unscored (samples without a verdict),
    n_samples.

    Raises:
        ProtocolMismatchError: there are scores of two protocols, whose samples are never averaged.
    """
    one_protocol(scores)
    key = ["path", *CELL, "condition", *_TASK]
    values = (
        coded(scores.select(*key, "passed"))
        .group_by(key)
        .agg(
            value=pl.col("passed").cast(pl.Float64).mean(),
            low=pl.col("passed").fill_null(False).cast(pl.Float64).mean(),
            high=pl.col("passed").fill_null(True).cast(pl.Float64).mean(),
            n_unscored=pl.col("passed").is_null().sum().cast(pl.Int64),
            n_samples=pl.len().cast(pl.Int64),
        )
        .sort("path", *CELL, "condition", "task_id")
    )
    return as_text(values)


def one_path(*frames: pl.DataFrame) -> None:
    """Refuse frames that do not all stand on one and the same scoring path.

    Raises:
        PathMismatchError: two paths among them, or a frame that does not tell its path.
    """
    paths: set[str] = set()
    for frame in frames:
        if "path" not in frame.columns:
            raise PathMismatchError(
                problem(
                    "a subtraction of two arms", frame.columns, "a column 'path' in both", "Name the path."
                )
            )
        paths.update(frame["path"].unique().to_list())
    if len(paths) > 1:
        raise PathMismatchError(
            problem(
                "a subtraction of two arms, column path",
                sorted(paths),
                "one scoring path on both sides",
                "Take both arms from the same path; shifts between paths are in the table path_shift.",
            )
        )


def paired_difference(
    minuend: pl.DataFrame, subtrahend: pl.DataFrame, cell: list[str] | None = None
) -> pl.DataFrame:
    """Minuend - subtrahend, task by task, within one scoring path.

    Both frames: path, `cell` (default suite, student, run, step), task_id, skill_id, value, n_unscored;
    one row per cell and task. Returns the same columns for every task of either side: value is null
    where a side has no verdict, so an unscored task is left out of the pairing and never a fail;
    n_unscored is the sum of both sides. `control` is the value of the subtrahend where value is known. Where
    both frames have low and high, which the missing verdicts leave open, the difference has the lowest and
    the highest that it could be.

    Raises:
        PathMismatchError: the frames hold more than one scoring path.
        ProtocolMismatchError: they are of two protocols.
    """
    one_path(minuend, subtrahend)
    one_protocol(minuend, subtrahend)
    key = ["path", *(CELL if cell is None else cell), *_TASK]
    bounded = [name for name in _BOUNDS if {*_BOUNDS} <= {*minuend.columns} & {*subtrahend.columns}]
    sides = minuend.select(*key, "value", *bounded, "n_unscored").join(
        subtrahend.select(*key, "value", *bounded, "n_unscored"),
        on=key,
        how="full",
        coalesce=True,
        suffix="_subtrahend",
    )
    difference = pl.col("value") - pl.col("value_subtrahend")
    return sides.select(
        *key,
        value=difference,
        **{
            name: pl.col(name) - pl.col(f"{other}_subtrahend")
            for name, other in zip(bounded, reversed(bounded), strict=True)
        },
        control=pl.when(difference.is_not_null()).then("value_subtrahend"),
        n_unscored=pl.col("n_unscored").fill_null(0) + pl.col("n_unscored_subtrahend").fill_null(0),
    )
