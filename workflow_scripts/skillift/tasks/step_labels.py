"""The labels that steps carry: "Step 3: ", "3) ", "Schritt 3 - ", "## 3. ".

A label is only one in a series: steps of a procedure whose labels look alike and whose numbers rise. So a
single "Take 3. Then turn." is text, and so is "1.5 cups".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

_LABEL = re.compile(
    r"(?P<before>(?:\#{1,6}[ \t]+)?[*_]{0,3}(?:[^\W\d_]{1,12}[ \t]+|第)?\(?)"
    r"(?P<number>\d{1,4})"
    r"(?P<after>\)?[ \t]*[步章]?[ \t]*(?:[:：)]|\.(?!\d)|[-–—](?=\s))[*_]{0,3}[ \t]*)"
    r"(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
_NESTED = 3  # labels within each other, such as "1. **Step 1: Read**"


def split_labels(steps: Sequence[str]) -> list[tuple[str, str]]:
    """Each step as its label ("" where it has none) and its text."""
    labels, texts = [""] * len(steps), list(steps)
    for _ in range(_NESTED):
        found = _series(texts)
        for place, (label, text) in found.items():
            labels[place], texts[place] = labels[place] + label, text
    return list(zip(labels, texts, strict=True))


def _series(steps: Sequence[str]) -> dict[int, tuple[str, str]]:
    """By place: label and text of the steps that stand in a series of labels."""
    found = {place: match for place, step in enumerate(steps) if (match := _LABEL.fullmatch(step))}
    forms: dict[tuple[str, str], list[int]] = {}
    for place, match in found.items():
        form = match["before"].casefold(), match["after"].strip()
        forms.setdefault(form, []).append(place)
    result = {}
    for places in forms.values():
        numbers = [int(found[place]["number"]) for place in places]
        if len(places) > 1 and all(one < other for one, other in pairwise(numbers)):
            for place in places:
                text = found[place]["text"]
                result[place] = found[place][0][: len(found[place][0]) - len(text)], text
    return result


def without_own_labels(items: Sequence[str]) -> list[str]:
    """The items of a numbered list without labels of their own that count as the list does.

    "1. **Step 1: Read**" would be "Step 1: Step 1: Read" otherwise, and show the right order when shuffled.
    """
    texts = list(items)
    for _ in range(_NESTED):
        found = [_LABEL.fullmatch(text) for text in texts]
        shifts = Counter(int(match["number"]) - place for place, match in enumerate(found) if match)
        counted = {
            place
            for place, match in enumerate(found)
            if match
            and match["text"].strip()
            and int(match["number"]) - place in (0, 1)
            and (shifts[int(match["number"]) - place] > 1 or "step" in match["before"].casefold())
        }
        if not counted:
            break
        texts = [
            _balanced(match["before"], match["text"]) if match and place in counted else text
            for place, (match, text) in enumerate(zip(found, texts, strict=True))
        ]
    return texts


def _balanced(before: str, text: str) -> str:
    """The text of "**Step 1: Read** it" is "**Read** it"."""
    mark = before[: len(before) - len(before.lstrip("*_"))]
    return mark + text if mark and text.count(mark) % 2 else text
