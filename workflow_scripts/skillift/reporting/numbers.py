"""One number as text: percentage points, per cent, decimals, p-values, the smallest detectable effect."""

from __future__ import annotations

from collections.abc import Sequence

MINUS = "\u2212"


def points(value: float, sign: bool = True) -> str:
    """A difference of fractions in percentage points: 0.07 -> +7.0 pp."""
    return f"{_written(100 * value, 1, sign)} pp"


def span(values: Sequence[float]) -> str:
    """The least and the largest of some differences: -0.07, 0.02 -> -7.0 to +2.0 pp."""
    low, high = points(min(values)), points(max(values))
    return low if low == high else f"{low.removesuffix(' pp')} to {high}"


def percent(value: float) -> str:
    """A fraction in per cent: 0.135 -> 13.5 %."""
    return f"{_written(100 * value, 1)} %"


def decimal(value: float, sign: bool = False, digits: int = 2) -> str:
    """A number with some decimals and a minus sign; `sign` writes the plus, too."""
    return _written(value, digits, sign)


def probability(value: float) -> str:
    """A p-value with three decimals; what is smaller reads `< 0.001`."""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def detectable(value: float) -> str:
    """A smallest detectable effect; one that no difference of two rates can have reads `more than 100 pp`."""
    return points(value, sign=False) if value <= 1 else "more than 100 pp"


def _written(value: float, digits: int, sign: bool = False) -> str:
    rounded = round(value, digits) + 0.0  # no negative zero
    return f"{rounded:{'+' if sign else ''}.{digits}f}".replace("-", MINUS)


def how_many(number: int, noun: str) -> str:
    """`1 lift`, `3 lifts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
