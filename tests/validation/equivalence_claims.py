"""Claims of sameness where the truth is known: equal lifts told apart, lifts at the margin called equivalent.

Three students answer the tasks of `studies`; on the path `bench`, where verdicts are right.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE, NOTHING, PLANTED
from validation.studies import Population, right_responses

from skillift.statistics.claim_labels import holm
from skillift.statistics.equivalence import tost
from skillift.statistics.gee import fit_logit
from skillift.statistics.heterogeneity import clustered_covariance, equality_test
from skillift.statistics.uncertainty import Uncertainty, students_t

N_STUDENTS = 3
MARGIN = 0.15  # below 1.7 standard errors, 0.1, nothing could be called equivalent
_LIFT = np.array([1, -1, -1, 1])  # of the arms in the order of `studies.ARMS`


class Flagged(NamedTuple):
    """How often a test says what is not so, at 1 - CONFIDENCE."""

    test: str
    flagged: float
    n_studies: int
    n_undefined: int


def false_findings(n_studies: int, seed: int) -> list[Flagged]:
    """Rates of every test over simulated studies; an undefined test finds nothing."""
    rng = np.random.default_rng(seed)
    apart = replace(PLANTED, rates=(*PLANTED.rates[:3], PLANTED.rates[3] - MARGIN))
    found: dict[str, list[float | None]] = {
        "equal lifts differ in pass rates": [],
        "equal lifts differ in log odds": [],
        "one of three pairs of equal lifts differs": [],
        "one of three lifts of zero is resolved": [],
        "lifts that differ by the margin are equivalent": [],
    }
    for _ in range(n_studies):
        study = _students(rng, (PLANTED,) * N_STUDENTS)
        nothing = _students(rng, (NOTHING,) * N_STUDENTS)
        edge = _students(rng, (PLANTED, apart))
        for rates, p_value in zip(
            found.values(),
            (_on_rates(study), _on_log_odds(study), _of_pairs(study), _smallest(nothing), _tost(edge)),
            strict=True,
        ):
            rates.append(p_value)
    return [
        Flagged(
            test,
            float(np.mean([p_value is not None and p_value < 1 - CONFIDENCE for p_value in p_values])),
            n_studies,
            sum(p_value is None for p_value in p_values),
        )
        for test, p_values in found.items()
    ]


def _students(rng: np.random.Generator, populations: tuple[Population, ...]) -> np.ndarray:
    """Pass or fail of each student: floats of shape (students, arms, tasks)."""
    return np.concatenate([right_responses(rng, one, 1) for one in populations]).astype(float)


def _skills(n_tasks: int) -> np.ndarray:
    return np.arange(n_tasks) // PLANTED.per_skill


def _lifts(study: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean lifts, and their covariance clustered by skill."""
    lifts = np.einsum("sat,a->ts", study, _LIFT)
    return lifts.mean(axis=0), clustered_covariance(lifts, _skills(len(lifts)))


def _on_rates(study: np.ndarray) -> float | None:
    test = equality_test(*_lifts(study), PLANTED.n_skills - 1)
    return test.p_value if test else None


def _on_log_odds(study: np.ndarray) -> float | None:
    n_students, n_arms, n_tasks = study.shape
    terms = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]], dtype=float)
    design = np.kron(np.kron(np.eye(n_students), terms), np.ones((n_tasks, 1)))
    fit = fit_logit(study.ravel(), design, np.tile(_skills(n_tasks), n_students * n_arms))
    if fit.reason:
        return None
    lifts = slice(3, None, 4)
    test = equality_test(fit.coefficients[lifts], fit.covariance[lifts, lifts], PLANTED.n_skills - 1)
    return test.p_value if test else None


def _of_pairs(study: np.ndarray) -> float:
    apart = [_difference(*_lifts(study), *pair) for pair in combinations(range(len(study)), 2)]
    return min(holm([uncertainty.p_value(estimate) for estimate, uncertainty in apart]))


def _smallest(study: np.ndarray) -> float:
    from scipy.stats import t

    means, covariance = _lifts(study)
    p_values = 2 * t.sf(np.abs(means) / np.sqrt(np.diag(covariance)), PLANTED.n_skills - 1)
    return min(holm(p_values.tolist()))


def _tost(study: np.ndarray) -> float:
    return tost(*_difference(*_lifts(study), 0, 1), MARGIN)


def _difference(means: np.ndarray, covariance: np.ndarray, i: int, j: int) -> tuple[float, Uncertainty]:
    error = (covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]) ** 0.5
    return means[i] - means[j], students_t(float(error), PLANTED.n_skills - 1)
