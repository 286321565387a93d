"""What is wrong with a file's settings, one line each: place, what was found, what was expected, the fix.

Pydantic finds what is wrong; what it says of it is put in the words of the house.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from skillift.settings.base import Settings
from skillift.settings.expectations import Schema, branch_of, expectation, resolve
from skillift.settings.json_schema import json_schema
from skillift.yaml_sources.source import KeyPath, Source, Words
from skillift.yaml_sources.wording import (
    HUB_NAME,
    did_you_mean,
    digest_hint,
    hub_hint,
    id_fix,
    number_fix,
    one_of,
    shown,
)

_NUMBERS_OF_KEYS = {"exactly_one": "exactly", "at_least_one": "at least"}
_TRUTH = {"yes": "true", "on": "true", "no": "false", "off": "false"}  # as YAML read them before 1.2


class _Place(NamedTuple):
    """Where in a file an error is.

    Attributes:
        key: the key.
        value: what the file has there.
        schema: what is asked for there.
        around: the schema of the mapping or list that it is in.
        choice: where that is one of several models: all of them together.
        beside: what the file has of that mapping or list.
    """

    key: KeyPath
    value: Any
    schema: Schema
    around: Schema
    choice: Schema
    beside: Any


def problems(error: ValidationError, source: Source, model: type[Settings]) -> dict[KeyPath, list[str]]:
    """Everything in which a file does not keep a settings model, by key, each as one line."""
    root = json_schema(model)
    found: dict[KeyPath, list[str]] = {}
    for detail in error.errors(include_url=False):
        place = _place(detail["loc"], detail["type"], source.value, root)
        for key, line in _lines(detail, place, source, root):
            lines = found.setdefault(key, [])
            if line not in lines:
                lines.append(line)
    return found


def _place(location: tuple, kind: str, value: Any, root: Schema) -> _Place:
    """Pydantic's location is that of the value, with the names of the models that it took it for."""
    here, choice = resolve(root, root), {}
    place = _Place((), value, here, {}, {}, None)
    for number, part in enumerate(location, 1):
        name = f"#/$defs/{part}"
        if any(branch.get("$ref") == name for branch in here.get("oneOf", ())):
            here, choice = resolve({"$ref": name}, root), here
            continue
        if isinstance(value, list) and isinstance(part, int):
            inner, below = here["items"], value[part]
        elif isinstance(value, dict) and (part in value or (number == len(location) and kind == "missing")):
            inner = here.get("properties", {}).get(part, here.get("additionalProperties"))
            below = value.get(part)
        else:
            continue
        around, beside, value = here, value, below
        schema = resolve(inner if isinstance(inner, dict) else {}, root)
        place = _Place((*place.key, part), value, schema, around, choice, beside)
        here, choice = branch_of(value, schema, root) or schema, {}
    return place


def _lines(detail: Any, place: _Place, source: Source, root: Schema) -> Iterator[tuple[KeyPath, str]]:
    kind, key, value = detail["type"], place.key, place.value
    if detail["loc"] and detail["loc"][-1] == "[key]":
        wanted = expectation(place.around["propertyNames"], root)
        yield key, source.problem(key, key[-1], wanted, id_fix(key[-1]))
    elif kind == "extra_forbidden":
        yield from _unknown_key(place, source)
    elif kind == "missing":
        properties = (place.choice or place.around)["properties"]
        if _is_chosen(place) or key[-1] in place.choice["required"]:
            found = Words(f"no key '{key[-1]}'")
            wanted = expectation(properties[key[-1]], root)
            yield key, source.problem(key[:-1], found, wanted, f"Add '{key[-1]}: ...'.")
    elif kind == "not_unique":
        for index in detail["ctx"]["places"]:
            here = (*key, index)
            yield here, source.problem(here, value[index], "every item once", "Delete one of the two.")
    elif kind in _NUMBERS_OF_KEYS:
        found = Words(f"the keys {', '.join(value)}" if value else "no key")
        keys = list((branch_of(value, place.schema, root) or place.schema)["properties"])
        yield key, source.problem(key, found, f"{_NUMBERS_OF_KEYS[kind]} {one_of(keys)}")
    else:
        yield from _wrong_value(kind, place, source, root)


def _is_chosen(place: _Place) -> bool:
    """Whether the file says which of several models an entry is of, or there is only one."""
    choosing = place.choice and _choosing(place)
    return not choosing or place.beside.get(choosing) in place.choice["properties"][choosing]["enum"]


def _choosing(place: _Place) -> str:
    """The key whose word says which of several models an entry is of; empty where a key's presence does."""
    properties = place.choice["properties"]
    return next((name for name in place.choice["required"] if "enum" in properties[name]), "")


def _unknown_key(place: _Place, source: Source) -> Iterator[tuple[KeyPath, str]]:
    key, name = place.key, place.key[-1]
    if name not in place.choice.get("properties", ()):
        known = list((place.around if _is_chosen(place) else place.choice)["properties"])
        found, fix = Words(f"an unknown key '{name}'"), did_you_mean(name, known) or "Delete it."
        yield key, source.problem(key, found, one_of(known) if known else "no keys", fix)
    elif _is_chosen(place):
        expected, fix = (
            "no such key beside `parts`",
            "Each of the parts has its own: delete it, or the `parts`.",
        )
        if not (choosing := _choosing(place)):
            there = "like" in place.beside
            expected = f"no such key {'beside' if there else 'without'} `like`"
            fix = f"Delete it, or {'the' if there else 'add'} `like`."
        elif "parts" not in place.around["properties"]:
            expected = f"no such key with {choosing}: {place.beside[choosing]}"
            fix = f"Delete it, or change `{choosing}`."
        yield key, source.problem(key, Words(f"the key '{name}'"), expected, fix)


def _wrong_value(kind: str, place: _Place, source: Source, root: Schema) -> Iterator[tuple[KeyPath, str]]:
    key, value, schema = place.key, place.value, place.schema
    if place.choice and key[-1] == _choosing(place):
        schema = place.choice["properties"][key[-1]]
    branch, first = branch_of(value, schema, root), resolve(schema.get("anyOf", [schema])[0], root)
    if "anyOf" in schema and branch:
        literal = "enum" in branch or "const" in branch
        if kind.endswith("_type") or (kind == "literal_error" and not literal):
            return  # said by a branch for another kind of values
        wanted = expectation(schema if literal else branch, root)
    else:
        wanted = expectation(schema, root)
    yield key, source.problem(key, shown(value), wanted, _fix(value, branch or first))


def _fix(value: object, schema: Schema) -> str:
    kind, pattern = schema.get("type"), schema.get("pattern", "")
    words = schema.get("enum") or [schema[name] for name in ("const",) if name in schema]
    if words:
        return did_you_mean(value, words)
    if isinstance(value, str) and kind != "string":
        if kind in ("number", "integer"):
            return number_fix(value)
        if kind == "boolean" and value.lower() in _TRUTH:
            return f"Write {_TRUTH[value.lower()]}."
        return f"Write [{value}]." if kind == "array" else ""
    if kind == "string" and isinstance(value, bool | int | float):
        return f'Put it in quotes: "{value}".'
    return _pattern_fix(str(value), pattern) if pattern and isinstance(value, str) else ""


def _pattern_fix(value: str, pattern: str) -> str:
    if "[0-9a-f]{64}" in pattern:
        return digest_hint(value)
    if pattern == HUB_NAME:
        return hub_hint(value)
    if pattern.startswith("^https?://"):
        bare = value.rpartition("://")[2].strip().lstrip("/")
        return f"Write http://{bare}, or https://{bare}." if bare else "Write http://localhost:8000/v1."
    return id_fix(value) if "A-Za-z0-9" in pattern[:12] else ""
