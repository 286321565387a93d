"""Calls as JSON: the one that a response ends with, and whether it is the call that was asked for.

A call is an object with a `name` and named `arguments`, as models write it that were trained to call
functions: bare or in a code fence, alone or in a list, the arguments an object or its text in JSON (as chat
APIs have it), `parameters` in place of `arguments`, and all of it inside an object `function`. The last
readable call outside of reasoning counts.

Two calls are the same where the names are, and the arguments by name: numbers by value (7 is 7.0), texts but
for white space around them, lists and objects part by part. Nothing else is bent: `"7"` is not 7, and an
argument more is another call.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

from skillift.answers.reasoning import strip_reasoning

COLUMNS = ("reference",)


class Call(NamedTuple):
    """A function's name and its arguments by name."""

    name: str
    arguments: dict


def last_call(response: str) -> Call | None:
    """The last call of a response outside its reasoning; None where there is none."""
    found = None
    for value in _values(strip_reasoning(response) or ""):
        for each in value if isinstance(value, list) else [value]:
            found = _call(each) or found
    return found


def is_call(text: str) -> bool:
    """Whether a text is one call and nothing else, as a reference is."""
    try:
        return _call(json.loads(text)) is not None
    except ValueError:
        return False


def score(response: str, reference: str) -> bool:
    """Whether the last call of `response` is `reference`, which is a call; a response without one fails."""
    call, wanted = last_call(response), last_call(reference)
    return call is not None and wanted is not None and _same(call._asdict(), wanted._asdict())


def _values(text: str) -> Iterator[object]:
    """The JSON objects and lists in a text, in order; what lies within one is not told again."""
    decoder, place = json.JSONDecoder(), 0
    while (place := min((at for mark in "{[" if (at := text.find(mark, place)) >= 0), default=-1)) >= 0:
        try:
            value, place = decoder.raw_decode(text, place)
        except RecursionError:  # brackets without end, and no call
            return
        except ValueError:
            place += 1
        else:
            yield value


def _call(value: object) -> Call | None:
    if not isinstance(value, dict):
        return None
    if isinstance(inner := value.get("function"), dict):
        value = inner
    name, arguments = value.get("name"), value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    return Call(name.strip(), arguments)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    return False
