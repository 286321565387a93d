"""Several effects that are claimed to be above 0 together: one test, and the effect that decides it.

An intersection-union test (Berger, Technometrics 24, 1982): its p-value is that of the part that speaks most
against the claim, and needs no correction for the number of parts.
"""

from __future__ import annotations

from collections.abc import Sequence


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
