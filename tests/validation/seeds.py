"""Do claims about a recipe hold when trainings differ and only a few were run?

Skill means of an effect are drawn from the crossed model: a part of the skill that all trainings share, one
that each has for itself, and one of the training that all skills share. Several tiers are trained by one
recipe, with equal seed variance and the same true effect, so no two of them differ.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE

from skillift.statistics.claim_labels import holm
from skillift.statistics.equivalence import tost
from skillift.statistics.pooling import pool
from skillift.statistics.seed_variance import SeedComponents, with_seeds
from skillift.statistics.uncertainty import Uncertainty

N_SKILLS = 40
OF_ONE_RUN = 0.05  # standard error of one training's effect from sampling: that of a lift with 200 tasks
SEEDS = (2, 3)
TIERS = (1, 3)
SPREADS = (0.0, 0.04, 0.08, 0.15)  # standard deviation between trainings
MARGIN = 0.20  # of equivalence; below 1.7 standard errors nothing could be called equivalent


class SeedCoverage(NamedTuple):
    """Shares of studies, with so many seeds at so many tiers, trainings `spread` apart.

    Attributes:
        n_seeds, n_tiers, spread: of the studies.
        covered: intervals of a recipe's effect that hold it, with seed variance.
        given_the_seeds: intervals that leave out that trainings differ.
        held: predictions of an effect above 0 that were held though it is 0; one-sided.
        differ: claims that the tiers differ though they do not (NaN with one tier).
        equivalent: claims that two tiers are equivalent though they differ by the margin (likewise).
        unpooled: studies in which pooling over tiers was given up (likewise).
        n_studies: number of studies.
    """

    n_seeds: int
    n_tiers: int
    spread: float
    covered: float
    given_the_seeds: float
    held: float
    differ: float
    equivalent: float
    unpooled: float
    n_studies: int


def seed_coverage(n_studies: int, seed: int) -> list[SeedCoverage]:
    """Rates for every number of seeds and tiers and every spread between trainings."""
    rng = np.random.default_rng(seed)
    return [
        _coverage(rng, n_seeds, n_tiers, spread, n_studies)
        for n_seeds in SEEDS
        for n_tiers in TIERS
        for spread in SPREADS
    ]


def _coverage(rng, n_seeds: int, n_tiers: int, spread: float, n_studies: int) -> SeedCoverage:
    of_part = OF_ONE_RUN * (N_SKILLS / 2) ** 0.5
    found = []
    for _ in range(n_studies):
        shared = rng.normal(0, of_part, (n_tiers, N_SKILLS, 1))
        own = rng.normal(0, of_part, (n_tiers, N_SKILLS, n_seeds))
        found.append(_study(shared + own + rng.normal(0, spread, (n_tiers, 1, n_seeds))))
    rates = np.nanmean(np.array(found, dtype=float), axis=0) if n_tiers > 1 else _one_tier(found)
    return SeedCoverage(n_seeds, n_tiers, spread, *map(float, rates), n_studies)


def _one_tier(found: list[tuple]) -> list[float]:
    return [np.nan if row[0] is None else np.mean(row) for row in zip(*found, strict=True)]


def _study(values: np.ndarray) -> tuple:
    """One study's rates, from skill means of shape (tiers, skills, seeds)."""
    n_tiers, n_skills, n_seeds = values.shape
    of_tiers, of_seeds = values.mean(axis=(1, 2)), values.mean(axis=1)
    means = values.mean(axis=2)
    sampling = means.var(axis=1, ddof=1) / n_skills
    of_one_run = values.var(axis=1, ddof=1).mean(axis=1) / n_skills
    noise = np.maximum((of_one_run - sampling) * n_seeds / (n_seeds - 1), 0.0)
    between = of_seeds.var(axis=1, ddof=1)
    pooled = pool(list(between), list(noise), [n_seeds] * n_tiers, 1 - CONFIDENCE)
    parts = [
        SeedComponents(pooled.between[i], noise[i], n_seeds, pooled.degrees_of_freedom[i], _name(pooled, i))
        for i in range(n_tiers)
    ]
    own = [with_seeds(sampling[i], n_skills - 1, [parts[i]]) for i in range(n_tiers)]
    given = Uncertainty(with_seeds(sampling[0], n_skills - 1, []).readings[0])
    half = own[0].half_width(CONFIDENCE)
    rates = (
        abs(of_tiers[0]) < half,
        abs(of_tiers[0]) < given.half_width(CONFIDENCE),
        of_tiers[0] > half,
    )
    if n_tiers == 1:
        return (*rates, None, None, None)
    return (*rates, *_sameness(means, of_tiers, parts), pooled.n_tiers == 1)


def _name(pooled, place: int) -> object:
    return "all" if pooled.n_tiers > 1 else place


def _sameness(means: np.ndarray, of_tiers: np.ndarray, parts: list) -> tuple[bool, bool]:
    """Whether the tiers are said to differ, and the first two to be equivalent, one being at the margin."""
    n_tiers, n_skills = means.shape
    pairs = []
    for i, j in combinations(range(n_tiers), 2):
        variance = (means[i] - means[j]).var(ddof=1) / n_skills
        pairs.append((of_tiers[i] - of_tiers[j], with_seeds(variance, n_skills - 1, [parts[i], parts[j]])))
    p_values = holm([uncertainty.p_value(estimate) for estimate, uncertainty in pairs])
    estimate, uncertainty = pairs[0]
    p_equivalence = tost(estimate + MARGIN, uncertainty, MARGIN)
    return min(p_values) < 1 - CONFIDENCE, p_equivalence < 1 - CONFIDENCE
