"""How far form is ahead of correctness: the share of responses in form less the share that pass.

On the path of a judge, which can pass an answer without an ANSWER line; on `bench` what passes is in form by
definition. Its gain is gain(format) - gain(pass), sample by sample on the same verdicts, so that both have
the same tasks. Above 0, SFT added more form than right answers; which of the two came first it does not tell.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.pipeline import EXTRACTED
from skillift.metrics.claim import Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES, VERDICTS


def values(samples: pl.DataFrame) -> pl.DataFrame:
    """In form less passed, of the samples with a verdict; a missing one may be either."""
    judged = samples.filter(pl.col("path").str.starts_with("judge:"), pl.col("scorer").is_in(EXTRACTED))
    in_form, passed = (pl.col(name).cast(pl.Float64) for name in ("has_answer_line", "passed"))
    return mean_of_samples(
        judged, in_form - passed, in_form - passed.fill_null(1.0), in_form - passed.fill_null(0.0)
    )


METRIC = Metric(
    name="format_lead",
    label="in form less right",
    reads=(RESPONSES, VERDICTS),
    values=values,
    signed=True,
    claims=(
        Claim(
            "format_before_correctness",
            "SFT adds more form than right answers (gain in form above that in passes, under none)",
            "gain:none",
            metric="format_lead",
        ),
    ),
)
