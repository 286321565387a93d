"""Worst-case bounds: how far unscored episodes could move each effect, whatever their verdicts would be.

Estimates leave unscored episodes out, which is right only if they would pass as often as the others. The
bounds assume nothing: every unscored episode takes the verdict that lowers the effect most, then the one
that raises it most (Horowitz and Manski, "Nonparametric analysis of randomized experiments with missing
covariate and outcome data", Journal of the American Statistical Association 95 (2000); Manski,
"Nonparametric bounds on treatment effects", American Economic Review 80 (1990)).
"""

from __future__ import annotations

import polars as pl

from skillift.audit_contracts import BOUNDS
from skillift.contracts import key_of
from skillift.statistics.contrasts import BASE, CONTRASTS, LIFT, contrast_name, recipe_members
from skillift.statistics.grouping import grouped
from skillift.statistics.intervals import clustered_estimates, clustered_means
from skillift.statistics.pairing import CELL

_TASK = ["task_id", "skill_id"]
_COUNTS = ["n_unscored", "n_episodes"]
_ROW = ["path", *CELL]


def bounds(values: pl.DataFrame, runs: list[dict], confidence: float) -> pl.DataFrame:
    """The table BOUNDS: every contrast of two conditions, and its lift.

    bound_low of a contrast counts the unscored episodes of the condition that is subtracted from as fails
    and those of the subtracted one as passes, bound_high the other way; in a lift the delta before training
    takes the opposite. Both are over all tasks with an episode in every arm, scored or not (n_tasks), and
    ci_low to ci_high reaches from the lower limit of the interval of bound_low to the upper one of
    bound_high, clustered by skill. estimate is that of the table EFFECTS, over the scored tasks alone; with
    every episode scored the bounds are equal to it.

    Args:
        values: the frame of `pairing.task_values`; run `base` holds each student before training.
        runs: `{student, run, recipe, seed}` of the trained runs.
        confidence: of the intervals, as a fraction.
    """
    arms = _imputed(values)
    members = recipe_members(values, runs)
    conditions = set(values["condition"])
    tables = []
    for treated, control in CONTRASTS:
        if {treated, control} <= conditions:
            name = contrast_name(treated, control)
            sides = (arms.filter(condition=condition).drop("condition") for condition in (treated, control))
            deltas = _with_recipe_means(_difference(*sides, [*_ROW, *_TASK]), members)
            tables.append(_estimates(deltas, name, confidence))
            tables.append(_estimates(_lifts(deltas), LIFT + name, confidence))
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in BOUNDS.columns.items()})
    return pl.concat([empty, *tables]).sort(key_of(BOUNDS))


def _imputed(values: pl.DataFrame) -> pl.DataFrame:
    """Task values with every unscored sample as a fail (`low`) and as a pass (`high`)."""
    samples, unscored = pl.col("n_samples"), pl.col("n_unscored")
    passes = pl.col("value").fill_null(0.0) * (samples - unscored)
    low, high = passes / samples, (passes + unscored) / samples
    key = [*_ROW, "condition", *_TASK]
    return values.select(*key, "value", "n_unscored", low=low, high=high, n_episodes=samples)


def _difference(minuend: pl.DataFrame, subtrahend: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """minuend - subtrahend on the tasks of both: value, its least (`low`) and its greatest (`high`).

    Equal paths are part of `key`, so the subtraction stays within one.
    """
    sides = minuend.join(subtrahend, on=key, suffix="_other")
    return sides.select(
        *minuend.select(*_ROW, *_TASK).columns,
        value=pl.col("value") - pl.col("value_other"),
        low=pl.col("low") - pl.col("high_other"),
        high=pl.col("high") - pl.col("low_other"),
        **{name: pl.col(name) + pl.col(f"{name}_other") for name in _COUNTS},
    )


def _lifts(deltas: pl.DataFrame) -> pl.DataFrame:
    before = deltas.filter(pl.col("run") == BASE).drop("run", "step")
    return _difference(deltas.filter(pl.col("run") != BASE), before, ["path", "suite", "student", *_TASK])


def _with_recipe_means(deltas: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`deltas` with the means over the runs of each recipe, as in `contrasts`."""
    means = (
        deltas.join(members, on=CELL)
        .sort("run")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by("path", "suite", "student", "recipe", "recipe_step", *_TASK, maintain_order=True)
        .agg(pl.col("value", "low", "high").mean(), pl.col(_COUNTS).sum())
        .rename({"recipe": "run", "recipe_step": "step"})
    )
    return pl.concat([deltas, means.select(deltas.columns)])


def _estimates(tasks: pl.DataFrame, contrast: str, confidence: float) -> pl.DataFrame:
    groups = grouped(tasks, _ROW, ("low", "high"))
    counts = groups.sums()
    low, high = (
        clustered_estimates(groups.sums(values), counts, confidence) for values in groups.values.values()
    )
    limits = [
        groups.keys,
        low.select("ci_low", "n_tasks", "n_skills", bound_low="estimate"),
        high.select("ci_high", bound_high="estimate"),
    ]
    found = pl.concat(limits, how="horizontal").with_columns(contrast=pl.lit(contrast))
    scored = clustered_means(tasks, _ROW, confidence).select(*_ROW, "estimate")
    totals = tasks.group_by(_ROW).agg(pl.col(_COUNTS).sum())
    joined = found.join(scored, on=_ROW, how="left").join(totals, on=_ROW, how="left")
    return joined.select(list(BOUNDS.columns))
