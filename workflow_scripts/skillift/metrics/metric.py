"""What a metric is: a number that a task has in an arm, paired and clustered as pass rates are.

`pass` is the metric of the headlines and has no module: the share of a task's scored samples that pass
(`skillift.statistics.pairing.task_values`). All others are modules of this package, each with the constant
`METRIC`, or `METRICS` for a family; `skillift.metrics.registry` finds them. Contrasts, effects, seed
variance, claims, predictions and figures are made from their values as from those of `pass`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from skillift.contracts.pipeline import CELL
from skillift.metrics.claim import Claim
from skillift.metrics.names import PASS, SHARE
from skillift.protocols import of_protocol

TASK_KEY = ["path", *CELL, "condition", "task_id", "skill_id"]


class Metric(NamedTuple):
    """A number that a task has in an arm.

    Attributes:
        name: the column `metric` of the tables.
        label: what readers call it.
        reads: what it needs: `RESPONSES`, `VERDICTS`, or both, or `INTERVENED` alone. Without verdicts it
            stands on the path `text`, with verdicts on each path.
        values: from samples to values of tasks, see `mean_of_samples` for both frames.
        unit: `SHARE` where values are fractions of 1; else the unit's name in the plural, such as `tokens`.
        signed: whether values may be below 0, as differences of shares are. Other shares are between 0 and
            1, and so are the intervals of their means.
        measure: what is taken from the texts while these are at hand: from a frame of the contract EPISODES
            with the columns answer_type and checks (the reference of a task with the scorer constraints),
            null where tasks are not at hand, to one number a row, null where there is none.
        column: where `values` finds what was measured; that of the metric's name where it is empty. Metrics
            of one column are measured once.
        claims: what is claimed of it; each is a family of its own.
        least_samples: of a task; with fewer there is no such number.
        needs: the key of `inference` without which there is no such number; empty where there is none.
    """

    name: str
    label: str
    reads: tuple[str, ...]
    values: Callable[[pl.DataFrame], pl.DataFrame]
    unit: str = SHARE
    signed: bool = False
    measure: Callable[[pl.DataFrame], pl.Series] | None = None
    column: str = ""
    claims: tuple[Claim, ...] = ()
    least_samples: int = 1
    needs: str = ""


def mean_of_samples(
    samples: pl.DataFrame,
    value: pl.Expr,
    low: pl.Expr | None = None,
    high: pl.Expr | None = None,
) -> pl.DataFrame:
    """Values of tasks as means over their samples.

    Args:
        samples: path, suite, student, run, step, condition, task_id, skill_id, scorer, sample; of answers
            after interventions, several a sample, kind, cut, status and same; with responses
            has_answer_line, different_lines, completion_tokens and a column of each metric that has
            `measure`, without verdicts also expected, where tasks have it; with verdicts passed (null: no
            verdict).
        value: of a sample; null where it has none, which counts as unscored.
        low, high: the least and the most that it could be; its own value where they are left out, and 0 to 1
            is never assumed.

    Returns:
        The frame of `skillift.statistics.pairing.task_values`: `TASK_KEY`, value, low, high, n_unscored,
        n_samples.
    """
    number = value.cast(pl.Float64)
    low, high = (number if end is None else end.cast(pl.Float64) for end in (low, high))
    return (
        samples.group_by(TASK_KEY)
        .agg(
            value=number.mean(),
            low=low.mean(),
            high=high.mean(),
            n_unscored=number.is_null().sum().cast(pl.Int64),
            n_samples=pl.len().cast(pl.Int64),
        )
        .sort("path", *CELL, "condition", "task_id")
    )


def of_metric(table: pl.DataFrame, metric: str = PASS) -> pl.DataFrame:
    """The rows of one metric, of the protocol `main`; a table that has neither as it is."""
    table = of_protocol(table)
    return table.filter(metric=metric) if "metric" in table.columns else table
