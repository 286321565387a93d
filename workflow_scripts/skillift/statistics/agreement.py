"""Agreement of the judges: the same episodes under two judges, over all conditions of a run.

From the scores on the paths `judge:<name>`. Cohen's kappa is that of statsmodels; its interval is a
bootstrap over skills, because episodes that share a skill are not independent.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from skillift.analysis_contracts import AGREEMENT
from skillift.contracts import EPISODE_KEY
from skillift.statistics.pairing import CELL
from skillift.statistics.path_audit import JUDGE_PREFIX

COUNTS = ("both_pass", "only_a", "only_b", "both_fail")
_PAIR = ["judge_a", "judge_b"]

# An interval over the replicates in which kappa exists is conditional on that; with more than this share
# of them without a kappa, it says too little about the sample to be given.
_UNDEFINED_SHARE = 0.05


def agreement(scores: pl.DataFrame, confidence: float, bootstrap_samples: int, seed: int) -> pl.DataFrame:
    """The table AGREEMENT: one row per suite, student, run, step and pair of judges (judge_a < judge_b).

    both_pass, only_a, only_b, both_fail count the episodes that both judges scored; n_unscored the
    others; n_tasks and n_skills those that have such an episode. kappa is null where it is undefined
    (both judges give one and the same verdict throughout), its interval also with one skill or without
    variation between replicates.

    Args:
        scores: the frame of `pairing.with_skills`.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the cluster bootstrap.
        seed: of the bootstrap; every row is drawn from it afresh, so rows do not depend on each other.
    """
    episodes = _judged_by_both(scores)
    counts = _counts_by_skill(episodes)
    rows = []
    for key, group in counts.group_by(*CELL, *_PAIR, maintain_order=True):
        by_skill = group.select(COUNTS).to_numpy()
        total = by_skill.sum(axis=0)
        n_scored = int(total.sum())
        rate = float((total[0] + total[3]) / n_scored) if n_scored else None
        interval = kappa_interval(by_skill, confidence, bootstrap_samples, seed)
        n_skills = int((by_skill.sum(axis=1) > 0).sum())
        unscored, tasks = int(group["n_unscored"].sum()), int(group["n_tasks"].sum())
        rows.append((*key, *total.tolist(), unscored, rate, kappa(total), *interval, tasks, n_skills))
    schema = {name: column.dtype.type for name, column in AGREEMENT.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _judged_by_both(scores: pl.DataFrame) -> pl.DataFrame:
    """One row per episode and pair of judges: judge_a, judge_b, a and b (their verdicts, nullable)."""
    key = ["student", "run", *EPISODE_KEY, "skill_id"]
    judged = scores.filter(pl.col("path").str.starts_with(JUDGE_PREFIX))
    by_judge = {
        name.removeprefix(JUDGE_PREFIX): judged.filter(path=name).select(*key, "passed")
        for name in judged["path"].unique().sort().to_list()
    }
    pairs = [
        by_judge[a]
        .rename({"passed": "a"})
        .join(by_judge[b].rename({"passed": "b"}), on=key, how="full", coalesce=True)
        .with_columns(judge_a=pl.lit(a), judge_b=pl.lit(b))
        for a, b in combinations(sorted(by_judge), 2)
    ]
    schema = {name: judged.schema[name] for name in key}
    verdicts = {"a": pl.Boolean, "b": pl.Boolean, "judge_a": pl.String, "judge_b": pl.String}
    return pl.concat([pl.DataFrame(schema=schema | verdicts), *pairs])


def _counts_by_skill(episodes: pl.DataFrame) -> pl.DataFrame:
    a, b = pl.col("a"), pl.col("b")
    both = a.is_not_null() & b.is_not_null()
    return (
        episodes.group_by(*CELL, *_PAIR, "skill_id")
        .agg(
            both_pass=(a & b).sum().cast(pl.Int64),
            only_a=(a & ~b).sum().cast(pl.Int64),
            only_b=(~a & b).sum().cast(pl.Int64),
            both_fail=(~a & ~b).sum().cast(pl.Int64),
            n_unscored=(~both).sum().cast(pl.Int64),
            n_tasks=pl.col("task_id").filter(both).n_unique().cast(pl.Int64),
        )
        .sort(*CELL, *_PAIR, "skill_id")
    )


def kappa(counts: np.ndarray) -> float | None:
    """Cohen's kappa (1960) of the counts (both pass, only a, only b, both fail); None where undefined."""
    both_pass, only_a, only_b, both_fail = (int(count) for count in counts)
    total = both_pass + only_a + only_b + both_fail
    if total == 0 or total in (both_pass, both_fail):
        return None

    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array([[both_pass, only_a], [only_b, both_fail]], dtype=float)
    return float(np.clip(cohens_kappa(table, return_results=False), -1.0, 1.0))


def kappa_interval(
    counts_by_skill: np.ndarray, confidence: float, samples: int, seed: int
) -> tuple[float | None, float | None]:
    """A percentile interval of Cohen's kappa from a bootstrap over skills.

    Skills are drawn with replacement, whole (Cameron and Miller 2015, section VI.C, pairs cluster
    bootstrap; Efron and Tibshirani 1993, chapter 13, percentile interval).

    Args:
        counts_by_skill: integers of shape (skills, 4), columns as in `COUNTS`.
        confidence: of the interval, as a fraction.
        samples: number of replicates.
        seed: of the draw.

    Returns:
        Lower and upper limit, or None twice where kappa is undefined, there are fewer than two skills,
        kappa is undefined in more than 5 % of the replicates, or all replicates are equal.
    """
    counts = counts_by_skill[counts_by_skill.sum(axis=1) > 0]
    n_skills = len(counts)
    if n_skills < 2 or kappa(counts.sum(axis=0)) is None:
        return None, None
    weights = np.random.default_rng(seed).multinomial(n_skills, np.full(n_skills, 1 / n_skills), size=samples)
    replicates = _kappas(weights @ counts)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < (1 - _UNDEFINED_SHARE) * samples or np.ptp(defined) == 0:
        return None, None
    tail = (1 - confidence) / 2
    low, high = np.clip(np.quantile(defined, [tail, 1 - tail]), -1.0, 1.0)
    return float(low), float(high)


def _kappas(counts: np.ndarray) -> np.ndarray:
    """(observed - expected) / (1 - expected) agreement of each row of counts; NaN where undefined."""
    both_pass, only_a, only_b, both_fail = counts.T.astype(float)
    total = both_pass + only_a + only_b + both_fail
    observed = (both_pass + both_fail) * total
    expected = (both_pass + only_a) * (both_pass + only_b) + (both_fail + only_a) * (both_fail + only_b)
    possible = total**2 - expected
    return np.divide(observed - expected, possible, out=np.full(len(counts), np.nan), where=possible > 0)
