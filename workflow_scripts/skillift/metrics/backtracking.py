r"""Does a response correct itself? The share of responses with at least one of `PATTERNS`.

The patterns are declared here and each is tested on what it finds and on what it must not find
(`tests/unit/metrics/test_metrics.py`). They are English phrases by which a text takes a step back: a metric
of form, which says nothing of whether the correction is right. The case of letters does not matter.
"""

from __future__ import annotations

import polars as pl

from skillift.metrics.claim import Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES

PATTERNS = (
    r"\bwait\b\s*[,.!:;…—–-]",  # Wait, that is not right
    r"\b(?:hold on|hang on)\b\s*[,.!:;…—–-]",
    r"\b(?:on second thought|scratch that|never ?mind)\b",
    r"\b(?:let me|let's|let us|i(?:'ll| will| should| need to| must)) "
    r"(?:re-?check|re-?do|re-?consider|re-?think|re-?calculate|re-?compute|re-?examine|re-?visit|try again|"
    r"start over|double[- ]check|back ?track|go back)\b",
    r"\b(?:i|we) (?:made|have made) (?:a|an|some) (?:\w+ )?(?:mistakes?|errors?|slips?)\b",
    r"\b(?:that|this)(?:'s| is| was) (?:quite )?(?:wrong|incorrect)\b",
    r"\b(?:that|this) (?:isn't|is not|wasn't|was not) (?:quite )?(?:right|correct)\b",
    r"\bcorrection\s*:",
    r"\bactually,\s+(?:no\b|that|this|it|the|i|we|let)",
)
_ANY = "(?i)" + "|".join(f"(?:{pattern})" for pattern in PATTERNS)


def measure(episodes: pl.DataFrame) -> pl.Series:
    """Whether each response holds one of the patterns."""
    plain = episodes["response"].str.replace_all("[\u2019\u02bc]", "'")
    return plain.str.contains(_ANY)


def values(samples: pl.DataFrame) -> pl.DataFrame:
    """The share of each task's responses that correct themselves."""
    return mean_of_samples(samples, pl.col("backtracking"))


METRIC = Metric(
    name="backtracking",
    label="self-correction",
    reads=(RESPONSES,),
    values=values,
    measure=measure,
    claims=(
        Claim(
            "more_backtracking",
            "after SFT more responses correct themselves (without the procedure)",
            "gain:none",
            metric="backtracking",
        ),
    ),
)
