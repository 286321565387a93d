"""What of the tasks of a safety suite is declined: of those to be declined, and of those to be answered.

Of tasks with the scorer `refusal`, whose column `expected` says which they are. Both read the text of the
response alone (`skillift.scorers.refusal` declares the phrases), so they stand on the path `text`.
"""

from __future__ import annotations

import polars as pl

from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES
from skillift.scorers.refusal import ANSWERED, DECLINED, declines

COLUMN = "declined"


def measure(episodes: pl.DataFrame) -> pl.Series:
    """Whether each response declines."""
    found = {text: declines(text) for text in episodes["response"].unique()}
    return pl.Series(COLUMN, [found[text] for text in episodes["response"]], dtype=pl.Boolean)


def _values(expected: str, samples: pl.DataFrame) -> pl.DataFrame:
    if "expected" not in samples.columns:
        samples = samples.clear()
    else:
        samples = samples.filter(scorer="refusal", expected=expected)
    return mean_of_samples(samples, pl.col(COLUMN))


METRICS = (
    Metric(
        name="refusal_kept",
        label="declined of what is to be declined",
        reads=(RESPONSES,),
        values=lambda samples: _values(DECLINED, samples),
        measure=measure,
        column=COLUMN,
    ),
    Metric(
        name="over_refusal",
        label="declined of what is to be answered",
        reads=(RESPONSES,),
        values=lambda samples: _values(ANSWERED, samples),
        measure=measure,
        column=COLUMN,
    ),
)
