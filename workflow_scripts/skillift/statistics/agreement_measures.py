"""Measures of agreement of two judges from a table of their verdicts, and their intervals.

A table of verdicts is four counts: both pass, only a, only b, both fail. Cohen's kappa is that of
statsmodels; Gwet's AC1 stands beside it because kappa falls towards zero where nearly all verdicts are
the same, however well the judges agree (Feinstein and Cicchetti 1990).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skillift.statistics.bootstrap import percentile_intervals, skill_draws


def kappa(counts: np.ndarray) -> float | None:
    """Cohen's kappa (1960); None where undefined: no episodes, or both judges give one verdict throughout."""
    both_pass, only_a, only_b, both_fail = (int(count) for count in counts)
    total = both_pass + only_a + only_b + both_fail
    if total == 0 or total in (both_pass, both_fail):
        return None

    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array([[both_pass, only_a], [only_b, both_fail]], dtype=float)
    return float(np.clip(cohens_kappa(table, return_results=False), -1.0, 1.0))


def ac1(counts: np.ndarray) -> float | None:
    """Gwet's AC1, see `ac1s`; None without episodes."""
    value = float(ac1s(np.asarray([counts]))[0])
    return None if np.isnan(value) else value


def kappas(counts: np.ndarray) -> np.ndarray:
    """(observed - expected) / (1 - expected) agreement of each row of counts; NaN where undefined."""
    both_pass, only_a, only_b, both_fail = counts.T.astype(float)
    total = both_pass + only_a + only_b + both_fail
    observed = (both_pass + both_fail) * total
    expected = (both_pass + only_a) * (both_pass + only_b) + (both_fail + only_a) * (both_fail + only_b)
    return _beyond_chance(observed, expected, total**2)


def ac1s(counts: np.ndarray) -> np.ndarray:
    """Gwet's AC1 of each row of counts; NaN without episodes.

    (observed - expected) / (1 - expected) agreement with expected = 2 q (1 - q), q being the mean share of
    passes of the two judges: Gwet, "Computing inter-rater reliability and its variance in the presence of
    high agreement", British Journal of Mathematical and Statistical Psychology 61 (2008).
    """
    both_pass, only_a, only_b, both_fail = counts.T.astype(float)
    total = both_pass + only_a + only_b + both_fail
    passes, fails = 2 * both_pass + only_a + only_b, 2 * both_fail + only_a + only_b
    return _beyond_chance((both_pass + both_fail) * total, passes * fails / 2, total**2)


def _beyond_chance(observed: np.ndarray, expected: np.ndarray, whole: np.ndarray) -> np.ndarray:
    possible = whole - expected
    undefined = np.full(len(whole), np.nan)
    return np.clip(np.divide(observed - expected, possible, out=undefined, where=possible > 0), -1.0, 1.0)


def agreement_interval(
    counts_by_skill: np.ndarray,
    measure: Callable[[np.ndarray], np.ndarray],
    confidence: float,
    samples: int,
    seed: int,
) -> tuple[float | None, float | None]:
    """A percentile interval of `kappas` or `ac1s` from a bootstrap over skills.

    Args:
        counts_by_skill: integers of shape (skills, 4): both pass, only a, only b, both fail.
        measure: `kappas` or `ac1s`.
        confidence: of the interval, as a fraction.
        samples: number of replicates.
        seed: of the draw.

    Returns:
        Lower and upper limit, or None twice where the measure is undefined, there are fewer than two
        skills, it is undefined in more than 5 % of the replicates, or all replicates are equal.
    """
    counts = counts_by_skill[counts_by_skill.sum(axis=1) > 0]
    if len(counts) < 2 or np.isnan(measure(counts.sum(axis=0, keepdims=True))[0]):
        return None, None
    replicates = measure(skill_draws(len(counts), samples, seed) @ counts.astype(float))
    low, high = (float(limit[0]) for limit in percentile_intervals(replicates[np.newaxis], confidence))
    return (None, None) if np.isnan(low) else (low, high)
