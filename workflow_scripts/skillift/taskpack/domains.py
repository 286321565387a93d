"""The kinds of items that the lists of the task pack are made of, one ordered alphabet for each.

A domain gives a skill its second word (a "harbor code" rewrites numbers) and its items an order, which
sorting and stepping use. Nothing here is random: the alphabets are fixed for each difficulty.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

LENGTHS = {"tiny": (3, 3), "easy": (4, 5), "standard": (6, 9)}  # items of a list, least and most
Items = tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """An ordered, cyclic alphabet of items, and the words that speak of them.

    `share` is the number of skills of a full pack in this domain (40 over all domains).
    """

    name: str
    share: int
    noun: str
    nouns: str
    order: Items
    lowest: str = ""
    highest: str = ""
    exceeds: str = ""

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The place of each item in the order, counted from 0."""
        return {item: rank for rank, item in enumerate(self.order)}

    def words(self) -> dict[str, str]:
        """The fields that a sentence about this domain may use."""
        return {
            "noun": self.noun,
            "nouns": self.nouns,
            "low": self.lowest,
            "high": self.highest,
            "exceeds": self.exceeds,
            "first": self.order[0],
            "last": self.order[-1],
        }


_NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa "
    "Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu"
)

TINY_DOMAINS = (
    Domain("code", 16, "number", "numbers", tuple("12345678")),
    Domain("tag", 14, "letter", "letters", tuple("ABCDEFGH")),
    Domain("slot", 10, "day", "days", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
)

_FOOD = "apple bread cake egg fish grape honey jam lemon milk nut orange peach rice soup tea"

# plain words that any language model knows, in an order that it knows too
EASY_DOMAINS = (
    Domain(
        "code",
        16,
        "number",
        "numbers",
        tuple(str(n) for n in range(1, 21)),
        "smallest",
        "largest",
        "exceeds",
    ),
    Domain(
        "tag",
        14,
        "word",
        "words",
        tuple(_FOOD.split()),
        "earliest",
        "latest",
        "follows",
    ),
    Domain(
        "slot",
        10,
        "day",
        "days",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "earliest",
        "latest",
        "follows",
    ),
)

STANDARD_DOMAINS = (
    Domain(
        "code",
        16,
        "number",
        "numbers",
        tuple(str(n) for n in range(10, 100)),
        "smallest",
        "largest",
        "exceeds",
    ),
    Domain("tag", 14, "word", "words", tuple(_NATO.split()), "earliest", "latest", "follows"),
    Domain(
        "slot",
        10,
        "time",
        "times",
        tuple(f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 30)),
        "earliest",
        "latest",
        "follows",
    ),
)

DOMAINS = {"tiny": TINY_DOMAINS, "easy": EASY_DOMAINS, "standard": STANDARD_DOMAINS}
