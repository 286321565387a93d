"""What does not count in an answer: the width of characters, invisible ones, markup, quotes, brackets.

Characters are folded one by one and not by NFKC, which makes digits of superscripts (10² would be 102) and
pairs of digits of fractions.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial

_FOLDED = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-"),  # hyphens, en dash, minus signs
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d", '"'),
    **dict.fromkeys("\u00ba\u02da", "°"),
    **dict.fromkeys("\u22c5\u2219", "·"),
    **dict.fromkeys("\u2236\ufe55\ua789", ":"),
    **dict.fromkeys("\u060c\u3001\ufe50", ","),
    "\u3002": ".",
    "\u2044": "/",
    "\u2215": "/",
    "\u00b5": "\u03bc",  # the micro sign is the letter
    "\u2113": "l",
    "\u2103": "°C",
    "\u2109": "°F",
    "\u2026": "...",
    "\t": " ",
}
_WIDTHS = ("<wide>", "<narrow>", "<noBreak>")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", "⁺")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_COMMAND = re.compile(r"\\(?:boxed|fbox|text|textbf|textit|texttt|mathrm|mathbf|emph|displaystyle)\s*(?=\{)")
_ROUND = re.compile(r"(\*{1,3}|_{1,3}|`{1,3}|\$\$?|\"|')(?!\s*\Z)(.+)\1", re.DOTALL)
_MATHS = re.compile(r"\\\((.*)\\\)|\\\[(.*)\\\]", re.DOTALL)
_TAG = re.compile(r"</?(?:b|strong|i|em|code|p|br|span|u|h[1-6]|li|answer)\s*/?>", re.IGNORECASE)
# a closing mark; not an ellipsis, nor the mark of a factorial
_CLOSING = re.compile(r"(?<!\.)\.\Z|[?:;,]+\Z|(?<=\w\w)(?<!\d)!+\Z")
_HALF = re.compile(r"\A[*_`]+(?=\s)|(?:\*{2,}|_{2,}|`{2,}|\s[*_`]+)\Z")
_ESCAPES = (
    (re.compile(r"\\([%$&#_])"), r"\1"),
    (re.compile(r"\\[,;:! ]"), " "),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\^\s*\\circ|\^\{\s*\\circ\s*\}"), "°"),
    (re.compile(r"\\(?:times|cdot)(?![a-zA-Z])"), "×"),
)


def fold_characters(text: str) -> str:
    """`text` with characters of one width, plain spaces, plain minus signs and quotes, and none invisible.

    Digits of all scripts become those of ASCII; superscripts, subscripts and fractions stay what they are.
    Line breaks stay too.
    """
    if text.isascii() and "\t" not in text:
        return text
    return "".join(map(_folded, unicodedata.normalize("NFC", text)))


def _folded(character: str) -> str:
    if character in _FOLDED:
        return _FOLDED[character]
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Cf":  # zero-width characters, marks of direction, soft hyphens
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith(_WIDTHS) or "\ufb00" <= character <= "\ufb06":
        return "".join(_FOLDED.get(part, part) for part in unicodedata.normalize("NFKC", character))
    return character


def spell_scripts(text: str) -> str:
    """Superscripts as `^2` and subscripts as `_2`, so that 10² is 10^2 and never 102."""
    text = re.sub("[⁺⁻]?[⁰¹²³⁴-⁹]+", lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    text = re.sub("[₀-₉]+", lambda found: "_" + found[0].translate(_SUBSCRIPTS), text)
    return re.sub(r"([_^])\{(-?\w+)\}(?!\d)", r"\1\2", text)


def undress(text: str, brackets: bool = True) -> str:
    """`text` without what is put around an answer: markup, quotes, `\\boxed`, brackets, a closing mark.

    Brackets around more than one thing stay: (0, 1) and [0, 1] differ.

    Args:
        text: an answer whose characters are folded.
        brackets: whether brackets around the whole are dress.
    """
    before = None
    while text != before:
        before = text
        text = _CLOSING.sub("", _TAG.sub(" ", text).strip()).strip()
        if (found := _ROUND.fullmatch(text)) and found[1] not in found[2]:
            text = found[2]
        elif found := _MATHS.fullmatch(text):
            text = found[1] or found[2] or ""
        elif (found := _COMMAND.match(text)) and encloses(text[found.end() :]):
            text = text[found.end() + 1 : -1]
        elif brackets and encloses(text) and not re.search("[,;]", text):
            text = text[1:-1]
        else:  # the other half of the pair stands before the answer, as in **ANSWER: 5**
            text = _HALF.sub(partial(_pair_alone, text), text)
    for pattern, plain in _ESCAPES:
        text = pattern.sub(plain, text)
    return " ".join(text.split())


def _pair_alone(text: str, mark: re.Match[str]) -> str:
    """The mark of emphasis at an end of a text, if it has its other half there."""
    return mark[0] if _is_pair(mark[0].strip(), text) else ""


def _is_pair(mark: str, text: str) -> bool:
    """Whether a mark at an end of `text` closes one that stands in it: **1**, **2**."""
    return text.count(mark) % 2 == 0


def encloses(text: str) -> bool:
    """Whether the first character of `text` is a bracket that its last character closes."""
    if len(text) < 3 or _PAIRS.get(text[0]) != text[-1]:
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character == text[0]) - (character == text[-1])
        if depth == 0:
            return place == len(text) - 1
    return False
