"""Worked steps: which list each step of a response leaves, and what a rewriting makes of the one before.

A rewriting is data, one of these; none of it is ever run as a program:

| keys | what it makes of a list |
|---|---|
| `take`, `length` | the items at these places, counted from 0; of lists of this length alone |
| `sort`: `up` or `down` | the items in their order |
| `move`: `lowest` or `highest` | the lowest item first, or the highest last |
| `step`: n | of each item the one n places on in the order, which begins again at its end |

With `if: [a, b]` it is done where the item at place a is above that at b (-1: the last), else the list stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from skillift.answers.reasoning import strip_reasoning

_STEP = re.compile(r"^\W*step\s+(\d+)\s*[:.)]\s*(.+)$", re.MULTILINE | re.IGNORECASE)
_ITEM = re.compile(r"[\w:.]*\w")
_KEYS = ({"take", "length"}, {"sort"}, {"move"}, {"step"})


def steps_of(response: str) -> dict[int, str]:
    """What stands behind each label "Step n:" of a response, outside reasoning; of several the last."""
    return {int(number): text for number, text in _STEP.findall(strip_reasoning(response) or "")}


def items_in(text: str, order: Sequence[str]) -> tuple[str, ...]:
    """The items at the end of what a step says: "Push 3 1; Take 7" leaves 7."""
    known = {item.casefold(): item for item in order}
    found: list[str] = []
    for word in reversed(_ITEM.findall(text.rpartition(";")[2])):
        if word.casefold() not in known:
            break
        found.append(known[word.casefold()])
    return tuple(reversed(found))


def rewritten(
    items: Sequence[str], rewritings: Sequence[Mapping], order: Sequence[str]
) -> tuple[str, ...] | None:
    """What rewritings make of a list, one after the other; None where one is not for such a list."""
    ranks = {item: rank for rank, item in enumerate(order)}
    found = tuple(items)
    for each in rewritings:
        if not found or any(item not in ranks for item in found):
            return None
        if "if" in each:
            above, below = (found[place] if place < len(found) else found[-1] for place in each["if"])
            if ranks[above] <= ranks[below]:
                continue
        if "take" in each:
            if len(found) != each["length"]:
                return None
            found = tuple(found[place] for place in each["take"])
        elif "sort" in each:
            found = tuple(sorted(found, key=ranks.__getitem__, reverse=each["sort"] == "down"))
        elif "move" in each:
            found = _moved(found, ranks, each["move"])
        else:
            found = tuple(order[(ranks[item] + each["step"]) % len(order)] for item in found)
    return found


def _moved(items: tuple[str, ...], ranks: Mapping[str, int], which: str) -> tuple[str, ...]:
    moved = (min if which == "lowest" else max)(items, key=ranks.__getitem__)
    others = tuple(item for item in items if item != moved)
    return (moved, *others) if which == "lowest" else (*others, moved)


def mistake_in(rewritings: object) -> str:
    """What is wrong with rewritings; empty where nothing is."""
    if not isinstance(rewritings, list):
        return f"by {rewritings!r}, expected a list of rewritings"
    for each in rewritings:
        keys = each.keys() - {"if"} if isinstance(each, dict) else None
        if keys not in _KEYS:
            return f"rewriting {each!r}, expected take and length, sort, move or step"
    return ""
