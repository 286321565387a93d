"""Floors and ceilings: whether arms have room to move.

Where nearly every task of an arm fails, or nearly every one passes, effects between such arms are not
resolved however many tasks are asked. So this is said before anything is said of power: outright where the
intervals of the pass rates show it, and as a possibility where the rates alone do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

# arms outside of these pass rates have little room to move, so their differences say little
FLOOR, CEILING = 0.05, 0.95
NO_ROOM, PERHAPS = "No room to move", "Perhaps no room to move"
_MORE_OF_THE_SAME = {
    NO_ROOM: "more tasks of this kind would not help",
    PERHAPS: "more tasks of this kind may not help",
}


class Rate(NamedTuple):
    """The pass rate of an arm and the ends of its interval, as fractions; None where undefined."""

    rate: float | None
    low: float | None
    high: float | None

    @property
    def at_floor(self) -> bool:
        """Whether the interval lies below `FLOOR`."""
        return self.rate is not None and self.high is not None and self.high < FLOOR

    @property
    def at_ceiling(self) -> bool:
        """Whether the interval lies above `CEILING`."""
        return self.rate is not None and self.low is not None and self.low > CEILING


def extremes(rates: Iterable[float | None]) -> tuple[int, int, int]:
    """How many pass rates (fractions) there are, how many lie below `FLOOR`, and how many above `CEILING`."""
    known = [rate for rate in rates if rate is not None]
    return len(known), sum(rate < FLOOR for rate in known), sum(rate > CEILING for rate in known)


def no_room(rates: Iterable[tuple[float | None, float | None, float | None]], where: str = "") -> str:
    """`No room to move: 7 of 8 arms below 5 %`, where intervals show that of more than half of the arms.

    Where only the rates themselves are there, `Perhaps no room to move: 7 of 8 arms below 5 % (intervals to
    11.2 %)`; else empty.

    Args:
        rates: `Rate` of each arm; those whose rate is undefined do not count.
        where: what the arms are of, such as `at 45 k`.
    """
    arms = [Rate(*each) for each in rates]
    number = sum(arm.rate is not None for arm in arms)
    low, high = [arm for arm in arms if arm.at_floor], [arm for arm in arms if arm.at_ceiling]
    if 2 * (len(low) + len(high)) > number:
        return f"{NO_ROOM}: {_ends(number, len(low), len(high), where)}"
    low = [arm for arm in arms if arm.rate is not None and arm.rate < FLOOR]
    high = [arm for arm in arms if arm.rate is not None and arm.rate > CEILING]
    if 2 * (len(low) + len(high)) <= number:
        return ""
    tops = [arm.high for arm in low if arm.high is not None]
    bottoms = [arm.low for arm in high if arm.low is not None]
    reach = (
        f" (intervals to {100 * max(tops):.1f} %)" if tops else "",
        f" (intervals from {100 * min(bottoms):.1f} %)" if bottoms else "",
    )
    return f"{PERHAPS}: {_ends(number, len(low), len(high), where, reach)}"


def advised(said: str) -> str:
    """What `no_room` says, and what follows from it for who would ask more tasks."""
    return f"{said}: {_MORE_OF_THE_SAME[PERHAPS if said.startswith(PERHAPS) else NO_ROOM]}"


def _ends(number: int, low: int, high: int, where: str, reach: tuple[str, str] = ("", "")) -> str:
    place = f" {where}" if where else ""
    of_low, of_high = f"below {100 * FLOOR:g} %{reach[0]}", f"above {100 * CEILING:g} %{reach[1]}"
    first = f"{low or high} of {number} arm{'s' * (number > 1)}{place} {of_low if low else of_high}"
    return first + (f" and {high} {of_high}" if low and high else "")
