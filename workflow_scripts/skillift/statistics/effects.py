"""Effects of conditions and of training: procedural deltas, gains and lifts, paired by task.

For every scoring path, suite, student, run and step, from the scores of all runs. The seeds of a recipe
are also averaged within task, as a row of their own whose `run` is the recipe's id.

| contrast | estimate |
|---|---|
| `curated-none` and its kin | pass(curated) - pass(none): for this pair, the procedural delta |
| `gain:<condition>` | pass after training - pass before, under one condition |
| `lift:<contrast>` | that contrast after training - the same before: a difference in differences |
"""

from __future__ import annotations

import polars as pl

from skillift.analysis_contracts import EFFECTS
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import CELL, paired_difference, task_values

BASE = "base"
CONTRASTS = (("curated", "none"), ("placebo", "none"), ("curated", "placebo"), ("curated", "shuffled"))


def contrast_name(treated: str, control: str) -> str:
    """The name of a contrast between two conditions, as in the column `contrast`."""
    return f"{treated}-{control}"


def effects(scores: pl.DataFrame, runs: list[dict], confidence: float) -> pl.DataFrame:
    """The table EFFECTS.

    Standard errors are clustered by skill (`intervals.clustered_mean`); those of a recipe's row are
    given its seeds: training-seed variance is not in them. The step of a recipe's row is the last of
    its runs.

    Args:
        scores: the frame of `pairing.with_skills`; run `base` holds each student before training.
        runs: `{student, run, recipe, seed}` of the trained runs.
        confidence: of the intervals, as a fraction.
    """
    values = task_values(scores)
    tables = [_effects_within(arms, runs, confidence) for arms in values.partition_by("path", "suite")]
    empty = pl.DataFrame(schema={name: column.dtype.type for name, column in EFFECTS.columns.items()})
    return pl.concat([empty, *tables]).sort("path", *CELL, "contrast")


def _effects_within(values: pl.DataFrame, runs: list[dict], confidence: float) -> pl.DataFrame:
    """EFFECTS of the arms of one path and suite; `values`: their rows of `task_values`."""
    members = _recipe_members(values, runs)
    measured = _with_recipe_means(_arms_and_contrasts(values), members)
    is_base = pl.col("run") == BASE
    before = measured.filter(is_base).drop("run", "step")
    cells = _cells(values, members)
    trained = cells.filter(~is_base).select(CELL)
    change = paired_difference(
        measured.filter(~is_base),
        before.join(trained, on=["suite", "student"]),
        cell=[*CELL, "contrast"],
    ).with_columns(contrast=_change_name())
    is_contrast = pl.col("contrast").str.contains("-", literal=True)
    differences = pl.concat([measured.filter(is_contrast), change.select(measured.columns)])

    key = [*CELL, "contrast"]
    estimates = clustered_means(differences, key, confidence)
    unscored = differences.group_by(key).agg(pl.col("n_unscored").sum())
    path = values["path"][0]
    return (
        _expected_rows(values, cells)
        .join(estimates, on=key, how="left")
        .join(unscored, on=key, how="left")
        .with_columns(pl.col("n_tasks", "n_skills", "n_unscored").fill_null(0), path=pl.lit(path))
        .select(list(EFFECTS.columns))
    )


def _change_name() -> pl.Expr:
    contrast = pl.col("contrast")
    prefix = (
        pl.when(contrast.str.contains("-", literal=True)).then(pl.lit("lift:")).otherwise(pl.lit("gain:"))
    )
    return prefix + contrast


def _conditions(values: pl.DataFrame) -> list[str]:
    return values["condition"].unique().sort().to_list()


def _contrasts(conditions: list[str]) -> list[tuple[str, str]]:
    return [pair for pair in CONTRASTS if set(pair) <= set(conditions)]


def _arms_and_contrasts(values: pl.DataFrame) -> pl.DataFrame:
    """Task values of every condition and of every contrast, told apart by the column `contrast`."""
    arms = {
        condition: values.filter(condition=condition).drop("condition") for condition in _conditions(values)
    }
    parts = [arm.with_columns(contrast=pl.lit(condition)) for condition, arm in arms.items()]
    for treated, control in _contrasts(list(arms)):
        difference = paired_difference(arms[treated], arms[control])
        parts.append(difference.with_columns(contrast=pl.lit(contrast_name(treated, control))))
    return pl.concat([part.select(parts[0].columns) for part in parts])


def _recipe_members(values: pl.DataFrame, runs: list[dict]) -> pl.DataFrame:
    """The last step of each run of a recipe that has two or more runs at a student.

    Returns suite, student, run, step, recipe, recipe_step (the largest of the last steps), n_runs.
    """
    names = {"student": pl.String, "run": pl.String, "recipe": pl.String}
    known = [
        {name: run.get(name) for name in names}
        for run in runs
        if run.get("run") != BASE and run.get("recipe")
    ]
    declared = pl.DataFrame(known, schema=names).unique()
    group = ["suite", "student", "recipe"]
    return (
        values.group_by("suite", "student", "run")
        .agg(pl.col("step").max())
        .join(declared, on=["student", "run"])
        .with_columns(
            recipe_step=pl.col("step").max().over(group), n_runs=pl.len().over(group).cast(pl.Int64)
        )
        .filter(pl.col("n_runs") >= 2)
    )


def _with_recipe_means(measured: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`measured` with rows for each recipe: its runs' values averaged within task, over the known ones."""
    means = (
        measured.join(members, on=CELL)
        .sort("run")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by(
            "path",
            "suite",
            "student",
            "recipe",
            "recipe_step",
            "contrast",
            "task_id",
            "skill_id",
            maintain_order=True,
        )
        .agg(pl.col("value").mean(), pl.col("n_unscored").sum())
        .rename({"recipe": "run", "recipe_step": "step"})
    )
    return pl.concat([measured, means.select(measured.columns)])


def _cells(values: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """suite, student, run, step, n_runs of every run and of every recipe with several."""
    runs = values.select(CELL).unique().with_columns(n_runs=pl.lit(1, dtype=pl.Int64))
    recipes = members.select(
        "suite", "student", pl.col("recipe").alias("run"), step="recipe_step", n_runs="n_runs"
    )
    return pl.concat([runs, recipes.unique()])


def _expected_rows(values: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """`cells` with every contrast that they are owed: a missing arm is a row without an estimate."""
    conditions = _conditions(values)
    contrasts = [contrast_name(*pair) for pair in _contrasts(conditions)]
    changes = [f"gain:{name}" for name in conditions] + [f"lift:{name}" for name in contrasts]
    is_base = pl.col("run") == BASE
    names = pl.DataFrame({"contrast": contrasts}, schema={"contrast": pl.String})
    change_names = pl.DataFrame({"contrast": changes}, schema={"contrast": pl.String})
    return pl.concat([cells.join(names, how="cross"), cells.filter(~is_base).join(change_names, how="cross")])
