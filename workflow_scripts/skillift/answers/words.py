"""Words of an answer: where their case counts, and which spellings of a unit are the same.

The case of a word says nothing where it is written as sentences, headings or emphasis have it: three letters
or more, all small, all capital or with a capital first (`mon`, `MON`, `Mon`). Elsewhere it counts, whichever
of reference and answer has it: `Aa`, `MW` and `mW`, `kWh`, `Co` and `CO`, `x` and `X`. Both sides are read
alike, so equal answers have one key.
"""

from __future__ import annotations

import re

# words of two letters that are words, and no symbols, when their first letter is a capital
_SHORT = "no on up to of or is it we he ok uk us eu am pm ad bc"
_SHORT_WORDS = frozenset(_SHORT.split())
_GENOTYPE = re.compile(r"(?:([A-Za-z])(?i:\1))+")  # AABB, AaBb: the case is all that they say
# A prefix of these letters changes the unit by its case: Mbar and mbar, Pmol and pmol
_PREFIXES = frozenset("mpzyrq")
_UNITS = (
    "metre metres meter meters minute minutes min mile miles month months people person persons point points "
    "pound pounds piece pieces percent year years yen yard yards page pages"
)
# short words with the capital of a sentence, before another word; alone, In and As are symbols
_OPENING = re.compile(r"\A(?:A|An|As|At|Be|By|Do|If|In|My|So)(?= [A-Za-z]{3})")
_UNIT_WORDS = frozenset(_UNITS.split())
_ALIASES = {
    **dict.fromkeys(("percent", "per cent", "pct"), "%"),
    **dict.fromkeys(("euro", "euros", "eur"), "€"),
    **dict.fromkeys(("dollar", "dollars"), "$"),
    **dict.fromkeys(("degree", "degrees", "deg"), "°"),
}
_LETTERS = re.compile(r"\\[A-Za-z]+|[^\W\d_]+")


def word_key(word: str) -> str:
    """The key of a run of letters; equal for words that are the same, whatever their case.

    A command of LaTeX keeps its case: `\\Delta` is not `\\delta`.
    """
    if word.startswith("\\"):
        return word
    ordinary = word.islower() or word.isupper() or word.istitle()
    short = len(word) < 3 and word.casefold() not in _SHORT_WORDS
    return word if short or not ordinary or _GENOTYPE.fullmatch(word) else word.casefold()


def text_key(text: str) -> str:
    """The key of a text without its dress: `word_key` of its words, spaces for commas between them.

    What follows a number is read as its unit.
    """
    text = re.sub(r"[,;](?=\s|\Z)", " ", text)
    text = " ".join(text.split())
    text = _OPENING.sub(lambda found: found[0].lower(), text)
    parts, unit_at = [], None
    for part in re.split(r"(\s)", text):
        if part == " ":
            parts.append(part)
            continue
        parts.append(unit_words(part) if unit_at else _LETTERS.sub(lambda found: word_key(found[0]), part))
        unit_at = bool(re.fullmatch(r"[-+]?[\d.,/]*\d", part))
    return "".join(parts)


def unit_words(text: str) -> str:
    """The key of the words of a unit: their case counts, but for words that are written out."""
    return _LETTERS.sub(lambda found: _unit_word(found[0]), text)


def _unit_word(word: str) -> str:
    spelled_out = word[0].casefold() not in _PREFIXES or word.casefold() in _UNIT_WORDS
    return word_key(word) if spelled_out else word


def unit_key(unit: str) -> str:
    """The key of a unit: its text with its case; spaces around its signs and a few names do not count."""
    unit = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", unit)
    unit = re.sub(r"\s*([/·*^°%])\s*", r"\1", " ".join(unit.split()))
    known = _ALIASES.get(unit.casefold())
    return known or unit_words(unit)
