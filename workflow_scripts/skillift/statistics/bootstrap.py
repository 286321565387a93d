"""The bootstrap over skills: skills are drawn with replacement, each with all of its tasks.

The pairs cluster bootstrap of Cameron and Miller, "A practitioner's guide to cluster-robust inference"
(2015), section VI.C, with the percentile interval of Efron and Tibshirani, "An introduction to the
bootstrap" (1993), chapter 13. It rests on no formula for the standard error, hence its use as a check.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from skillift.processes.progress import Progress

# An interval over the replicates in which a statistic exists is conditional on that; with more than this
# share of them without it, it says too little about the sample to be given.
UNDEFINED_SHARE = 0.05

# Rows whose replicates are in memory together, at 8 bytes a replicate and a handful of arrays.
_ROWS = 512

# Below this a spread of replicates, or a denominator, is rounding.
_ZERO = 1e-10


@lru_cache(maxsize=256)
def skill_draws(n_skills: int, samples: int, seed: int) -> np.ndarray:
    """How often each skill is drawn in each replicate: integers of shape (samples, n_skills), read-only."""
    draws = np.random.default_rng(seed).multinomial(n_skills, np.full(n_skills, 1 / n_skills), size=samples)
    draws.flags.writeable = False
    return draws


def ratio_intervals(
    numerators: np.ndarray,
    denominators: np.ndarray,
    present: np.ndarray,
    confidence: float,
    samples: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile intervals of sum(numerators) / sum(denominators), row by row, over drawn skills.

    A mean is the ratio of its sum and its count. Rows with equally many skills are drawn alike, so a row does
    not depend on the others.

    Args:
        numerators: shape (rows, skills).
        denominators: the same shape; a replicate is undefined where they sum to nothing above zero.
        present: the same shape, true where the row has tasks of the skill; others are never drawn.
        confidence: of the intervals, as a fraction.
        samples: number of replicates.
        seed: of the draw.

    Returns:
        Lower and upper limits; NaN, for the caller to turn into nulls, where a row has fewer than two skills,
        more than 5 % of its replicates are undefined, or all of them are equal.
    """
    low, high = np.full((2, len(numerators)), np.nan)
    n_skills = present.sum(axis=1)
    with Progress("bootstrap", int((n_skills >= 2).sum()), "row") as progress:
        for size in np.unique(n_skills[n_skills >= 2]):
            draws = skill_draws(int(size), samples, seed).T.astype(float)
            rows = np.flatnonzero(n_skills == size)
            for part in np.array_split(rows, -(-len(rows) // _ROWS)):
                drawn = [
                    table[part][present[part]].reshape(-1, size) @ draws
                    for table in (numerators, denominators)
                ]
                low[part], high[part] = percentile_intervals(_ratios(*drawn), confidence)
                progress.advance(len(part))
    return low, high


def _ratios(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    undefined = np.full(numerators.shape, np.nan)
    return np.divide(numerators, denominators, out=undefined, where=denominators > _ZERO)


def percentile_intervals(replicates: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of each row of `replicates`, which are NaN where undefined.

    Returns lower and upper limits; NaN where more than 5 % of a row are undefined, or all others equal.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    known = ~np.isnan(replicates)
    whole = known.all(axis=1)
    limits = np.full((2, len(replicates)), np.nan)
    limits[:, whole] = np.quantile(replicates[whole], tails, axis=1)
    spread = np.zeros(len(replicates))
    spread[whole] = np.ptp(replicates[whole], axis=1)
    for row in np.flatnonzero(~whole & (known.mean(axis=1) >= 1 - UNDEFINED_SHARE)):
        defined = replicates[row, known[row]]
        limits[:, row], spread[row] = np.quantile(defined, tails), np.ptp(defined)
    limits[:, spread <= _ZERO] = np.nan
    return limits[0], limits[1]
