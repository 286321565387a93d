"""How often each judge errs, run by run and condition by condition, on the episodes that have a label.

A judge that errs alike everywhere shrinks every effect; one that errs more under one condition, or more after
training, makes effects that are not there. Hence the rates of each arm.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import ALL_CONDITIONS, JUDGE_ERRORS
from skillift.statistics.intervals import wilson_interval
from skillift.statistics.pairing import CELL
from skillift.statistics.path_audit import JUDGE_PREFIX

_ARM = ["judge", *CELL, "condition"]
_CELLS = ("true_pass", "false_fail", "true_fail", "false_pass")
_COUNTS = (*_CELLS, "n_labelled", "n_unlabelled", "n_unscored")


def judge_errors(judged: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The table JUDGE_ERRORS: a row per judge, suite, student, run, step and condition, `all` among them.

    sensitivity is the share of the labelled passes that the judge passes, specificity that of the labelled
    fails that it fails, youden their sum - 1. Intervals are Wilson's and take episodes as independent. Null
    where there is no such episode. n_tasks and n_skills have a labelled episode with a verdict.

    Args:
        judged: the frame of `labels.judged_and_labelled`.
        confidence: of the intervals, as a fraction.
    """
    label, verdict = pl.col("label"), pl.col("passed")
    both = label.is_not_null() & verdict.is_not_null()
    by_task = (
        judged.with_columns(judge=pl.col("path").str.strip_prefix(JUDGE_PREFIX))
        .group_by(*_ARM, "task_id", "skill_id")
        .agg(
            true_pass=(label & verdict).sum(),
            false_fail=(label & ~verdict).sum(),
            true_fail=(~label & ~verdict).sum(),
            false_pass=(~label & verdict).sum(),
            n_labelled=both.sum(),
            n_unlabelled=label.is_null().sum(),
            n_unscored=(label.is_not_null() & verdict.is_null()).sum(),
        )
    )
    together = pl.concat([by_task, by_task.with_columns(condition=pl.lit(ALL_CONDITIONS))])
    known = pl.col("n_labelled") > 0
    counts = together.group_by(_ARM).agg(
        pl.col(_COUNTS).sum().cast(pl.Int64),
        *(
            pl.col(f"{name}_id").filter(known).n_unique().cast(pl.Int64).alias(f"n_{name}s")
            for name in ("task", "skill")
        ),
    )
    rates = _with_rate(counts, "sensitivity", "true_pass", "false_fail", confidence)
    rates = _with_rate(rates, "specificity", "true_fail", "false_pass", confidence)
    youden = pl.col("sensitivity") + pl.col("specificity") - 1
    return rates.with_columns(youden=youden).select(list(JUDGE_ERRORS.columns)).sort(key_of(JUDGE_ERRORS))


def _with_rate(counts: pl.DataFrame, name: str, right: str, wrong: str, confidence: float) -> pl.DataFrame:
    of = counts[right] + counts[wrong]
    low, high = wilson_interval(counts[right].to_numpy(), of.to_numpy(), confidence)
    limits = {f"{name}_low": pl.Series(low), f"{name}_high": pl.Series(high)}
    return counts.with_columns(
        pl.when(of > 0).then(counts[right] / of).alias(name),
        **{limit: values.cast(pl.Float64).fill_nan(None) for limit, values in limits.items()},
    )
