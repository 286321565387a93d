"""Error rates of the judges on the cases of their certification, by kind of case and over all of them."""

from __future__ import annotations

import polars as pl

from skillift.contracts.analysis import CERTIFICATION_RATES
from skillift.statistics.intervals import wilson_interval

ALL_KINDS = "all"


def error_rates(certification: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The table CERTIFICATION_RATES: one row per judge, error and kind, and one over all kinds (`all`).

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
    both = pl.concat([cases, cases.with_columns(kind=pl.lit(ALL_KINDS))])
    rates = (
        both.group_by("judge", "error", "kind")
        .agg(
            n_cases=pl.len().cast(pl.Int64),
            n_unscored=pl.col("passed").is_null().sum().cast(pl.Int64),
            n_wrong=(pl.col("passed") != pl.col("expected")).sum().cast(pl.Int64),
        )
        .sort("judge", "error", "kind")
    )
    scored = rates["n_cases"] - rates["n_unscored"]
    low, high = wilson_interval(rates["n_wrong"].to_numpy(), scored.to_numpy(), confidence)
    known = scored > 0
    return rates.with_columns(
        rate=pl.when(known).then(rates["n_wrong"] / scored),
        ci_low=pl.when(known).then(pl.Series(low)),
        ci_high=pl.when(known).then(pl.Series(high)),
    ).select(list(CERTIFICATION_RATES.columns))
