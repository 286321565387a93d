"""What a study declares, as its ledger has it, in words: differences in pp, levels in per cent, labels."""

from __future__ import annotations

from collections.abc import Mapping

from skillift.metrics.names import PASS
from skillift.publication.predictions import effect_in_words, number_in_words, statement
from skillift.reporting.numbers import points
from skillift.reporting.view import in_percent
from skillift.statistics.claim_registry import unit_of_metric

PREDICTIONS = "predictions."
# fractions, by the last part of their key: differences are in percentage points, shares in per cent
_DIFFERENCES = ("delta", "dip", "recovery")
_SHARES = ("confidence", "limit")
_NAMES = {"compare": "compared recipes", "margins": "margin"}


def key_in_words(key: str, labels: Mapping[str, str]) -> str:
    """What a key of the ledger stands for, such as `seeds of sft at 45 k`.

    Args:
        key: of a design or a prediction, such as `seeds.sft.s`.
        labels: of students by id.
    """
    kind, _, of = key.partition(".")
    name = _NAMES.get(kind, kind.replace("_", " "))
    if kind == "seeds":
        recipe, _, student = of.rpartition(".")
        return f"{name} of {recipe} at {labels.get(student, student)}"
    if f"{kind}." == PREDICTIONS:
        which, _, field = of.partition(".")
        return f"prediction {which}" + (f": {field}" if field else "")
    return f"{name} {of}" if kind == "margins" else f"{name} of {of}" if of else name


def value_in_words(key: str, value: object, labels: Mapping[str, str]) -> str:
    """What a design has under a key, in words; empty where it has nothing.

    Args:
        key: see `key_in_words`.
        value: plain data, as a line of the ledger has it.
        labels: of students by id.
    """
    if value is None:
        return ""
    kind, last = key.partition(".")[0], key.rpartition(".")[2]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int) and last in _SHARES:
        return in_percent(value)
    if isinstance(value, float | int) and (kind == "margins" or last in ("margin", *_DIFFERENCES)):
        return points(value, sign=last == "delta")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        if kind == "compare":
            return ", ".join(" against ".join(pair) for pair in value)
        return ", ".join(value_in_words(key, each, labels) for each in value) or "none"
    if isinstance(value, Mapping):
        if value.keys() == {"student", "delta"}:  # a tier of a trajectory
            return f"{labels.get(value['student'], value['student'])} {points(value['delta'])}"
        parts = ((name, each, value_in_words(f"{key}.{name}", each, labels)) for name, each in value.items())
        return "; ".join(_named(name, each, text) for name, each, text in parts if each is not None)
    return labels.get(str(value), str(value)) if last in ("models", "student", "references") else str(value)


def _named(name: str, value: object, text: str) -> str:
    """One entry of what is declared as a mapping: `dip 5.0 pp`; what has entries itself in brackets."""
    said = f"({text})" if isinstance(value, Mapping) and text else text
    return f"{name} {said}".rstrip()


def prediction_in_words(entry: Mapping, labels: Mapping[str, str]) -> str:
    """The words of a prediction; where it has none, its statement."""
    if entry.get("text"):
        return entry["text"]
    if not {"effect", "than", "margin", "direction"} <= entry.keys():  # of a ledger that is older than these
        return value_in_words("", entry, labels)
    minus = entry.get("minus") or {}
    row = {**entry["effect"], "metric": entry.get("metric", PASS)}
    row |= {f"minus_{name}": minus.get(name) for name in ("contrast", "student", "recipe")}
    row |= {name: entry[name] for name in ("than", "margin", "direction")}
    return statement({"recipe": None, **row}, labels)


def field_in_words(name: str, entry: Mapping, labels: Mapping[str, str]) -> str:
    """One key of a prediction in words; empty where it has none."""
    value = entry.get(name)
    if value is not None and name in ("effect", "minus"):
        return effect_in_words(value["contrast"], value["student"], value.get("recipe"), labels)
    if value is not None and name in ("than", "margin"):
        unit = unit_of_metric(entry.get("metric", PASS))
        number = number_in_words(value, unit)
        return f"{number.removeprefix('+') if name == 'margin' else number} {unit}"
    return value_in_words(name, value, labels)
