"""The comparison: whether an answer says what a reference says, by the reference's type.

Each type but `latex` has a key: answers are equal where their keys are, so that votes can be counted by it.

- `number`: the value as an exact rational, and the unit as text with its case; what is no number is a text
- `text`: the words in order
- `choice`: the label, whatever stands behind it but another label
- `list`: the items in order, each a number or a text
- `latex`: what `math-verify` takes for equal, after numbers and texts were told apart here

A task without a type has that of its reference, see `type_of`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from skillift.answers import ANSWER_TYPES
from skillift.answers.dress import encloses, fold_characters, spell_scripts, undress
from skillift.answers.quantities import read_quantity
from skillift.answers.words import text_key

Key = tuple[Hashable, ...]

_LABEL = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+)?(?:option|choice|answer)(?:\s+is)?:?\s+)?"
    r"[(\[]?(?P<label>[A-Za-z]|\d{1,2})(?:(?P<mark>[)\]])|(?=[.:\s]|\Z))"
    r"(?:[.:)]?\s+(?:[-—:]\s+)?(?P<rest>\S.*)|[.:]?)",
    re.IGNORECASE | re.DOTALL,
)
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|`+)(?=\S)(.+?)(?<=\S)\1")
_LABELS = re.compile(r"[A-H](?:[.):,\s]+[A-H])+[.)]?")
_CHOICE = re.compile(r"\(?[A-H][).]?")
_COMMAND = re.compile(
    r"\\(?:[dt]?frac|sqrt|pi|cdot|times|left|begin|infty|sum|int|log|ln|sin|cos|tan|alpha|beta|gamma|theta|"
    r"lambda|mu|sigma|pm|leq?|geq?|neq|cup|cap|emptyset|binom|overline|vec|mathbb|mathrm|text|in)(?![a-zA-Z])"
)
# a text among LaTeX answers, such as "Tuesday": all small letters or capitals may be a product of symbols
_WORDS = re.compile(r"(?:[A-Z]?[a-z]{3,}[ .,]*)+")
_TERM = re.compile(r"\\(?!text\b|mathrm\b|circ\b)|[-+(){}*=<>_]|\A[a-z](?![a-z])")
_BRACKETS = re.compile(r"\\(?:left|right)(?![a-zA-Z])\s*|\\(?=[{}])")  # what LaTeX writes before a bracket
_INTERVAL = re.compile(r"[(\[][^,;()\[\]]+[,;][^,;()\[\]]+[)\]]")


def type_of(reference: str) -> str:
    """The type of a task that names none, read from its reference.

    - `latex`: it holds a command of LaTeX that is no dress, such as `\\frac`
    - `number`: it is one number, with a unit of up to three words or without
    - `list`: its items are single words or numbers, two or more between commas or semicolons, three or more
      between commas without spaces, or two or more numbers between spaces
    - `choice`: it is one letter from A to H, with brackets or without
    - `text`: anything else; also (0, 1) and [0, 1], which as intervals differ, `007`, and `1,2`, which may
      be a number or a list
    """
    folded = fold_characters(reference)
    plain = undress(folded)
    if _CHOICE.fullmatch(folded.strip()):
        return "choice"
    if _is_quantity(plain, spaced=reference):
        return "number"
    if _COMMAND.search(plain):
        return "latex"
    return "list" if _is_list(plain) else "text"


def _is_quantity(plain: str, spaced: str) -> bool:
    if re.match(r"[-+]?0\d|\d+ \d{3}(?!\d)", plain) and " " not in _wide_spaces(spaced):
        return False  # a code; or numbers between plain spaces
    quantity = read_quantity(spell_scripts(plain))
    if quantity is None:
        return False
    unit = re.sub(r"[\^]-?\d", "", quantity.unit)
    if unit and _COMMAND.search(re.sub(r"\\(?:text|mathrm)\b", "", plain)):
        return False
    return len(unit.split()) <= 3 and not re.search(r"[\d,;]", unit) and bool(re.search(r"[\d½¼¾]|\w", plain))


def _wide_spaces(text: str) -> str:
    return text.replace(" ", "").replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")


def _is_list(plain: str) -> bool:
    if _INTERVAL.fullmatch(plain):
        return False
    items = list_items(plain)
    if len(items) < 2 or any(" " in item for item in items):
        return False
    numbers = all(re.fullmatch(r"[-+]?\d+(?:\.\d+)?", item) for item in items)
    if re.search(r"[,;]\s|;", plain):
        return True
    return numbers and (len(items) > 2 or "," not in plain)


def list_items(text: str) -> list[str]:
    """The items of a list without its dress.

    They stand between semicolons, else between commas with a space, else between commas, else between
    spaces; brackets around the whole and an `and` before the last do not count.
    """
    while encloses(text):
        text = text[1:-1].strip()
    for separator in (r"\s*;\s*", r",\s+", r"\s*,\s*", r"\s+"):
        if re.search(separator, text):
            break
    items = [item for item in re.split(separator, text) if item]
    if len(items) > 1:
        items[-1] = re.sub(r"\A(?:and|&)\s+", "", items[-1])
        if "," in separator or ";" in separator:
            items[-1:] = re.split(r"\s+(?:and|&)\s+", items[-1], maxsplit=1)
        elif len(items) > 2 and items[-2] in ("and", "&"):
            del items[-2]
    return items


def answer_key(answer: str, answer_type: str) -> Key:
    """What stands for an answer in a comparison or a count of votes; answers of one key are equal.

    The keys of `latex` are finer than its equality, see `answer_groups`.

    Raises:
        ValueError: an unknown type.
    """
    folded = fold_characters(answer)
    if answer_type == "choice":
        return _choice_key(folded)
    if answer_type != "latex":
        folded = _BRACKETS.sub("", folded)
    plain = spell_scripts(undress(folded))
    if answer_type == "list":
        return ("list", *(_item_key(item) for item in list_items(plain)))
    if answer_type in ("number", "latex"):
        inside = plain[1:-1] if encloses(plain) else ""  # (1,000), whose comma could have been that of a pair
        quantity = read_quantity(plain) or read_quantity(inside)
        if answer_type == "latex" and not _WORDS.fullmatch(plain):
            # letters are symbols, whose case counts; 2(x + 1) is no number with a unit
            return ("text", plain) if quantity is None or _TERM.search(quantity.unit) else quantity
        return quantity or ("text", text_key(plain))
    if answer_type == "text":
        return _interval_key(plain) or ("text", text_key(plain))
    raise ValueError(f"answer_type: found {answer_type!r}, expected one of {', '.join(ANSWER_TYPES)}")


def _interval_key(plain: str) -> Key | None:
    if not _INTERVAL.fullmatch(plain):
        return None
    ends = re.split("[,;]", plain[1:-1])
    return ("interval", plain[0], *(_item_key(end.strip()) for end in ends), plain[-1])


def _item_key(item: str) -> Key:
    plain = undress(item, brackets=False)
    return read_quantity(plain) or ("text", text_key(plain))


def _choice_key(folded: str) -> Key:
    for dressed in (folded.strip(), undress(folded)):
        text = _EMPHASIS.sub(r"\2", dressed)
        found = _LABEL.fullmatch(text)
        if not found or _names_another(text, found):
            continue
        behind = text[found.end("label") :]
        if found["mark"] or not found["rest"] or re.match(r"[.:)]|\s+(?:[-—]\s|\()", behind):
            return ("choice", found["label"].upper())
    return ("text", text_key(spell_scripts(undress(folded))))


def _names_another(text: str, found: re.Match) -> bool:
    """Whether a second label stands behind the first: B or C, B) Paris and C) Rome, B. C., B - C."""
    rest, behind = found["rest"] or "", text[found.end("label") :]
    if re.match(r"\W?(?:or|and)\b|[/,&]", rest, re.IGNORECASE):
        return True
    if _LABELS.fullmatch(rest) or re.fullmatch(r"\s+[-—]\s+[A-H]", behind):
        return True
    letters = "A-H" if found["label"].isupper() else "a-h"
    others = re.findall(rf"(?<![\w(\[])[(\[]?([{letters}])[)\]](?!\w)", rest)
    return any(other != found["label"] for other in others)


def says_the_same(answer: str, reference: str, answer_type: str) -> bool:
    """Whether `answer` says what `reference` says; an answer without content never does.

    Raises:
        ValueError: an unknown type.
    """
    key, right = answer_key(answer, answer_type), answer_key(reference, answer_type)
    if key == right:
        return key not in (("text", ""), ("list",))
    if answer_type != "latex" or "text" not in (key[0], right[0]):
        return False
    from skillift.answers.latex import same_latex

    return same_latex(answer, reference)


def answer_groups(answers: Sequence[str], answer_type: str) -> list[int]:
    """For each answer the place of the first one that says the same, for votes.

    Of the type `latex`, an answer joins the first group whose first answer it equals.
    """
    first: dict[Key, int] = {}
    groups: list[int] = []
    for place, answer in enumerate(answers):
        key = answer_key(answer, answer_type)
        group = first.get(key)
        if group is None and answer_type == "latex":
            group = next((at for at in first.values() if says_the_same(answer, answers[at], "latex")), None)
        groups.append(first.setdefault(key, place if group is None else group))
    return groups
