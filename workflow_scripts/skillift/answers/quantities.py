"""Numbers in usual notation, as exact rationals, each with its unit as text.

1,209,600 and 1 209 600, 1/2 and ½, 1.2e3 and 1.2 × 10^3, forty-two: exact, never through a float. A comma
that is neither between groups of three digits nor followed by a space is not read: `1,2` may be a decimal
number, or two numbers.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import NamedTuple

from skillift.answers.words import unit_key

LONGEST = 400  # characters; a longer text is no number that anybody answers with
LARGEST_EXPONENT = 400  # of ten, either way: 1e999999999 would fill the memory

_CURRENCIES = "€$£¥₹"
_WHOLE = r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:'\d{3})+(?!\d)|[1-9]\d{0,2}(?:[ ]\d{3})+|\d{1,3}(?:\.\d{3}){2,}|\d+"
_FRACTION_SIGNS = "".join(
    chr(code) for code in (0xBC, 0xBD, 0xBE, *range(0x2150, 0x215F))
)  # vulgar fractions: a number each, by the Unicode database
_NUMBER = re.compile(
    rf"""(?P<sign>[+-]?)\s*(?P<before>[{_CURRENCIES}]?)\s*(?P<inner>(?<!\d)[+-]?)\s*
    (?: (?P<mixed>\d+)\s+(?P<mixed_over>\d+)\s*/\s*(?P<mixed_under>\d+)
      | (?P<over>\d+)\s*/\s*(?P<under>\d+)
      | (?P<whole>\d*)\s?(?P<vulgar>[{_FRACTION_SIGNS}])
      | (?P<latex_whole>\d*)\s*\\[dt]?frac\s*
        (?:\{{\s*(?P<latex_over>-?\d+)\s*\}}|(?P<short_over>\d))
        \s*(?:\{{\s*(?P<latex_under>\d+)\s*\}}|(?P<short_under>\d))
      | (?P<decimal>(?:{_WHOLE})(?:\.\d+)?\.?(?![\d])|\.\d+)
        (?:\s*(?:[eE](?P<e>[+-]?\d{{1,4}})(?!\w)|[×x*·]\s*10\s*\^\s*\{{?(?P<power>[+-]?\d{{1,4}})\}}?(?!\w)))?
    )""",
    re.VERBOSE,
)
_ONES_IN_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS_IN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_ONES_IN_WORDS.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TENS_IN_WORDS.split(), start=2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6}
_IN_WORDS = re.compile(
    rf"(?:(?:minus|negative)\s+)?(?:{'|'.join((*_ONES, *_TENS))})\b"
    rf"(?:[\s-]+(?:and\s+)?(?:{'|'.join((*_ONES, *_TENS, *_SCALES))})\b)*",
    re.IGNORECASE,
)
# what cannot begin a unit: the text would be a sum, a list, a date or a time
_NO_UNIT = re.compile(r"[\d,.;:+*×·!=<>\-/^_~]")


class Quantity(NamedTuple):
    """A value and the key of its unit, which is empty where there is none."""

    value: Fraction
    unit: str


def read_quantity(text: str) -> Quantity | None:
    """The number that `text` is, with its unit; None where it is none, or not one alone.

    Args:
        text: an answer without its dress, see `skillift.answers.dress.undress`, with scripts spelled out.
    """
    if len(text) > LONGEST:
        return None
    found = _NUMBER.match(text)
    value, end = (_value(found), found.end()) if found else _in_words(text)
    if value is None:
        return None
    unit = text[end:].strip()
    if found and found["before"]:
        if unit:
            return None
        unit = found["before"]
    if unit and _NO_UNIT.match(unit):
        return None
    if unit and not unit[0].isalpha() and unit[0] not in f"%°'\"{_CURRENCIES}‰Ω(\\":
        return None
    return Quantity(value, unit_key(unit))


def _value(found: re.Match) -> Fraction | None:
    signs = found["sign"] + found["inner"]
    if len(signs) > 1:
        return None
    try:
        value = _magnitude(found)
    except ZeroDivisionError:
        return None
    return None if value is None else -value if signs == "-" else value


def _magnitude(found: re.Match) -> Fraction | None:
    if found["mixed"]:
        return int(found["mixed"]) + Fraction(int(found["mixed_over"]), int(found["mixed_under"]))
    if found["over"]:
        return Fraction(int(found["over"]), int(found["under"]))
    if found["vulgar"]:
        part = Fraction(unicodedata.numeric(found["vulgar"])).limit_denominator(10)
        return int(found["whole"] or 0) + part
    if over := found["latex_over"] or found["short_over"]:
        part = Fraction(int(over), int(found["latex_under"] or found["short_under"]))
        if found["latex_whole"] and part < 0:
            return None
        return int(found["latex_whole"] or 0) + part
    digits = found["decimal"].rstrip(".")
    if digits.count(".") > 1:  # 1.209.600
        digits = digits.replace(".", "")
    if re.match("0.*[,']", digits):  # 0,123
        return None
    exponent = int(found["e"] or found["power"] or 0)
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    return Fraction(re.sub("[, ']", "", digits)) * Fraction(10) ** exponent


def _in_words(text: str) -> tuple[Fraction | None, int]:
    found = _IN_WORDS.match(text)
    if not found:
        return None, 0
    words = [word for word in re.split(r"[\s-]+", found[0].casefold()) if word != "and"]
    sign = -1 if words[0] in ("minus", "negative") else 1
    total, group, last = 0, 0, None
    for word in words[1:] if sign < 0 else words:
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                group *= 100
            else:
                total, group = total + group * scale, 0
        else:
            size = _ONES.get(word, _TENS.get(word, 0))
            if last in _ONES or (last in _TENS and (word in _TENS or not 0 < size < 10)):
                return None, 0  # "three one seven" is a list
            group += size
        last = word
    return Fraction(sign * (total + group)), found.end()
