"""Do intervals of a recipe's mean hold its true effect, when trainings differ and only a few were run?

Skill means of an effect are drawn from the crossed model: a part of the skill that all trainings share, one
that each has for itself, and one of the training that all skills share. The truth is zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t
from validation.coverage import CONFIDENCE

from skillift.statistics.seed_variance import SeedComponents, combined

N_SKILLS = 40
SEEDS = (2, 3, 5)
SPREADS = (0.0, 0.5, 1.0, 2.0, 5.0)  # between trainings, in standard errors of one training from sampling


class SeedCoverage(NamedTuple):
    """Shares of studies whose interval holds the truth: with seed variance, and given the seeds."""

    n_seeds: int
    spread: float
    covered: float
    given_the_seeds: float
    n_studies: int


def seed_coverage(n_studies: int, seed: int) -> list[SeedCoverage]:
    """Coverage for every number of seeds and every spread between trainings."""
    rng = np.random.default_rng(seed)
    return [_coverage(rng, n_seeds, spread, n_studies) for n_seeds in SEEDS for spread in SPREADS]


def _coverage(rng: np.random.Generator, n_seeds: int, spread: float, n_studies: int) -> SeedCoverage:
    level, inside, given = (1 + CONFIDENCE) / 2, 0, 0
    for _ in range(n_studies):
        values = rng.normal(0, 1, (N_SKILLS, 1)) + rng.normal(0, 1, (N_SKILLS, n_seeds))
        values += rng.normal(0, spread * (2 / N_SKILLS) ** 0.5, n_seeds)
        sampling, parts = _components(values)
        variance, degrees_of_freedom = combined(sampling, N_SKILLS, [parts])
        distance = abs(values.mean())
        inside += distance < t.ppf(level, degrees_of_freedom) * variance**0.5
        given += distance < t.ppf(level, N_SKILLS - 1) * sampling**0.5
    return SeedCoverage(n_seeds, spread, float(inside / n_studies), float(given / n_studies), n_studies)


def _components(values: np.ndarray) -> tuple[float, SeedComponents]:
    """Sampling variance of the mean, and the seeds' components, of skill means (skills, seeds)."""
    n_skills, n_seeds = values.shape
    means = values.mean(axis=0)
    own = values - values.mean(axis=1, keepdims=True) - means + values.mean()
    noise = (own**2).sum() / ((n_skills - 1) * (n_seeds - 1)) / n_skills
    sampling = values.mean(axis=1).var(ddof=1) / n_skills
    return float(sampling), SeedComponents(float(means.var(ddof=1)), float(noise), n_seeds, n_skills)
