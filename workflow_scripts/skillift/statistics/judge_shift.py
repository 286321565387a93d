"""How far the headlines move from one judge to another, and whether they still point the same way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import JUDGE_SHIFT
from skillift.statistics.coding import as_text
from skillift.statistics.contrasts import LIFT, Differences
from skillift.statistics.grouping import grouped
from skillift.statistics.intervals import clustered_estimates, least_variances
from skillift.statistics.mixed_paths import DELTA
from skillift.statistics.pairing import CELL
from skillift.statistics.path_audit import JUDGE_PREFIX
from skillift.statistics.seed_variance import about_recipes

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

HEADLINES = (DELTA, LIFT + DELTA)
_TASK = ["task_id", "skill_id"]
_PAIR = ["judge_a", "judge_b"]
ZERO = 1e-12


def judge_shift(found: Iterable[Differences], runs: list[DeclaredRun], confidence: float) -> pl.DataFrame:
    """The table JUDGE_SHIFT: a row for each headline, suite, student, run, step and pair of judges (a < b).

    estimate_a and estimate_b are the headline under each judge, each within its own path; shift is b - a, a
    second verdict on the same responses, with its standard error clustered by skill. All three are over the
    tasks that both judges scored in every arm. same_direction: both are positive, both negative or both
    zero. n_unscored counts the verdicts that either judge lacks. Of a recipe with several runs the row is
    the mean over its runs, its uncertainty with training-seed variance (`seed_variance`).

    Args:
        found: of `contrasts.differences`.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
    """
    by_judge = _by_judge(found)
    tables = [
        _shift(by_judge[a], by_judge[b], confidence).with_columns(judge_a=pl.lit(a), judge_b=pl.lit(b))
        for a, b in combinations(sorted(by_judge), 2)
    ]
    schema = {name: column.dtype.type for name, column in JUDGE_SHIFT.columns.items()}
    by = ["suite", "contrast", "judge_a", "judge_b"]
    whole = [about_recipes(table, runs, by, confidence, "shift") for table in tables]
    known = [table.select(list(schema)) for table in whole]
    return pl.concat([pl.DataFrame(schema=schema), *known]).sort(key_of(JUDGE_SHIFT))


def _by_judge(found: Iterable[Differences]) -> dict[str, pl.DataFrame]:
    """Task-level headlines of each judge: contrast, suite, student, run, step, task, value, n_unscored."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for contrast, cells, tasks in found:
        path: str = cells["path"][0] if cells.height else ""
        if contrast in HEADLINES and path.startswith(JUDGE_PREFIX):
            named = as_text(tasks.select("cell", *_TASK, "value", "n_unscored"))
            rows = named.join(cells.select("cell", *CELL), on="cell").drop("cell")
            judge = path.removeprefix(JUDGE_PREFIX)
            parts.setdefault(judge, []).append(rows.with_columns(contrast=pl.lit(contrast)))
    return {judge: pl.concat(frames) for judge, frames in parts.items()}


def _shift(a: pl.DataFrame, b: pl.DataFrame, confidence: float) -> pl.DataFrame:
    key = ["contrast", *CELL]
    sides = a.join(b, on=[*key, *_TASK], how="full", coalesce=True, suffix="_b").with_columns(
        shift=pl.col("value_b") - pl.col("value"),
        n_unscored=pl.col("n_unscored").fill_null(0) + pl.col("n_unscored_b").fill_null(0),
    )
    groups = grouped(sides, key, ("shift", "value", "value_b"))
    counts = groups.sums()
    of_shift, of_a, of_b = (
        clustered_estimates(groups.sums(values), counts, confidence, least_variances(groups, values))
        for values in groups.values.values()
    )
    parts = [
        groups.keys,
        of_shift.rename({"estimate": "shift"}),
        of_a.select(estimate_a="estimate"),
        of_b.select(estimate_b="estimate"),
    ]
    estimates = pl.concat(parts, how="horizontal")
    unscored = sides.group_by(key).agg(pl.col("n_unscored").sum())
    return estimates.join(unscored, on=key, how="left").with_columns(
        same_direction=_direction("estimate_a") == _direction("estimate_b")
    )


def _direction(name: str) -> pl.Expr:
    """-1, 0 or 1; a mean over runs may miss zero by rounding."""
    estimate = pl.col(name)
    rounded = pl.when(estimate.abs() <= ZERO).then(0.0).otherwise(estimate)
    return rounded.sign()
