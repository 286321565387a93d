"""The values of every metric but `pass`, task by task: from verdicts and responses to frames that pair."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from skillift.contracts.pipeline import CELL
from skillift.metrics.metric import TASK_KEY, Metric
from skillift.metrics.names import INTERVENED, RESPONSES, TEXT, VERDICTS
from skillift.metrics.registry import metrics
from skillift.statistics.pairing import by_parents_skill

_SAMPLE = [*CELL, "condition", "task_id", "sample"]
_NUMBERS = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64}
_OF_TASKS = ("task_id", "skill_id", "scorer")
_COUNTS = {"n_unscored": pl.Int64, "n_samples": pl.Int64}


def metric_values(
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    response_frame: pl.DataFrame,
    intervened: pl.DataFrame | None = None,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Name and task values of each metric that the data allow, as `pairing.task_values` has those of `pass`.

    A metric that reads responses, or answers after interventions, has no values where these are not at hand.

    Args:
        scores: the frame of `pairing.with_skills`.
        tasks: contract TASKS.
        response_frame: the frames of `pass_rates.responses` of all runs, or without rows.
        intervened: the frame of `interventions.interventions_of`.

    Raises:
        ValueError: a metric's values do not have the columns of `pairing.task_values`.
    """
    samples = _Samples(scores, tasks, response_frame, intervened)
    for name, metric in metrics().items():
        if RESPONSES in metric.reads and response_frame.is_empty():
            continue
        if INTERVENED in metric.reads and intervened is None:
            continue
        if metric.measure and (metric.column or name) not in response_frame.columns:
            continue
        values = metric.values(samples.read_by(metric))
        if values.height:
            yield name, _checked(name, values)


class _Samples:
    """What metrics read, each joined once."""

    def __init__(
        self,
        scores: pl.DataFrame,
        tasks: pl.DataFrame,
        response_frame: pl.DataFrame,
        intervened: pl.DataFrame | None,
    ) -> None:
        self._scores, self._tasks, self._responses = scores, tasks, response_frame
        self._intervened = intervened
        self._made: dict[tuple[str, ...], pl.DataFrame] = {}

    def read_by(self, metric: Metric) -> pl.DataFrame:
        kinds = tuple(sorted(metric.reads))
        if kinds not in self._made:
            self._made[kinds] = self._read(*kinds)
        return self._made[kinds]

    def _read(self, *kinds: str) -> pl.DataFrame:
        if kinds == (INTERVENED,) and self._intervened is not None:
            return self._of_texts(self._intervened)
        if RESPONSES not in kinds:
            return self._scores
        if VERDICTS in kinds:
            return self._scores.join(self._responses, on=_SAMPLE, how="inner")
        return self._of_texts(self._responses)

    def _of_texts(self, frame: pl.DataFrame) -> pl.DataFrame:
        tasks = by_parents_skill(self._tasks)
        known = tasks.select(name for name in (*_OF_TASKS, "expected") if name in tasks.columns)
        return frame.join(known, on="task_id", how="inner").with_columns(path=pl.lit(TEXT))


def _checked(name: str, values: pl.DataFrame) -> pl.DataFrame:
    expected = {**dict.fromkeys(TASK_KEY, pl.String), "step": pl.Int64, **_NUMBERS, **_COUNTS}
    if dict(values.schema) != expected:
        raise ValueError(f"values of the metric {name}: {dict(values.schema)}, expected {expected}")
    return values.with_columns(pl.col(pl.Float64).fill_nan(None)).sort(TASK_KEY)
