"""Pass rates of single arms, and what the responses looked like: ANSWER lines and lengths.

Verdicts come from the scores, responses from the episodes of each run.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.analysis import PASS_RATES
from skillift.contracts.pipeline import EPISODE_KEY, EXTRACTED
from skillift.metrics.names import PASS, SHARE
from skillift.metrics.registry import measures, metrics
from skillift.protocols import PROTOCOL, of_protocol, protocols_in, with_protocol
from skillift.statistics.coding import as_text, coded
from skillift.statistics.grouping import grouped
from skillift.statistics.intervals import clustered_estimates, clustered_rate_interval
from skillift.statistics.pairing import CELL

RESPONSE_SCHEMA = {
    "student": pl.String,
    "run": pl.String,
    "step": pl.Int64,
    "suite": pl.String,
    "condition": pl.String,
    "task_id": pl.String,
    "sample": pl.Int64,
    "has_answer_line": pl.Boolean,
    "different_lines": pl.Boolean,
    "completion_tokens": pl.Int64,
    "cut_off": pl.Boolean,
}


def response_schema() -> dict:
    """`RESPONSE_SCHEMA`, and a column of numbers for each metric that is measured on texts."""
    return RESPONSE_SCHEMA | dict.fromkeys(measures(), pl.Float64)


def responses(
    episodes: pl.DataFrame, student: str, run: str, tasks: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What the analysis needs of one run's episodes, without the texts.

    Args:
        episodes: contract EPISODES.
        student, run: whose they are.
        tasks: contract TASKS; without it, what compares answers with each other is not measured.

    Returns:
        `response_schema`, and the protocol where there is any; has_answer_line: the extractor finds a final
        ANSWER line, or what a task with another form asks for in its place; different_lines: it finds several
        that do not say the same; cut_off: the limit of tokens ended the answer.
    """
    if PROTOCOL in episodes.columns:  # what compares answers does so within one
        parts = [
            with_protocol(responses(of_protocol(episodes, name), student, run, tasks), str(name))
            for name in protocols_in(episodes)
        ]
        return pl.concat(parts)

    from skillift.judging.forms import in_form
    from skillift.scorers.answer_line import extract_answer, has_different_lines

    texts = episodes["response"].unique()
    lines = pl.DataFrame(
        {
            "response": texts,
            "has_answer_line": [extract_answer(text) is not None for text in texts],
            "different_lines": [has_different_lines(text) for text in texts],
        },
        schema={"response": pl.String, "has_answer_line": pl.Boolean, "different_lines": pl.Boolean},
    )
    forms = {} if tasks is None else _other_forms(tasks)
    types = {} if tasks is None else dict(tasks.select("task_id", "answer_type").iter_rows())
    answer_type = pl.col("task_id").replace_strict(types, default=None, return_dtype=pl.String)
    constrained = {} if tasks is None else _checks(tasks)
    checks = pl.col("task_id").replace_strict(constrained, default=None, return_dtype=pl.String)
    asked = episodes.with_columns(answer_type=answer_type, checks=checks)
    kept = pl.Series(
        [
            in_form(text, *forms[task_id]) if task_id in forms else None
            for task_id, text in episodes.select("task_id", "response").iter_rows()
        ]
        if forms
        else [None] * episodes.height,
        dtype=pl.Boolean,
    )
    measured = {name: measure(asked).cast(pl.Float64) for name, measure in measures().items()}
    ended = (pl.col("finish_reason") == "length").alias("cut_off")
    return (
        episodes.select(*EPISODE_KEY, "response", "completion_tokens", ended)
        .with_columns(**measured)
        .join(lines, on="response", how="left", maintain_order="left")
        .with_columns(
            student=pl.lit(student),
            run=pl.lit(run),
            has_answer_line=pl.coalesce(kept, "has_answer_line"),
            different_lines=pl.col("different_lines") & kept.is_null(),
        )
        .select(list(response_schema()))
    )


def _other_forms(tasks: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    """Scorer and pattern of each task that asks for another form than an ANSWER line."""
    others = tasks.filter(pl.col("scorer").is_in(EXTRACTED), pl.col("scorer") != "answer_line")
    pattern = pl.col("pattern") if "pattern" in tasks.columns else pl.lit(None, dtype=pl.String)
    rows = others.select("task_id", "scorer", pattern=pattern).iter_rows()
    return {task_id: (scorer, found) for task_id, scorer, found in rows}


def _checks(tasks: pl.DataFrame) -> dict[str, str]:
    """The reference of each task with the scorer constraints, the checks of steps of those that have any."""
    found = dict(tasks.filter(scorer="constraints").select("task_id", "reference").iter_rows())
    if "checks" in tasks.columns:
        found |= dict(tasks.drop_nulls("checks").select("task_id", "checks").iter_rows())
    return found


def _is_a_share(metric: str) -> bool:
    """Whether the values of a metric are between 0 and 1."""
    found = metrics().get(metric)
    return metric == PASS or (found is not None and found.unit == SHARE and not found.signed)


def no_responses() -> pl.DataFrame:
    """The frame of `responses` without rows: where episodes are not at hand, what rests on them is null."""
    return pl.DataFrame(schema=response_schema())


def pass_rates(
    values: pl.DataFrame, response_frame: pl.DataFrame, confidence: float, metric: str = PASS
) -> pl.DataFrame:
    """The table PASS_RATES of one metric: one row per path and arm.

    pass_rate: mean over tasks of the share of a task's scored samples that pass, with
    `intervals.clustered_rate_interval` by skill, null with one skill of several tasks; n_unscored: episodes
    without a verdict, in no denominator.
    answer_line_rate: share of all the arm's responses with an ANSWER line; mean_completion_tokens: tokens
    per response. These two are null for runs without rows in `response_frame` (see `responses`).

    Of another metric than `pass`, pass_rate is its mean over tasks. Means of shares have the same interval:
    a share varies no more than a yes or no of the same mean (Bhatia and Davis, American Mathematical Monthly
    107, 2000). What can be below 0 or above 1 has the clustered t interval.

    `values`: the frame of `pairing.task_values`, or of `metric_values`.
    """
    arm = [*CELL, "condition"]
    rates = as_text(
        coded(values)
        .group_by("path", *arm, maintain_order=True)  # the order of summation is fixed
        .agg(
            passes=pl.col("value").sum(),
            n_tasks=pl.col("value").count().cast(pl.Int64),
            n_skills=pl.col("skill_id").filter(pl.col("value").is_not_null()).n_unique().cast(pl.Int64),
            n_unscored=pl.col("n_unscored").sum(),
        )
        .sort("path", *arm)
    )
    groups = grouped(values, ["path", *arm])
    sums, counts = groups.sums(groups.values["value"]), groups.sums()
    if _is_a_share(metric):
        low, high = clustered_rate_interval(sums, counts, confidence)
    else:
        found = clustered_estimates(sums, counts, confidence)
        low, high = found["ci_low"].to_numpy(), found["ci_high"].to_numpy()
    texts = response_frame.group_by(arm).agg(
        answer_line_rate=pl.col("has_answer_line").mean(),
        mean_completion_tokens=pl.col("completion_tokens").mean(),
    )
    known = pl.col("n_tasks") > 0
    return (
        rates.with_columns(
            pass_rate=pl.when(known).then(pl.col("passes") / pl.col("n_tasks")),
            ci_low=pl.Series(low, dtype=pl.Float64).fill_nan(None),
            ci_high=pl.Series(high, dtype=pl.Float64).fill_nan(None),
        )
        .join(texts, on=arm, how="left")
        .with_columns(metric=pl.lit(metric))
        .select(list(PASS_RATES.columns))
        .sort("path", *arm)
    )
