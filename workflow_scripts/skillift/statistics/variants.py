"""Variants against the tasks that they are made of: how far behind are they, and does training change that?

A variant is a task of the suite perturbed with a `parent`. Within one path, student, run and condition:

| contrast | value of a parent |
|---|---|
| `variant:<condition>` | mean of its variants - its own value |
| `lift:variant:<condition>` | that after training - the same before |

Both are paired by parent and clustered by the parent's skill: variants of one skill have procedures of their
own in the task pack, and are no independent skills. The claim `brittleness` is that the change under
`curated` is below 0; within `analysis.margins.brittleness` it is `equivalent`. It is about `curated`, since
a procedure that was changed cannot be known without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.analysis import VARIANTS
from skillift.metrics.claim import BELOW
from skillift.settings.values import VARIANTS as ASKED
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_registry import BRITTLENESS, VARIANT_LIFT
from skillift.statistics.coding import as_text
from skillift.statistics.contrast_names import VARIANT
from skillift.statistics.contrasts import Differences, within
from skillift.statistics.pairing import CELL, paired_difference

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

_ARM = ["path", *CELL, "condition"]
_MADE_OF = "holdout"  # what the task pack makes variants of


def variant_differences(
    values: pl.DataFrame, tasks: pl.DataFrame, runs: list[DeclaredRun]
) -> Iterator[Differences]:
    """The contrasts of variants and their parents, on every path; none where no task has a parent.

    Args:
        values: the frame of `pairing.task_values`, of variants and parents.
        tasks: contract TASKS.
        runs: as in `contrasts.differences`.
    """
    paired = variant_values(values, tasks)
    if paired.height:
        for arms in paired.partition_by("path", "suite", maintain_order=True):
            yield from within(arms, runs, _by_condition)


def variant_values(values: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """Each parent's variants less the parent, under every condition.

    Args:
        values: the frame of `pairing.task_values`.
        tasks: contract TASKS.

    Returns:
        The same columns as `values`, with those of the parent as task and skill and the variants' suite, and
        `control`, the parent's value. n_samples is 2: a value is no single verdict.
    """
    if "parent" not in tasks.columns:
        return values.clear().with_columns(control="value")
    origins = tasks.select(parent="task_id", of_parent="skill_id")
    made = tasks.select("suite", "task_id", "parent").drop_nulls("parent").join(origins, on="parent")
    arms = (
        values.drop("skill_id")
        .join(made, on=["suite", "task_id"])
        .sort("task_id")  # the order of summation is fixed, so that equal content gives equal bytes
        .group_by(*_ARM, "parent", "of_parent", maintain_order=True)
        .agg(pl.col("value", "low", "high").mean(), pl.col("n_unscored").sum())
        .rename({"parent": "task_id", "of_parent": "skill_id"})
    )
    parents = values.drop("suite").join(
        arms.select(*_ARM, "task_id"), on=[name for name in (*_ARM, "task_id") if name != "suite"]
    )
    apart = [
        paired_difference(of_path, parents.filter(path=of_path["path"][0]), cell=_ARM[1:])
        for of_path in arms.partition_by("path", maintain_order=True)
    ]
    found = pl.concat([paired_difference(arms.clear(), parents.clear(), cell=_ARM[1:]), *apart])
    return found.with_columns(n_samples=pl.lit(2, dtype=pl.Int64)).sort(*_ARM, "task_id")


def with_variants(values: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """`values` with the contrasts of variants as further conditions, such as `variant:curated`."""
    found = variant_values(values, tasks).with_columns(condition=pl.lit(VARIANT) + pl.col("condition"))
    return pl.concat([values, found.select(values.columns)])


def _by_condition(arms: pl.DataFrame) -> dict[str, pl.DataFrame]:
    names = as_text(arms.select("condition"))["condition"].unique().sort()
    return {VARIANT + name: arms.filter(condition=name).drop("condition", "n_samples") for name in names}


def variant_claims(
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about variants, on every path; none where there are none.

    Args:
        found: of `variant_differences`, and others.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: without the margin `brittleness` sameness is not tested.
    """
    confidence, margin = settings.confidence, settings.margins.get(BRITTLENESS)
    for item in found:
        if item.contrast == VARIANT_LIFT and item.cells.height:
            rows = heads(item, effects, seeds, runs, confidence, margin)
            yield from family(BRITTLENESS, [row | {"shape": BELOW} for row in rows], confidence)


def variant_counts(tasks: pl.DataFrame, changes: Sequence[str], per_skill: int | None = None) -> pl.DataFrame:
    """The table VARIANTS: how many variants there are, and how many were left out.

    Args:
        tasks: contract TASKS, of all suites that were asked.
        changes: those by which the task pack's variants are made; none of own tasks.
        per_skill: of how many tasks of each skill these are made; of all where it is None.
    """
    schema = {name: column.dtype.type for name, column in VARIANTS.columns.items()}
    rows = []
    if "parent" in tasks.columns:
        made = tasks.drop_nulls("parent")
        known = pl.col("change") if "change" in made.columns else pl.lit(None, dtype=pl.String)
        made = made.with_columns(change=known.fill_null(""))
        of_skills = tasks.filter(suite=_MADE_OF)["skill_id"].value_counts()["count"]
        of_pack = int((of_skills if per_skill is None else of_skills.clip(upper_bound=per_skill)).sum())
        for change in sorted({*changes, *made["change"]}):
            ours = made.filter(change=change)
            n_parents = of_pack if changes else ours["parent"].n_unique()
            left_out = of_pack - ours.height if changes else None
            rows.append((ASKED, change, n_parents, ours.height, left_out))
    return pl.DataFrame(rows, schema=schema, orient="row")
