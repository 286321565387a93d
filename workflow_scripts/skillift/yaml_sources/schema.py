"""Checking a file's data against a schema, and filling in what the schema says by default.

The schemas stand in `rules/schemas/` (JSON Schema 2020-12, written as YAML). Each finding of
`jsonschema` is turned into one line that names the file, the line, the key, what was found, what was
expected and, where it can be guessed, the fix.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jsonschema
import yaml

from skillift.yaml_sources.source import KeyPath, Source, Words

SCHEMAS = Path(__file__).resolve().parents[3] / "rules" / "schemas"

_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_PYTHON_KINDS = {"object": dict, "array": list, "string": str, "boolean": bool}
_ADDRESS = "^https?://"  # how the pattern of an address begins
_DIGEST = "^[0-9a-f]{64}$"  # the pattern of a SHA-256
HUB_NAME = r"^[^/\s]+/[^/\s]+$"  # the pattern of a model of the hub
_NUMBER = re.compile(r"([+-]?)(\d+)(\.\d*)?(?:[eE]([+-]?)(\d+))?")


@cache
def read_schema(name: str) -> dict:
    """The schema `rules/schemas/<name>.schema.yaml` as plain data (shared: do not change it)."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=loader)


def resolve(schema: dict, root: dict) -> dict:
    """`schema` with its `$ref` into `root` followed; keys beside the `$ref` win."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target = root
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return {**resolve(target, root), **{key: value for key, value in schema.items() if key != "$ref"}}


def branch_for(value: object, schema: dict, root: dict) -> dict:
    """The schema that applies to `value`: resolved, and of a `oneOf` the branch of the value's kind."""
    schema = resolve(schema, root)
    for branch in schema.get("oneOf", ()):
        resolved = resolve(branch, root)
        if isinstance(value, _PYTHON_KINDS.get(resolved.get("type"), object)):
            return {**schema, **resolved}
    return schema


def filled(value: object, schema: dict, root: dict) -> object:
    """A copy of `value` with defaults filled in and numbers in the form that the schema names.

    A `number` becomes a float and an `integer` an int, so that `1` and `1.0` are one setting.
    """
    schema = branch_for(value, schema, root)
    kind = schema.get("type")
    if isinstance(kind, list):  # of a kind, or null
        kind = next(name for name in kind if name != "null")
    if kind == "object" and isinstance(value, dict):
        properties = schema.get("properties", {})
        result = {}
        for name, part in properties.items():
            default = resolve(part, root).get("default")
            if name in value:
                result[name] = filled(value[name], part, root)
            elif default is not None:
                result[name] = filled(copy.deepcopy(default), part, root)
        others = schema.get("additionalProperties")
        for name in [name for name in value if name not in properties]:
            result[name] = filled(value[name], others, root) if isinstance(others, dict) else value[name]
        return result
    if kind == "array" and isinstance(value, list):
        return [filled(item, schema.get("items", {}), root) for item in value]
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def schema_problems(source: Source, schema: dict) -> dict[KeyPath, list[str]]:
    """Everything in which `source.value` does not keep `schema`, by key, each as one line."""
    validator = jsonschema.Draft202012Validator(schema)
    found: dict[KeyPath, list[str]] = {}
    for error in validator.iter_errors(source.value):
        for key, line in _lines(error, source, schema):
            lines = found.setdefault(key, [])
            if line not in lines:
                lines.append(line)
    return found


def expectation(schema: dict, root: dict) -> str:
    """What a schema asks for, in words: `a number above 0 and at most 1`."""
    schema = resolve(schema, root)
    if "enum" in schema:
        return one_of(schema["enum"])
    if "oneOf" in schema:
        return " or ".join(expectation(branch, root) for branch in schema["oneOf"])
    if isinstance(schema.get("type"), list):
        (kind,) = set(schema["type"]) - {"null"}
        return f"{expectation({**schema, 'type': kind}, root)}, or null"
    if "words" in schema and "pattern" in schema:
        return schema["words"]
    text = _KINDS.get(schema.get("type"), "another value")
    bounds = [
        f"{word} {schema[name]:g}"
        for name, word in (
            ("exclusiveMinimum", "above"),
            ("minimum", "at least"),
            ("exclusiveMaximum", "below"),
            ("maximum", "at most"),
        )
        if name in schema and schema[name] != 4294967295
    ]
    if bounds:
        text += " " + " and ".join(bounds)
    if schema.get("type") == "object" and schema.get("properties"):
        text += f" with the keys {', '.join(schema['properties'])}"
    if schema.get("minItems", 0) > 1:
        text += f" of at least {schema['minItems']}"
    elif schema.get("minItems") or schema.get("minLength") or schema.get("minProperties"):
        text += ", not empty"
    return text


def one_of(words: list) -> str:
    """`one of a, b, c`, or the word itself when there is one."""
    return f"one of {', '.join(map(str, words))}" if len(words) != 1 else f"the word {words[0]}"


def did_you_mean(word: object, known: list) -> str:
    """`Did you mean 'curated'?`, or nothing when no known word is near."""
    names = [str(name) for name in known]
    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    return f"Did you mean '{lowered[near[0]]}'?" if near else ""


def _lines(error, source: Source, root: dict) -> Iterator[tuple[KeyPath, str]]:
    key: KeyPath = tuple(error.absolute_path)
    schema, value = error.schema, error.instance
    if error.validator == "oneOf":
        yield from _branch_lines(error, source, root)
    elif error.validator == "additionalProperties":
        known = list(schema.get("properties", {}))
        for name in value:
            if name not in known:
                found, here = Words(f"an unknown key '{name}'"), (*key, name)
                fix = did_you_mean(name, known) or "Delete it."
                yield here, source.problem(here, found, one_of(known), fix)
    elif error.validator == "required":
        properties = root["properties"] if not key else _properties(schema, key, root)
        for name in schema["required"]:
            if name not in value:
                wanted = expectation(properties.get(name, {}), root)
                found = Words(f"no key '{name}'")
                yield (*key, name), source.problem(key, found, wanted, f"Add '{name}: ...'.")
    elif "propertyNames" in error.schema_path and error.validator in ("pattern", "maxLength", "minLength"):
        yield (*key, value), source.problem((*key, value), value, expectation(schema, root), _id_fix(value))
    elif error.validator == "uniqueItems":
        for index, item in enumerate(value):
            if item in value[:index]:
                here = (*key, index)
                yield here, source.problem(here, item, "every item once", "Delete one of the two.")
    elif error.validator in ("minProperties", "maxProperties") and schema.get("properties"):
        found = Words(f"the keys {', '.join(value)}" if value else "no key")
        yield key, source.problem(key, found, f"exactly {one_of(list(schema['properties']))}")
    elif error.validator == "not":
        yield key, source.problem(key, Words(f"the key '{key[-1]}'"), *_forbidden(key, source))
    else:
        yield key, source.problem(key, shown(value), expectation(schema, root), _fix(value, schema, error))


def _branch_lines(error, source: Source, root: dict) -> Iterator[tuple[KeyPath, str]]:
    """Of a `oneOf`, the findings of the branch that has the value's kind; else the whole choice."""
    branches: dict[int, list] = {}
    for part in error.context:
        branches.setdefault(part.schema_path[0], []).append(part)
    for parts in branches.values():
        if all(part.validator != "type" or part.path for part in parts):
            for part in parts:
                yield from _lines(part, source, root)
            return
    key = tuple(error.absolute_path)
    yield key, source.problem(key, shown(error.instance), expectation(error.schema, root))


def _properties(schema: dict, key: KeyPath, root: dict) -> dict:
    """The properties beside a `required`; those of the whole entry at `key` where it stands in an if/then."""
    if any(schema.get("properties", {}).get(name) for name in schema["required"]):
        return schema["properties"]
    entry = root
    for part in key:
        entry = resolve(entry, root)
        inner = entry.get("items") if isinstance(part, int) else entry.get("properties", {}).get(part)
        entry = inner or entry.get("additionalProperties") or {}
    return resolve(entry, root).get("properties", {})


def _forbidden(key: KeyPath, source: Source) -> tuple[str, str]:
    around = source.value
    for part in key[:-1]:
        around = around[part]
    if "parts" in around and key[-1] in ("package", "version", "file"):
        return "no such key beside `parts`", "Each of the parts has its own: delete it, or the `parts`."
    choice = "kind" if "kind" in around else "source"
    return f"no such key with {choice}: {around.get(choice)}", f"Delete it, or change `{choice}`."


def shown(value: object) -> object:
    """A value as messages show it: nothing for null, and long ones cut."""
    if value is None:
        return Words("nothing")
    text = repr(value)
    return Words(text[:77] + "...") if len(text) > 80 else value


def _id_fix(name: object) -> str:
    corrected = re.sub(r"[^A-Za-z0-9._-]+", "-", str(name)).strip("-._")[:64]
    return f"Write '{corrected}'." if corrected else ""


def _fix(value: object, schema: dict, error) -> str:
    if error.validator == "enum":
        return did_you_mean(value, schema["enum"])
    wanted = schema.get("type")
    if error.validator == "type" and isinstance(value, str):
        if wanted in ("number", "integer"):
            return _number_fix(value)
        if wanted == "array":
            return f"Write [{value}]."
    if error.validator == "type" and wanted == "string" and isinstance(value, bool | int | float):
        return f'Put it in quotes: "{value}".'
    if error.validator == "pattern" and schema["pattern"] == _DIGEST:
        return _digest_hint(str(value))
    if error.validator == "pattern" and schema["pattern"] == HUB_NAME:
        return hub_hint(str(value))
    if error.validator == "pattern" and schema["pattern"].startswith(_ADDRESS):
        bare = str(value).rpartition("://")[2].strip().lstrip("/")
        return f"Write http://{bare}, or https://{bare}." if bare else "Write http://localhost:8000/v1."
    if error.validator == "pattern" and "A-Za-z0-9" in schema.get("pattern", "")[:12]:
        return _id_fix(value)
    return ""


def hub_hint(name: str) -> str:
    """How to write the name of a model of the hub that is given as an address, a folder or without owner."""
    found = re.fullmatch(r"\s*(?:https?://[^/\s]+/)?([^/\s.][^/\s]*/[^/\s]+)(?:/.*)?\s*", name)
    if found and found[1] != name and (name.strip() == found[1] or "://" in name):
        return f"Write {found[1]}."
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return "For a folder on this machine write `source: path` and its `path`."
    return "The name stands at the top of the model's page: its owner, a slash, its name."


def _digest_hint(digest: str) -> str:
    bare = digest.strip().lower().removeprefix("sha256:")
    return f"Write {bare}." if re.fullmatch(_DIGEST, bare) else ""


def _number_fix(text: str) -> str:
    bare = text.strip().replace(",", ".") if text.count(",") == 1 else text.strip()
    if bare.endswith("%"):
        try:
            return f"Write {float(bare[:-1]) / 100:g}."
        except ValueError:
            return ""
    match = _NUMBER.fullmatch(bare)
    if not match:
        return ""
    sign, whole, fraction, exponent_sign, exponent = match.groups()
    if exponent is None:
        return f"Write {sign}{whole}{fraction or ''} without quotes."
    digits = fraction if fraction and fraction != "." else ".0"
    number = f"{sign}{whole}{digits}e{exponent_sign or '+'}{exponent}"
    if number == bare:
        return f"Write {number} without quotes."
    return f"Write {number} (YAML reads {text} as text: a number needs a point and the exponent's sign)."
