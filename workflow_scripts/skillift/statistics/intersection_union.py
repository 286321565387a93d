"""Several effects that are claimed to be above 0 together: one test, and the effect that decides it.

An intersection-union test (Berger, Technometrics 24, 1982): its p-value is that of the part that speaks most
against the claim, and needs no correction for the number of parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DRAWS, _MOST_FREEDOM = 4000, 200  # with more degrees of freedom Student's t is taken as normal


def deciding(parts: Sequence[tuple[float | None, float | None]]) -> tuple[int, float | None]:
    """Which of several tests of "above 0" decides that all are, and the p-value of the claim.

    An undefined one, if there is one. Else the most certain of those that are not above 0, with Bonferroni's
    correction, because it is the most certain of several; else the least certain.

    Args:
        parts: estimate and two-sided p-value of each.
    """
    known: list[tuple[float, float]] = []
    for place, (estimate, p_value) in enumerate(parts):
        if estimate is None or p_value is None:
            return place, None
        known.append((estimate, p_value))

    def against(place: int) -> tuple[bool, float]:
        estimate, p_value = known[place]
        return (True, -p_value) if estimate > 0 else (False, p_value)

    place = min(range(len(known)), key=against)
    estimate, p_value = known[place]
    return place, p_value if estimate > 0 else min(1.0, len(known) * p_value)


def drawn_together(
    covariance: np.ndarray, degrees_of_freedom: float, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Draws of how far several contrasts of the same means are from the truth, and of their standard errors.

    The draws are always the same.

    Args:
        covariance: of the means.
        degrees_of_freedom: of the standard errors.
        weights: a row for each contrast.

    Returns:
        Two arrays with a row for each draw and a column for each contrast; None where one does not vary.
    """
    of_contrasts = weights @ covariance @ weights.T
    if not (np.diag(of_contrasts) > 0).all():
        return None
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T @ weights.T
    rng = np.random.default_rng(0)
    around = rng.normal(size=(_DRAWS, len(covariance))) @ root
    freedom = int(min(degrees_of_freedom, _MOST_FREEDOM + 1))
    if freedom > _MOST_FREEDOM:
        return around, np.sqrt(np.diag(of_contrasts))[np.newaxis]
    squares = np.zeros(around.shape)
    for _ in range(freedom):
        squares += (rng.normal(size=(_DRAWS, len(covariance))) @ root) ** 2
    return around, np.sqrt(squares / freedom)
