"""Constraints on an answer: which of a list of checks does it meet?

A task with the scorer `constraints` has a list of checks as its reference, as JSON. Its answer stands on the
last ANSWER line: a JSON object or list, or items parted by commas. The checks are these and no others; they
are data, and nothing of a task or of a response is ever run as a program.

| kind | met where | fields |
|---|---|---|
| `equals` | the value is this one | `of`, `to` |
| `between` | the value is a number in the range | `of`, `low`, `high` (one may be left out) |
| `sum` | the sum of the values is in the range; times `weights`, or what a `table` has for each | \
`of`, `weights` or `table`, `low`, `high`, or `to` |
| `order` | the values rise, or fall; equal ones may follow each other | `of`, `descending` |
| `permutation` | the values are these, each once, in any order | `of`, `items` |
| `one_of` | the value is one of these | `of`, `choices` |
| `follows` | the list of a step is what rewritings make of that before it | `step`, `by`, `order`, `list` |

`of` names a field of an object or a place of a list, counted from 0, or has a list of them; where it is left
out, all values. A `table` has a row for each value, which is a place in it, counted from 1. `equals`,
`between` and `one_of` hold for each value that `of` names. A value that is not there meets nothing, and
neither does an answer that cannot be read.

`follows` is about the worked steps of a response: `step` is a number, or `answer` for the ANSWER line. What
rewritings (`by`) are says `skillift.answers.steps`; `order` has all items in their order, and `list` is what
stands before the first step.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from skillift.answers.steps import items_in, mistake_in, rewritten, steps_of
from skillift.scorers.answer_line import extract_answer

COLUMNS = ("reference",)

_RANGE = ("low", "high")
_TOLERANCE = 1e-9


class Kind(NamedTuple):
    """A kind of check: which fields it must and may have, and whether values meet it."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    holds: Callable[[list, Mapping], bool]


def checks_of(reference: str) -> list[dict]:
    """The checks that a reference has.

    Raises:
        ValueError: it is no list of checks; the message says what was found and what was expected.
    """
    try:
        checks = json.loads(reference)
    except ValueError:
        raise ValueError("no JSON") from None
    if not isinstance(checks, list) or not checks:
        raise ValueError("no list of checks")
    for place, check in enumerate(checks):
        if mistake := _mistake(check):
            raise ValueError(f"check {place}: {mistake}")
    return checks


def _answer_in(text: str | None) -> dict | list | None:
    """What an ANSWER line says, as an object or a list; None where there is none."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = [_item(item.strip()) for item in text.strip("[]() ").split(",")]
    if isinstance(value, dict | list):
        return value or None
    return [value]


def met(response: str, reference: str) -> list[bool]:
    """Of each check of a reference, whether a response meets it; none of an answer that cannot be read."""
    return met_by(extract_answer(response), response, reference)


def met_by(line: str | None, response: str, reference: str) -> list[bool]:
    """The same of a response whose ANSWER line, or what is taken for it, is `line` (None: it has none)."""
    checks, answer = checks_of(reference), _answer_in(line)
    steps = steps_of(response)
    return [
        _follows(steps, line, check) if check["kind"] == "follows" else _met(answer, check)
        for check in checks
    ]


def score(response: str, reference: str) -> bool:
    """Whether a response meets every check of a reference."""
    return all(met(response, reference))


def _follows(steps: Mapping[int, str], line: str | None, check: Mapping) -> bool:
    """Whether a step's list is what its rewritings make of the list of the step before it."""
    step, order = check["step"], check["order"]
    text = line if step == "answer" else steps.get(step)
    worked = [number for number, each in steps.items() if items_in(each, order)]
    last = max(worked, default=0) if step == "answer" else step - 1
    before = tuple(check["list"]) if "list" in check else items_in(steps.get(last, ""), order)
    return (
        text is not None and bool(before) and items_in(text, order) == rewritten(before, check["by"], order)
    )


def _met(answer: dict | list | None, check: Mapping) -> bool:
    if answer is None:
        return False
    found = _values(answer, check.get("of"))
    return found is not None and KINDS[check["kind"]].holds(found, check)


def _values(answer: dict | list, of: object) -> list | None:
    """The values that a check is about; None where one of them is not there."""
    if of is None:
        return list(answer.values()) if isinstance(answer, dict) else answer
    found = []
    for name in of if isinstance(of, list) else [of]:
        if isinstance(answer, dict):
            if str(name) not in answer:
                return None
            found.append(answer[str(name)])
        else:
            place = int(str(name)) if str(name).isdecimal() else -1
            if not 0 <= place < len(answer):
                return None
            found.append(answer[place])
    return found


def _item(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _number(value: object) -> float:
    """A value as a number; NaN, which is in no range, of what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _same(one: object, other: object) -> bool:
    numbers = _number(one), _number(other)
    if not any(map(math.isnan, numbers)):
        return math.isclose(*numbers, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return str(one).strip().casefold() == str(other).strip().casefold()


def _within(number: float, check: Mapping) -> bool:
    if "to" in check:
        return _same(number, check["to"])
    low, high = check.get("low", -math.inf), check.get("high", math.inf)
    return low - _TOLERANCE <= number <= high + _TOLERANCE


def _sum(values: list, check: Mapping) -> bool:
    if "table" in check:
        found = _looked_up(values, check["table"])
        return found is not None and _within(sum(found), check)
    weights = check.get("weights", [1] * len(values))
    if len(weights) != len(values):
        return False
    return _within(sum(map(float.__mul__, map(_number, values), map(float, weights))), check)


def _looked_up(values: list, table: Sequence[Sequence[float]]) -> list[float] | None:
    """For each value what its row of a table has at that place, counted from 1; None where it has no such."""
    places = list(map(_number, values))
    if len(places) != len(table):
        return None
    rows = zip(places, table, strict=True)
    if not all(place.is_integer() and 1 <= place <= len(row) for place, row in rows):
        return None
    return [float(row[int(place) - 1]) for place, row in zip(places, table, strict=True)]


def _ordered(values: list, check: Mapping) -> bool:
    numbers = list(map(_number, values))
    keys: Sequence = [str(value).casefold() for value in values] if any(map(math.isnan, numbers)) else numbers
    return list(keys) == sorted(keys, reverse=check.get("descending", False))


def _permuted(values: list, check: Mapping) -> bool:
    def key(value: object) -> object:
        number = _number(value)
        return str(value).strip().casefold() if math.isnan(number) else number

    return Counter(map(key, values)) == Counter(map(key, check["items"]))


KINDS: dict[str, Kind] = {
    "equals": Kind(("to",), (), lambda values, check: all(_same(value, check["to"]) for value in values)),
    "between": Kind(
        (), _RANGE, lambda values, check: all(_within(_number(value), check) for value in values)
    ),
    "sum": Kind((), ("weights", "table", "to", *_RANGE), _sum),
    "order": Kind((), ("descending",), _ordered),
    "permutation": Kind(("items",), (), _permuted),
    "follows": Kind(("step", "by", "order"), ("list",), lambda values, check: False),  # of steps: `_follows`
    "one_of": Kind(
        ("choices",),
        (),
        lambda values, check: all(any(_same(value, each) for each in check["choices"]) for value in values),
    ),
}
_LISTS = ("order", "list", "items", "choices", "weights", "table")


def _mistake(check: object) -> str:
    """What is wrong with a check; empty where nothing is."""
    if not isinstance(check, dict) or check.get("kind") not in KINDS:
        found = check.get("kind") if isinstance(check, dict) else check
        return f"kind {found!r}, expected {', '.join(KINDS)}"
    kind = KINDS[check["kind"]]
    known = {"kind", "of", *kind.needed, *kind.optional}
    if unknown := sorted(check.keys() - known):
        return f"field {unknown[0]!r}, expected {', '.join(sorted(known))}"
    if missing := [name for name in kind.needed if name not in check]:
        return f"no field {missing[0]!r}"
    if check["kind"] in ("between", "sum") and not {"to", *_RANGE} & check.keys():
        return "no low and no high"
    for name in check.keys() & {*_RANGE}:
        if math.isnan(_number(check[name])) or isinstance(check[name], str):
            return f"{name} {check[name]!r}, expected a number"
    for name in check.keys() & {*_LISTS}:
        if not isinstance(check[name], list) or not check[name]:
            return f"{name} {check[name]!r}, expected a list"
    if any(math.isnan(_number(each)) for each in check.get("weights", [])):
        return f"weights {check['weights']!r}, expected numbers"
    if mistake := _mistake_in_table(check) or (mistake_in(check["by"]) if "by" in check else ""):
        return mistake
    if "step" in check and check["step"] != "answer" and not isinstance(check["step"], int):
        return f"step {check['step']!r}, expected a number or answer"
    of = check.get("of")
    if not all(isinstance(name, str | int) for name in (of if isinstance(of, list) else [of or ""])):
        return f"of {of!r}, expected a name, a place, or a list of them"
    return ""


def _mistake_in_table(check: Mapping) -> str:
    for row in check.get("table", []):
        if not isinstance(row, list) or not row or any(math.isnan(_number(each)) for each in row):
            return f"table {row!r}, expected a list of numbers for each value"
    return "weights and table, expected one of them" if {"weights", "table"} <= check.keys() else ""
