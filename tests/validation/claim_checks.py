"""How often a claim says what it should, in simulated studies: where it is not so, and where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE

from skillift.metrics.claim import BELOW, SAME
from skillift.statistics.claim_labels import CONTRADICTED, SUPPORTED, word
from skillift.statistics.intervals import clustered_estimates, least_variance
from skillift.statistics.uncertainty import students_t

N_SKILLS, PER_SKILL = 40, 5
_FEWEST_STATED = 60


class Checked(NamedTuple):
    """How often a claim says what it should.

    Attributes:
        claim: its name, and where it is looked at in several ways, which.
        supported, resolved: shares of studies at its null with the word that is claimed, and with any word of
            an effect.
        covered, covered_effect: shares of intervals that hold the truth at the null, and at the stated
            effect; None where there is no single interval.
        stated: the smallest detectable effect, in the claim's unit.
        power: share of studies at that effect in which the claim is supported; one of sameness contradicted.
    """

    claim: str
    supported: float
    resolved: float
    covered: float | None
    covered_effect: float | None
    stated: float
    power: float
    n_studies: int


class Found(NamedTuple):
    """Of each study: estimate, limits of the interval, p-value, stated detectable effect."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    stated: np.ndarray


def checked(
    claim: str,
    study: Callable[[np.random.Generator, int, float], Found],
    shape: str,
    rng: np.random.Generator,
    n_studies: int,
) -> Checked:
    """`study` draws studies with a true effect of the given size, in the direction that is claimed.

    Of a claim of sameness the effect is a difference, which it should be `contradicted` by.
    """
    sign = -1 if shape == BELOW else 1
    found = CONTRADICTED if shape == SAME else SUPPORTED
    null = study(rng, n_studies, 0.0)
    stated = float(np.nanmedian(null.stated))
    # errors may grow with the effect: what studies of such an effect state
    stated = float(np.nanmedian(study(rng, n_stated(n_studies), stated).stated))
    effect = study(rng, n_studies, stated)
    words = [word_of(row, shape) for row in zip(*null[:4], strict=True)]
    at_effect = [word_of(row, shape) for row in zip(*effect[:4], strict=True)]
    return Checked(
        claim,
        words.count(SUPPORTED) / n_studies,
        (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
        float(np.mean((null.low <= 0) & (null.high >= 0))),
        float(np.mean((effect.low <= sign * stated) & (effect.high >= sign * stated))),
        stated,
        at_effect.count(found) / n_studies,
        n_studies,
    )


def n_stated(n_studies: int) -> int:
    """Studies that the stated effect is the median of."""
    return max(_FEWEST_STATED, n_studies // 5)


def word_of(row: tuple, shape: str) -> str:
    """The word of one study, by its estimate, limits of the interval and p-value."""
    estimate, low, _, p_value = map(float, row)
    known = {"claim": "", "shape": shape, "p_holm": None, "p_equivalence": None}
    return word(known | {"estimate": estimate, "ci_low": low, "p_value": p_value}, CONFIDENCE)


def means(values: np.ndarray) -> Found:
    """The clustered means of values of shape (studies, skills, tasks)."""
    sums, counts = values.sum(axis=2), np.full(values.shape[:2], float(values.shape[2]))
    least = least_variance(values.reshape(len(values), -1))
    found = clustered_estimates(sums, counts, CONFIDENCE, least)
    errors, freedom = (found[name].to_numpy() for name in ("standard_error", "degrees_of_freedom"))
    stated = [
        students_t(error, own).detectable(CONFIDENCE)["mde"]
        for error, own in zip(errors[:200], freedom[:200], strict=True)
    ]
    columns = (found[name].to_numpy() for name in ("estimate", "ci_low", "ci_high", "p_value"))
    return Found(*columns, np.array(stated))
