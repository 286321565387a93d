"""The difference of two specs in words: `learning_rate: 5.0e-3 -> 4.0e-3`."""

from __future__ import annotations

import json
from collections.abc import Iterator

_LONGEST = 60  # characters of a value that are shown


def differences(before: str | None, after: str | None) -> list[str]:
    """One text for each key that differs, by the keys' order.

    Args:
        before: canonical JSON of the settings of the last run; None where they are not known.
        after: that of now.
    """
    old, new = _read(before), _read(after)
    if old is None or new is None:
        return ["settings added" if old is None else "settings removed"] if old is not new else []
    return list(_between("", old, new))


def value(found: object) -> str:
    """A value as a study file would say it, cut where it is long."""
    if isinstance(found, float):
        text = _number(found)
    elif isinstance(found, dict):
        text = f"{found['student']}/{found['run']}" if {"student", "run"} <= set(found) else _mapping(found)
    elif isinstance(found, list):
        text = f"[{', '.join(map(value, found))}]"
    elif found is None or isinstance(found, bool):
        text = json.dumps(found)
    else:
        text = " ".join(str(found).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _read(text: str | None) -> dict | None:
    try:
        found = None if text is None else json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _between(place: str, old: object, new: object) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            inner = f"{place}.{key}" if place else key
            if key not in old:
                yield f"{inner}: added, {value(new[key])}"
            elif key not in new:
                yield f"{inner}: removed, was {value(old[key])}"
            else:
                yield from _between(inner, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and old != new:
        yield from _between_lists(place, old, new)
    elif type(old) is not type(new) or old != new:
        yield f"{place}: {value(old)} -> {value(new)}"


def _between_lists(place: str, old: list, new: list) -> Iterator[str]:
    removed = [entry for entry in old if entry not in new]
    added = [entry for entry in new if entry not in old]
    changes = (("added", added), ("removed", removed))
    parts = [f"{word} {', '.join(map(value, entries))}" for word, entries in changes if entries]
    yield f"{place}: {'; '.join(parts) or 'another order'}"


def _mapping(found: dict) -> str:
    return "{" + ", ".join(f"{key}: {value(entry)}" for key, entry in found.items()) + "}"


def _number(found: float) -> str:
    """As YAML reads it as a number: small ones with a point before their exponent."""
    if found == 0 or 0.01 <= abs(found) < 1e6:
        return repr(found)
    mantissa, exponent = f"{found:e}".split("e")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}e{int(exponent)}"
