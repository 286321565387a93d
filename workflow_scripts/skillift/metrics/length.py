"""How many tokens a response has: do students learn a procedure, or to write more?

Strong base models are held to take procedures over, weak ones to imitate their length (arXiv 2604.06628).
"""

from __future__ import annotations

import polars as pl

from skillift.metrics.claim import Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES


def values(samples: pl.DataFrame) -> pl.DataFrame:
    """Completion tokens of each task, mean over its samples."""
    return mean_of_samples(samples, pl.col("completion_tokens"))


METRIC = Metric(
    name="length",
    label="length of the response",
    reads=(RESPONSES,),
    values=values,
    unit="tokens",
    claims=(
        Claim(
            "longer_answers",
            "SFT makes responses longer (tokens, without the procedure)",
            "gain:none",
            metric="length",
        ),
    ),
)
