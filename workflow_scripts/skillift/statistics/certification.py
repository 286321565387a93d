"""Error rates of the judges on the cases of their certification, by kind of case and over all of them."""

from __future__ import annotations

import polars as pl

from skillift.contracts.analysis import CERTIFICATION_RATES
from skillift.statistics.intervals import wilson_interval

ALL_KINDS = "all"
ALL_PARTS = "all"


def error_rates(certification: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The table CERTIFICATION_RATES: one row per judge, error, part of the suite and kind.

    There is also one over all kinds of each part, and one over both parts (kind and part `all`).

    A false pass is a pass of a case that must fail, a false fail the fail of one that must pass. Unscored
    cases are in no rate and counted. Intervals are Wilson's and take cases as independent; which kinds
    there are and how many cases each has is a choice of the suite, so the rate over all kinds describes
    that mix alone.

    Args:
        certification: rows of any number of judges, contract CERTIFICATION.
        confidence: of the intervals, as a fraction.
    """
    error = pl.when("expected").then(pl.lit("false_fail")).otherwise(pl.lit("false_pass"))
    cases = certification.with_columns(error=error)
    of_parts = cases.with_columns(kind=pl.lit(ALL_KINDS))
    every = pl.concat([cases, of_parts, of_parts.with_columns(part=pl.lit(ALL_PARTS))])
    rates = (
        every.group_by("judge", "error", "part", "kind")
        .agg(
            n_cases=pl.len().cast(pl.Int64),
            n_unscored=pl.col("passed").is_null().sum().cast(pl.Int64),
            n_wrong=(pl.col("passed") != pl.col("expected")).sum().cast(pl.Int64),
        )
        .sort("judge", "error", "part", "kind")
    )
    scored = rates["n_cases"] - rates["n_unscored"]
    low, high = wilson_interval(rates["n_wrong"].to_numpy(), scored.to_numpy(), confidence)
    known = scored > 0
    return rates.with_columns(
        rate=pl.when(known).then(rates["n_wrong"] / scored),
        ci_low=pl.when(known).then(pl.Series(low)),
        ci_high=pl.when(known).then(pl.Series(high)),
    ).select(list(CERTIFICATION_RATES.columns))
