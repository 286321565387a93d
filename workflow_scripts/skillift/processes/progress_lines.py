"""The lines by which jobs say how far they are: their form, and how they are read back.

`training: 12 of 46 steps, 0.4 steps/min, loss 0.69, 1,120 tokens/s, 1 h 25 min left` is a `Line`;
`generate: starting vLLM with the model ... 48 s` is a `Phase`, of what cannot be counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_LINE = re.compile(
    r"(?P<label>[^:]+): (?P<done>\d[\d,]{0,20}) of (?P<total>\d[\d,]{0,20}) (?P<unit>[a-z-]+)"
    r"(?P<more>(?:, .+)?)"
)
_PHASE = re.compile(
    r"(?P<label>[^:]+): (?P<what>.+) \.\.\. (?P<time>\d{1,9} (?:d|h|min|s)(?: \d{1,9} (?:h|min|s))?)"
)


@dataclass(frozen=True)
class Line:
    """How far a counted work is, as its line says it.

    Attributes:
        label: what is done, such as `train`; without a colon.
        done: of `total`.
        total: how many there are.
        unit: of one of them, such as `step`.
        details: what else is said, without a comma and a space: the rate, the loss.
        seconds_left: until all are done; None where nobody knows.
    """

    label: str
    done: int
    total: int
    unit: str
    details: tuple[str, ...] = ()
    seconds_left: int | None = None

    def __str__(self) -> str:
        first = f"{self.label}: {self.done:,} of {self.total:,} {self.unit}{'' if self.total == 1 else 's'}"
        left = [] if self.seconds_left is None else [f"{duration_text(self.seconds_left)} left"]
        return ", ".join([first, *self.details, *left])


@dataclass(frozen=True)
class Phase:
    """What cannot be counted, and for how many seconds it has lasted, as its line says it."""

    label: str
    what: str
    seconds: int

    def __str__(self) -> str:
        return f"{self.label}: {self.what} ... {duration_text(self.seconds)}"


def parse_line(text: str) -> Line | Phase | None:
    """What a line of a log says of a job's progress; None where it says something else.

    Times come back as exactly as `duration_text` gives them.
    """
    text = text.strip()
    if found := _LINE.fullmatch(text):
        total = _number(found["total"])
        more = found["more"].split(", ")[1:]
        left = (
            parse_duration(more.pop().removesuffix(" left")) if more and more[-1].endswith(" left") else None
        )
        unit = found["unit"] if total == 1 else found["unit"].removesuffix("s")
        return Line(found["label"], _number(found["done"]), total, unit, tuple(more), left)
    if found := _PHASE.fullmatch(text):
        return Phase(found["label"], found["what"], parse_duration(found["time"]) or 0)
    return None


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def duration_text(seconds: float) -> str:
    """`48 s`, `3 min 20 s`, `1 h 25 min`, `2 d 3 h`: the two largest units."""
    rest = max(0, round(seconds))
    parts: list[tuple[int, str]] = []
    for size, unit in _UNITS:
        number, rest = divmod(rest, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "0 s"


def parse_duration(text: str) -> int | None:
    """Seconds of a text of `duration_text`, as exactly as it gives them; None where it is another text."""
    sizes = {unit: size for size, unit in _UNITS}
    words = text.split()
    numbers = all(word.isdecimal() and len(word) < 10 for word in words[::2])
    if len(words) % 2 or not numbers or not all(word in sizes for word in words[1::2]):
        return None
    return sum(int(number) * sizes[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


def rate_text(per_second: float, unit: str) -> str:
    """`1,120 tokens/s`, `0.4 steps/min`, `3.0 steps/h`: so that the number says something."""
    for size, name in ((1, "s"), (60, "min")):
        if per_second * size >= (1 if size == 1 else 0.1):
            return f"{_short(per_second * size)} {unit}s/{name}"
    return f"{_short(per_second * 3600)} {unit}s/h"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"
