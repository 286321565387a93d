"""Does a response have the form that was asked for: an answer that the extractor reads?

Of tasks with a deterministic extractor (an ANSWER line, a call in JSON, a regular expression); the others ask
for no form.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.pipeline import EXTRACTED
from skillift.metrics.claim import Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES


def values(samples: pl.DataFrame) -> pl.DataFrame:
    """The share of each task's responses in form."""
    return mean_of_samples(samples.filter(pl.col("scorer").is_in(EXTRACTED)), pl.col("has_answer_line"))


METRIC = Metric(
    name="format",
    label="response in form",
    reads=(RESPONSES,),
    values=values,
    claims=(
        Claim(
            "preference_in_form",
            "it gives responses in form more lift, too",
            "lift:curated-none",
            "recipes",
            metric="format",
        ),
        Claim(
            "reward_in_form",
            "rewards give responses in form more lift, too",
            "lift:curated-none",
            "recipes",
            metric="format",
        ),
        Claim(
            "pretraining_scale_in_form",
            "with one training, a larger model answers in form more often than a smaller one (under none)",
            "none",
            "recipes",
            metric="format",
        ),
        Claim(
            "finetuning_scale_in_form",
            "a large model answers in form more often after its own training than with a small one's",
            "none",
            "recipes",
            metric="format",
        ),
    ),
)
