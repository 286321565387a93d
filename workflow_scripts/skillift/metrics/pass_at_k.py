"""How often at least one of k samples passes: what a sampling budget could buy with a perfect selector.

Of a task's n scored samples c pass; pass@k = 1 - C(n - c, k) / C(n, k) is the mean over all choices of k of
them, without bias (Chen et al., arXiv 2107.03374, equation 1). It needs n >= k samples that differ: of greedy
answers it would be the pass rate again, so a study with fewer samples than k has no such rows.
"""

from __future__ import annotations

from math import comb

import polars as pl

from skillift.metrics.metric import TASK_KEY, Metric
from skillift.metrics.names import VERDICTS

BUDGETS = (2, 4, 8, 16, 32, 64)


def pass_at(k: int, scored: int, passed: int) -> float | None:
    """pass@k of a task (a fraction); None with fewer than k scored samples."""
    return None if scored < k else 1 - comb(scored - passed, k) / comb(scored, k)


def values_at(k: int, samples: pl.DataFrame) -> pl.DataFrame:
    """pass@k of each task with k samples or more; a lost verdict may be a pass or a fail.

    Args:
        k: how many samples are drawn.
        samples: see `skillift.metrics.metric.mean_of_samples`.

    Returns:
        The same frame as that function, without rows where no task has k samples.
    """
    if samples["sample"].n_unique() < k:
        return samples.clear()
    passed = pl.col("passed")
    counts = (
        samples.group_by(TASK_KEY)
        .agg(
            scored=passed.count().cast(pl.Int64),
            passed=passed.sum().cast(pl.Int64),
            n_unscored=passed.null_count().cast(pl.Int64),
            n_samples=pl.len().cast(pl.Int64),
        )
        .filter(pl.col("n_samples") >= k)
    )
    lost = pl.col("n_unscored")
    return (
        counts.with_columns(
            value=_pass_at(k, pl.col("scored"), passed),
            low=_pass_at(k, pl.col("n_samples"), passed),
            high=_pass_at(k, pl.col("n_samples"), passed + lost),
        )
        .select(*TASK_KEY, "value", "low", "high", "n_unscored", "n_samples")
        .sort(TASK_KEY)
    )


def _pass_at(k: int, scored: pl.Expr, passed: pl.Expr) -> pl.Expr:
    """`pass_at` of each row; there are few pairs of counts, whatever the number of tasks."""
    return pl.struct(scored.alias("scored"), passed.alias("passed")).map_elements(
        lambda row: pass_at(k, row["scored"], row["passed"]), return_dtype=pl.Float64
    )


def _metric(k: int) -> Metric:
    return Metric(
        name=f"pass@{k}",
        label=f"at least one of {k} samples passes",
        reads=(VERDICTS,),
        values=lambda samples: values_at(k, samples),
        least_samples=k,
    )


METRICS = tuple(map(_metric, BUDGETS))
