"""The audit of the scoring paths: how far does each judge's path stand from the bench path, arm by arm?

A shift compares two verdicts on the same episodes of one arm. It is the one place where two paths are
subtracted, and never a difference between arms: effects are taken within one path (`pairing`).
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.analysis import PATH_SHIFT
from skillift.contracts.pipeline import EPISODE_KEY, EXTRACTED, key_of
from skillift.statistics.coding import as_text, coded
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import CELL

BENCH = "bench"
JUDGE_PREFIX = "judge:"
_EPISODE = ["student", "run", *EPISODE_KEY]
_ARM = [*CELL, "condition", "path"]


def path_shift(scores: pl.DataFrame, response_frame: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The table PATH_SHIFT: for every arm and every judge's path, that path's pass rate - the bench path's.

    Rates are over the tasks with an episode scored on both paths, samples averaged within task; the
    interval is that of `intervals.clustered_mean`; n_unscored counts episodes that lack a verdict on
    either path. Over the tasks whose scorer is the extractor (n_answer_line_tasks) the shift has three
    parts: shift = no_answer_line + other_line - bench_only.

    - no_answer_line: the judge passes, the bench fails, the response has no ANSWER line
    - other_line: the judge passes, the bench fails the ANSWER line that it read
    - bench_only: the bench passes, the judge fails

    All are null where no such task is scored on both paths; the first two also where `response_frame`
    lacks the arm's responses.

    n_different_lines counts the arm's episodes with several ANSWER lines that do not say the same, of which
    the last one counts. It is null where `response_frame` lacks the arm's responses.

    Args:
        scores: the frame of `pairing.with_skills`.
        response_frame: the frames of `pass_rates.responses`, of all runs.
        confidence: of the intervals, as a fraction.
    """
    tasks = _by_task(_on_both_paths(scores, response_frame))
    means = clustered_means(tasks, _ARM, confidence).rename({"estimate": "shift"}).drop("p_value", "mde")
    return as_text(
        means.join(_by_arm(tasks), on=_ARM, how="left")
        .select(list(PATH_SHIFT.columns))
        .sort(key_of(PATH_SHIFT))
    )


def _on_both_paths(scores: pl.DataFrame, response_frame: pl.DataFrame) -> pl.DataFrame:
    """One row per episode and judge's path: the verdicts `bench` and `judge`, and what its lines are."""
    paths = [path for path in scores["path"].unique().sort() if path.startswith(JUDGE_PREFIX)]
    key = [*_EPISODE, "skill_id", "scorer"]
    known = coded(scores.filter(pl.col("path").is_in([BENCH, *paths])).select("path", *key, "passed"))
    bench = known.filter(path=BENCH).select(*key, bench="passed")
    judged = known.filter(pl.col("path") != BENCH).select("path", *key, judge="passed")
    names = [name for name in _EPISODE if known.schema[name] == pl.Enum]
    lines = response_frame.select(*_EPISODE, "has_answer_line", "different_lines").with_columns(
        pl.col(name).cast(known.schema[name], strict=False) for name in names
    )
    return (
        bench.join(judged.select("path").unique(), how="cross")
        .join(judged, on=["path", *key], how="full", coalesce=True)
        .join(lines, on=_EPISODE, how="left")
    )


def _by_task(episodes: pl.DataFrame) -> pl.DataFrame:
    both = pl.col("bench").is_not_null() & pl.col("judge").is_not_null()
    missed = pl.col("judge") & ~pl.col("bench")
    by_extractor = pl.col("scorer").is_in(EXTRACTED)
    line = pl.col("has_answer_line")

    def share(flag: pl.Expr) -> pl.Expr:
        return flag.filter(both).cast(pl.Float64).mean()

    return episodes.group_by(*_ARM, "task_id", "skill_id").agg(
        value=share(pl.col("judge").cast(pl.Int8) - pl.col("bench").cast(pl.Int8)),
        bench=share(pl.col("bench")),
        judge=share(pl.col("judge")),
        n_unscored=(~both).sum().cast(pl.Int64),
        by_extractor=by_extractor.first(),
        no_answer_line=share(pl.when(line.is_not_null()).then(missed & ~line)),
        other_line=share(pl.when(line.is_not_null()).then(missed & line)),
        bench_only=share(pl.col("bench") & ~pl.col("judge")),
        n_different_lines=_count(pl.col("different_lines")),
    )


def _count(values: pl.Expr) -> pl.Expr:
    """The sum of counts or flags; null where none is known."""
    return pl.when(values.count() > 0).then(values.sum()).cast(pl.Int64)


def _by_arm(tasks: pl.DataFrame) -> pl.DataFrame:
    scored_by_extractor = pl.col("by_extractor") & pl.col("value").is_not_null()
    parts = ("no_answer_line", "other_line", "bench_only")
    return (
        tasks.sort(*_ARM, "task_id")
        .group_by(_ARM, maintain_order=True)
        .agg(
            pl.col("bench").mean().alias("bench_pass_rate"),
            pl.col("judge").mean().alias("path_pass_rate"),
            pl.col("n_unscored").sum(),
            *(pl.col(name).filter(scored_by_extractor).mean() for name in parts),
            n_different_lines=_count(pl.col("n_different_lines")),
            n_answer_line_tasks=scored_by_extractor.sum().cast(pl.Int64),
        )
    )
