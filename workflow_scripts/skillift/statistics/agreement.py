"""Agreement of the judges: the same episodes under two judges, for each condition of a run and over all.

From the scores on the paths `judge:<name>`. Intervals are bootstraps over skills, because episodes that
share a skill are not independent.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY, key_of
from skillift.contracts.scoring_audit import AGREEMENT, ALL_CONDITIONS
from skillift.statistics.agreement_measures import ac1, ac1s, agreement_interval, kappa, kappas
from skillift.statistics.coding import as_text, coded
from skillift.statistics.pairing import CELL
from skillift.statistics.path_audit import JUDGE_PREFIX

COUNTS = ("both_pass", "only_a", "only_b", "both_fail")
_UNSCORED = ("n_unscored", "n_unscored_a", "n_unscored_b")
_PAIR = ["judge_a", "judge_b"]
_ROW = [*CELL, "condition", *_PAIR]


def agreement(scores: pl.DataFrame, confidence: float, bootstrap_samples: int, seed: int) -> pl.DataFrame:
    """The table AGREEMENT: a row per suite, student, run, step, condition and pair of judges (a < b).

    The condition `all` is all conditions together. both_pass, only_a, only_b, both_fail count the episodes
    that both judges scored; n_unscored the others, n_unscored_a and n_unscored_b those that the one judge
    left without a verdict; n_tasks and n_skills what has an episode that both scored. kappa is null where
    it is undefined (both judges give one and the same verdict throughout), intervals also with one skill
    or without variation between replicates.

    Args:
        scores: the frame of `pairing.with_skills`.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the cluster bootstrap.
        seed: of the bootstrap; rows with equally many skills have the same draws.
    """
    by_skill, tasks = _counts(judged_by_both(scores))
    rows, start = [], 0
    numbers = by_skill.select(*COUNTS, *_UNSCORED).to_numpy()
    for *key, length in by_skill.group_by(_ROW, maintain_order=True).len().iter_rows():
        counts, unscored = np.hsplit(numbers[start : start + length], [len(COUNTS)])
        start += length
        total = counts.sum(axis=0)
        n_scored = int(total.sum())
        rate = float((total[0] + total[3]) / n_scored) if n_scored else None
        options = (confidence, bootstrap_samples, seed)
        kappa_limits, ac1_limits = (agreement_interval(counts, each, *options) for each in (kappas, ac1s))
        measures = (rate, kappa(total), *kappa_limits, ac1(total), *ac1_limits)
        n_skills = int(np.any(counts, axis=1).sum())
        rows.append((*key, *total.tolist(), *unscored.sum(axis=0).tolist(), *measures, n_skills))
    schema = {name: column.dtype.type for name, column in AGREEMENT.columns.items() if name != "n_tasks"}
    found = pl.DataFrame(rows, schema=schema, orient="row").join(tasks, on=_ROW, how="left")
    return found.select(list(AGREEMENT.columns)).sort(key_of(AGREEMENT))


def judged_by_both(scores: pl.DataFrame) -> pl.DataFrame:
    """One row per episode and pair of judges: judge_a < judge_b, a and b (their verdicts, nullable).

    `scores`: the frame of `pairing.with_skills`. Beside them student, run, the episode's key and skill_id, as
    Enums (`coding.coded`).
    """
    key = ["student", "run", *EPISODE_KEY, "skill_id"]
    judged = scores.filter(pl.col("path").str.starts_with(JUDGE_PREFIX))
    judged = coded(judged.select("path", *key, "passed"))
    by_judge = {
        name.removeprefix(JUDGE_PREFIX): judged.filter(path=name).select(*key, "passed")
        for name in judged["path"].cast(pl.String).unique().sort()
    }
    pairs = [
        by_judge[a]
        .rename({"passed": "a"})
        .join(by_judge[b].rename({"passed": "b"}), on=key, how="full", coalesce=True)
        .with_columns(judge_a=pl.lit(a), judge_b=pl.lit(b))
        for a, b in combinations(sorted(by_judge), 2)
    ]
    verdicts = {"a": pl.Boolean(), "b": pl.Boolean(), "judge_a": pl.String(), "judge_b": pl.String()}
    return pl.concat([pl.DataFrame(schema={name: judged.schema[name] for name in key} | verdicts), *pairs])


def _counts(episodes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Counts of every row of AGREEMENT by skill, and its n_tasks."""
    a, b = pl.col("a"), pl.col("b")
    both = a.is_not_null() & b.is_not_null()
    by_task = episodes.group_by(*_ROW, "skill_id", "task_id").agg(
        both_pass=(a & b).sum(),
        only_a=(a & ~b).sum(),
        only_b=(~a & b).sum(),
        both_fail=(~a & ~b).sum(),
        n_unscored=(~both).sum(),
        n_unscored_a=a.is_null().sum(),
        n_unscored_b=b.is_null().sum(),
        n_scored=both.sum(),
    )
    scored = pl.col("task_id").filter(pl.col("n_scored") > 0)
    n_tasks = scored.n_unique().cast(pl.Int64).alias("n_tasks")
    by_skill = _of_all_too(by_task, [*_ROW, "skill_id"], pl.col(*COUNTS, *_UNSCORED).sum())
    return by_skill.sort(*_ROW, "skill_id"), _of_all_too(by_task, _ROW, n_tasks)


def _of_all_too(by_task: pl.DataFrame, key: list[str], *numbers: pl.Expr) -> pl.DataFrame:
    """`numbers` of each condition, and over all conditions."""
    each = as_text(by_task.group_by(key).agg(*numbers))
    together = as_text(by_task.group_by([name for name in key if name != "condition"]).agg(*numbers))
    together = together.with_columns(condition=pl.lit(ALL_CONDITIONS)).select(each.columns)
    return pl.concat([each, together]).with_columns(pl.selectors.integer().cast(pl.Int64))
