"""Does a student know when it is right? Its confidence in an answer, against whether that passes.

The confidence is exp(mean log-probability of the answer's tokens), the geometric mean of their probabilities
before temperature and top_p change them. `confidence_gap` is confidence less pass: above 0 a student is surer
than it is right. `brier` is the square of that, for each answer (Brier, Monthly Weather Review 78, 1950): 0
is best, and what says 0.5 of everything has 0.25. Both need `inference.log_probabilities`; an empty answer
has no confidence and counts as unscored, and episodes that were made without them give no rows.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES, VERDICTS

COLUMN = "confidence"
NEEDS = "log_probabilities"  # of `inference`


def measure(episodes: pl.DataFrame) -> pl.Series:
    """The confidence of each answer (fraction); null where its log-probabilities were not kept."""
    if "mean_log_probability" not in episodes.columns:
        return pl.Series(COLUMN, [None] * episodes.height, dtype=pl.Float64)
    return episodes["mean_log_probability"].exp().alias(COLUMN)


def _values(distance: Callable[[pl.Expr], pl.Expr], samples: pl.DataFrame) -> pl.DataFrame:
    """The mean over a task's samples; a lost verdict may be a pass or a fail."""
    if samples[COLUMN].is_null().all():
        return samples.clear()
    confidence, passed = pl.col(COLUMN), pl.col("passed").cast(pl.Float64)
    if_failed, if_passed = (distance(confidence - passed.fill_null(missing)) for missing in (0.0, 1.0))
    return mean_of_samples(
        samples,
        distance(confidence - passed),
        pl.min_horizontal(if_failed, if_passed),
        pl.max_horizontal(if_failed, if_passed),
    )


METRICS = (
    Metric(
        name="confidence_gap",
        label="confidence less pass",
        reads=(RESPONSES, VERDICTS),
        values=lambda samples: _values(lambda difference: difference, samples),
        signed=True,
        measure=measure,
        column=COLUMN,
        needs=NEEDS,
    ),
    Metric(
        name="brier",
        label="Brier score of the confidence",
        reads=(RESPONSES, VERDICTS),
        values=lambda samples: _values(lambda difference: difference**2, samples),
        measure=measure,
        column=COLUMN,
        needs=NEEDS,
    ),
)
