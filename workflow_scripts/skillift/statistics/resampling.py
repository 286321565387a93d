"""Bootstrap over skills: which skills each replicate draws, and percentile intervals of what comes of it.

Skills are drawn with replacement, whole, because episodes that share a skill are not independent (Cameron
and Miller, "A practitioner's guide to cluster-robust inference", 2015, section VI.C, pairs cluster
bootstrap; Efron and Tibshirani 1993, chapter 13, percentile interval). Whoever can be computed from sums
over skills is replicated by one product: weights @ sums.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# An interval over the replicates in which a number exists is conditional on that; with more than this share
# of them without it, it says too little about the sample to be given.
_UNDEFINED_SHARE = 0.05

# Below this, the spread of the replicates is rounding.
_ZERO = 1e-12


@lru_cache(maxsize=8)
def skill_weights(n_skills: int, samples: int, seed: int) -> np.ndarray:
    """How often each replicate draws each skill: shape (samples, n_skills), rows sum to `n_skills`.

    The same arguments give the same draws, so numbers of the same skills are compared on equal replicates.
    """
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(n_skills, np.full(n_skills, 1 / n_skills), size=samples).astype(float)
    weights.setflags(write=False)
    return weights


def percentile_interval(replicates: np.ndarray, confidence: float) -> tuple[float | None, float | None]:
    """The limits that cut off equal tails of `replicates`.

    None twice where more than 5 % of the replicates are NaN (undefined) or all others are equal.
    """
    defined = replicates[~np.isnan(replicates)]
    if len(defined) == 0 or len(defined) < (1 - _UNDEFINED_SHARE) * len(replicates):
        return None, None
    if np.ptp(defined) <= _ZERO:
        return None, None
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)
