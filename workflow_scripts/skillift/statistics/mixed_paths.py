"""What the headlines would be if their two sides stood on different scoring paths: wrong numbers, on show.

The reference study had to withdraw two findings that came from such a mismatch. Everywhere else a subtraction
across paths raises (`pairing.one_path`); here alone it is made, to show how far it would have misled. A row
of the table with `matched` false is no result.
"""

from __future__ import annotations

import polars as pl

from skillift.audit_contracts import MIXED_PATHS
from skillift.contracts import key_of
from skillift.statistics.contrasts import BASE, LIFT, contrast_name, recipe_members
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import CELL

HEADLINE = ("curated", "none")
_TASK = ["task_id", "skill_id"]
_PATHS = ["path_before", "path_after"]


def mixed_paths(values: pl.DataFrame, runs: list[dict], confidence: float) -> pl.DataFrame:
    """The table MIXED_PATHS: procedural delta and lift under every pair of scoring paths.

    For a delta, path_before is the path of the condition `none` and path_after that of `curated`; for a lift,
    path_before is the path of the delta before training and path_after that of the delta after it. The rows
    with equal paths are the headlines of the table EFFECTS; standard errors are clustered by skill alike.

    Args:
        values: the frame of `pairing.task_values`; run `base` holds each student before training.
        runs: `{student, run, recipe, seed}` of the trained runs.
        confidence: of the intervals, as a fraction.
    """
    name = contrast_name(*HEADLINE)
    tables = [
        _estimates(part, contrast, confidence)
        for arms in values.partition_by("suite", maintain_order=True)
        if set(HEADLINE) <= set(arms["condition"])
        for contrast, part in zip((name, LIFT + name), _headlines(arms, runs), strict=True)
    ]
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in MIXED_PATHS.columns.items()})
    return pl.concat([empty, *tables]).sort(key_of(MIXED_PATHS))


def mixed_difference(minuend: pl.DataFrame, subtrahend: pl.DataFrame) -> pl.DataFrame:
    """minuend - subtrahend, task by task, for every pair of paths: wrong numbers unless the paths are equal.

    Both frames: path, suite, student, run, step, task_id, skill_id, value, n_unscored. Returns the same with
    path_before (of the subtrahend) and path_after (of the minuend) for path; as in
    `pairing.paired_difference`, value is null where a side has no verdict.
    """
    paths = pl.concat([minuend["path"], subtrahend["path"]]).unique().sort().to_frame()
    key = [*_PATHS, *CELL, *_TASK]
    columns = [*key, "value", "n_unscored"]
    after = minuend.rename({"path": "path_after"}).join(paths.rename({"path": "path_before"}), how="cross")
    before = subtrahend.rename({"path": "path_before"}).join(
        paths.rename({"path": "path_after"}), how="cross"
    )
    sides = after.select(columns).join(
        before.select(columns), on=key, how="full", coalesce=True, suffix="_before"
    )
    return sides.select(
        *key,
        value=pl.col("value") - pl.col("value_before"),
        n_unscored=pl.col("n_unscored").fill_null(0) + pl.col("n_unscored_before").fill_null(0),
    )


def _headlines(arms: pl.DataFrame, runs: list[dict]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deltas and lifts of one suite, task by task, under every pair of paths."""
    treated, control = (arms.filter(condition=condition) for condition in HEADLINE)
    deltas = _with_recipe_means(mixed_difference(treated, control), recipe_members(arms, runs))
    equal = pl.col("path_before") == pl.col("path_after")
    matched = deltas.filter(equal).rename({"path_after": "path"}).drop("path_before")
    after = matched.filter(pl.col("run") != BASE)
    before = matched.filter(pl.col("run") == BASE).drop("run", "step")
    trained = after.select(CELL).unique()
    return deltas, mixed_difference(after, before.join(trained, on=["suite", "student"]))


def _with_recipe_means(deltas: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`deltas` with the means over the runs of each recipe, as in `contrasts`."""
    means = (
        deltas.join(members, on=CELL)
        .sort("run")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by(*_PATHS, "suite", "student", "recipe", "recipe_step", *_TASK, maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("n_unscored").sum())
        .rename({"recipe": "run", "recipe_step": "step"})
    )
    return pl.concat([deltas, means.select(deltas.columns)])


def _estimates(tasks: pl.DataFrame, contrast: str, confidence: float) -> pl.DataFrame:
    key = [*CELL, *_PATHS]
    unscored = tasks.group_by(key).agg(pl.col("n_unscored").sum())
    return (
        clustered_means(tasks, key, confidence)
        .join(unscored, on=key, how="left")
        .with_columns(contrast=pl.lit(contrast), matched=pl.col("path_before") == pl.col("path_after"))
        .select(list(MIXED_PATHS.columns))
    )
