"""Further claims that several tiers decide together: a pattern's shape, a ceiling, how far deltas spread.

The shape's nulls are those at which most is found: all signs but one are certain, and that one's delta is 0;
its effect is the published pattern at the multiple that is stated. The ceiling's nulls are a tier just at the
limit, and two tiers that differ by just the margin, where all else is certain; at its effect tiers are alike,
so far below the limit, and the margin is so wide, as it states.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from validation.claim_checks import N_SKILLS, PER_SKILL, Checked, Found, n_stated, word_of
from validation.coverage import CONFIDENCE

from skillift.settings.analysis import TierDelta
from skillift.statistics.claim_labels import CONTRADICTED, SUPPORTED
from skillift.statistics.comparisons import Joint
from skillift.statistics.constraint_ceiling import resolvable_distance
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intersection_union import deciding
from skillift.statistics.tier_spread import detecting, spread
from skillift.statistics.trajectory import parts_of, resolvable_multiple
from skillift.statistics.uncertainty import students_t

PATTERN = {"0.8b": -0.075, "2b": 0.060, "4b": -0.010, "haiku": 0.030}  # of arXiv 2605.11907, before SFT
CHECKS = 4  # constraints of a task
_PAIRS = tuple(combinations(range(3), 2))


def shapes(rng: np.random.Generator, n_studies: int) -> list[Checked]:
    """The published pattern, before SFT over four tiers and after it over three."""
    found = []
    for name, tiers in (("four tiers", list(PATTERN)), ("three tiers", list(PATTERN)[:3])):
        declared = np.array([PATTERN[tier] for tier in tiers])
        one_null = np.where(np.abs(declared) == np.abs(declared).min(), 0.0, 20 * declared)
        null = [
            _shape(rng, one_null, tiers, stated=number < n_stated(n_studies)) for number in range(n_studies)
        ]
        stated = float(np.median([multiple for _, multiple in null if multiple is not None]))
        effect = [_shape(rng, stated * declared, tiers, stated=False)[0] for _ in range(n_studies)]
        words = [each for each, _ in null]
        found.append(
            Checked(
                f"trajectory_shape, {name}",
                words.count(SUPPORTED) / n_studies,
                (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
                None,
                None,
                stated,
                effect.count(SUPPORTED) / n_studies,
                n_studies,
            )
        )
    return found


def _shape(
    rng: np.random.Generator, deltas: np.ndarray, tiers: list[str], stated: bool = True
) -> tuple[str, float | None]:
    """The word of one study, and the multiple that it states."""
    skills = deltas + rng.normal(0, 0.05, (N_SKILLS, 1)) + rng.normal(0, 0.22, (N_SKILLS, len(deltas)))
    covariance = np.cov(skills.T) / N_SKILLS
    means, freedom = skills.mean(axis=0), N_SKILLS - 1.0
    parts = parts_of([TierDelta(student=tier, delta=PATTERN[tier]) for tier in tiers], tiers)
    tests = []
    for part in parts:
        weights = np.zeros(len(tiers))
        weights[tiers.index(part.student)] = np.sign(part.declared)
        if part.neighbour:
            weights[tiers.index(part.neighbour)] = -np.sign(part.declared)
        estimate, error = float(weights @ means), float(weights @ covariance @ weights) ** 0.5
        tests.append((estimate, students_t(error, freedom).p_value(estimate)))
    place, p_value = deciding(tests)
    known = word_of((tests[place][0], 0.0, 0.0, p_value), "all_of")
    joint = Joint(means, [], covariance, freedom)
    return known, resolvable_multiple(joint, tiers, parts, CONFIDENCE) if stated else None


def ceilings(rng: np.random.Generator, n_studies: int) -> list[Checked]:
    """Three tiers that meet the same share of constraints, below a limit, and its two nulls."""
    alike = (0.5, 0.5, 0.5)
    stated = [_tiers(rng, alike, 0.0, 0.0, stated=True).stated for _ in range(n_stated(n_studies))]
    distance = float(np.median(stated))
    effect = [_tiers(rng, alike, 0.5 + distance, distance) for _ in range(n_studies)]
    found = []
    for name, rates, limit, margin in (
        ("at the limit", (0.3, 0.4, 0.5), 0.5, 0.6),
        ("at the margin", (0.4, 0.5, 0.55), 0.95, 0.15),
    ):
        null = [_tiers(rng, rates, limit, margin) for _ in range(n_studies)]
        words = [each.word for each in null]
        found.append(
            Checked(
                f"constraint_ceiling, {name}",
                words.count(SUPPORTED) / n_studies,
                (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
                float(np.mean([each.covered for each in null])),
                float(np.mean([each.covered for each in effect])),
                distance,
                [each.word for each in effect].count(SUPPORTED) / n_studies,
                n_studies,
            )
        )
    return found


class _Ceiling(NamedTuple):
    """One study: its word, the share of its parts' intervals that cover, and the distance that it states."""

    word: str
    covered: float
    stated: float


def _tiers(
    rng: np.random.Generator, rates: tuple[float, ...], limit: float, margin: float, stated: bool = False
) -> _Ceiling:
    """Tasks with `CHECKS` constraints, met at the tiers' rates; skills differ, in part alike at all tiers."""
    shape = (N_SKILLS, PER_SKILL, len(rates))
    ease = rng.uniform(-0.1, 0.1, (N_SKILLS, 1, 1)) + rng.uniform(-0.1, 0.1, (N_SKILLS, 1, len(rates)))
    shares = rng.binomial(CHECKS, np.broadcast_to(np.array(rates) + ease, shape)) / CHECKS
    values, freedom = shares.reshape(-1, len(rates)), N_SKILLS - 1.0
    covariance = clustered_covariance(values, np.repeat(np.arange(N_SKILLS), PER_SKILL))
    means = values.mean(axis=0)
    joint = Joint(means, [], covariance, freedom)
    parts = [(np.eye(len(rates))[place], limit) for place in range(len(rates))]
    parts += [(np.eye(len(rates))[one] - np.eye(len(rates))[other], margin) for one, other in _PAIRS]
    tests, covered = [], []
    for weights, most in parts:
        share, truth = float(weights @ means), float(weights @ np.array(rates))
        known = students_t(float(weights @ covariance @ weights) ** 0.5, freedom)
        estimate = most - (share if weights.sum() else abs(share))
        tests.append((estimate, known.p_value(estimate)))
        covered.append(abs(share - truth) <= known.half_width(CONFIDENCE))
    place, p_value = deciding(tests)
    word_of_all = word_of((tests[place][0], 0.0, 0.0, p_value), "all_of")
    distance = resolvable_distance(joint, CONFIDENCE) if stated else np.nan
    return _Ceiling(word_of_all, float(np.mean(covered)), float(distance))


def dominated(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """Lifts and deltas with mean squares of 100 pp\u00b2 and more; those of deltas larger by the effect.

    At the null both are equal. At the effect lifts are alike at every tier, as the stated effect has it.
    """
    pattern = np.array([-1.0, 0.8, 0.2])
    pattern /= pattern.std(ddof=1)
    deltas = pattern * (effect**0.5 if effect else 0.1)
    lifts = np.zeros(3) if effect else pattern[::-1] * 0.1
    rows = []
    for _ in range(n_studies):
        shared = rng.normal(0, 0.1, (2, N_SKILLS, 1))
        before, after = (rng.normal(0, 0.25, (N_SKILLS, 3)) + each for each in shared)
        values = np.hstack([lifts + after - before, deltas + before])
        means, covariance = values.mean(axis=0), np.cov(values.T) / N_SKILLS
        found = spread(means[:3], means[3:], covariance)
        freedom = N_SKILLS - 1.0
        known = students_t(found.standard_error, freedom).of(found.estimate, CONFIDENCE)
        p_value = students_t(found.under_equality, freedom).p_value(found.estimate)
        stated = np.nan
        if len(rows) < n_stated(n_studies):
            stated = detecting(means, covariance, 3, freedom, CONFIDENCE).detectable(CONFIDENCE)["mde"]
        rows.append((found.estimate, known["ci_low"], known["ci_high"], p_value, stated))
    return Found(*np.array(rows).T)
