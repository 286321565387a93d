"""Floors and ceilings: whether arms have room to move.

Where nearly every task of an arm fails, or nearly every one passes, effects between such arms are not
resolved however many tasks are asked. So this is said before anything is said of power.
"""

from __future__ import annotations

from collections.abc import Iterable

# arms outside of these pass rates have little room to move, so their differences say little
FLOOR, CEILING = 0.05, 0.95
NO_ROOM = "No room to move"
MORE_OF_THE_SAME = "more tasks of this kind would not help"


def extremes(rates: Iterable[float | None]) -> tuple[int, int, int]:
    """How many pass rates (fractions) there are, how many lie below `FLOOR`, and how many above `CEILING`."""
    known = [rate for rate in rates if rate is not None]
    return len(known), sum(rate < FLOOR for rate in known), sum(rate > CEILING for rate in known)


def no_room(rates: Iterable[float | None], where: str = "") -> str:
    """`No room to move: 7 of 8 arms below 5 %`, where that is so of more than half of the arms; else empty.

    Args:
        rates: pass rates of arms as fractions; arms whose rate is undefined do not count.
        where: what the arms are of, such as `at 45 k`.
    """
    number, low, high = extremes(rates)
    if 2 * (low + high) <= number:
        return ""
    place = f" {where}" if where else ""
    low_end, high_end = f"below {100 * FLOOR:g} %", f"above {100 * CEILING:g} %"
    first = f"{low or high} of {number} arms{place} {low_end if low else high_end}"
    return f"{NO_ROOM}: {first}" + (f" and {high} {high_end}" if low and high else "")
