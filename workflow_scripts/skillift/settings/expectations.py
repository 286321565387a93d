"""What a JSON Schema of settings asks for, in words, for messages and for the reference page."""

from __future__ import annotations

from typing import Any

from skillift.yaml_sources.wording import one_of

Schema = dict[str, Any]

_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_NULL = {"type": "null"}
_LARGEST_SEED = 2**32 - 1


def resolve(schema: Schema, root: Schema) -> Schema:
    """A schema in a form that says at once what it asks for.

    Its `$ref` is followed; a choice between null and one other thing is that thing, `nullable`; one between
    mappings (`oneOf`) has the properties of all of them, too, and requires what all of them require.
    """
    if "$ref" in schema:
        target = resolve(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    branches = [branch for branch in schema.get("anyOf", ()) if branch != _NULL]
    if len(branches) == 1:
        beside = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**resolve(branches[0], root), **beside, "nullable": True}
    if "oneOf" in schema and "properties" not in schema:
        return {**schema, **_together([resolve(branch, root) for branch in schema["oneOf"]])}
    return schema


def _together(variants: list[Schema]) -> Schema:
    properties: Schema = {}
    for variant in variants:
        for name, field in variant["properties"].items():
            words = [*properties.get(name, {}).get("enum", ())]
            if "const" in field and field["const"] not in words:
                words.append(field["const"])
            choice = {"enum": words} if "const" in field else {}
            properties[name] = {key: value for key, value in field.items() if key != "const"} | choice
    shared = set.intersection(*(set(variant["required"]) for variant in variants))
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": [name for name in properties if name in shared],
    }


def branch_of(value: object, schema: Schema, root: Schema) -> Schema | None:
    """Of a choice (`anyOf`) what is of a value's kind, None where nothing is; else the schema itself."""
    if "anyOf" not in schema:
        return schema
    branches = [resolve(branch, root) for branch in schema["anyOf"]]
    return next((branch for branch in branches if _is_of_kind(value, branch["type"])), None)


def _is_of_kind(value: object, kind: str) -> bool:
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    if kind in kinds:
        return isinstance(value, kinds[kind])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return kind == "number" or value == int(value)


def expectation(schema: Schema, root: Schema) -> str:
    """What a schema asks for, in words: `a number above 0 and at most 1`."""
    schema = resolve(schema, root)
    text = _expectation(schema, root)
    return f"{text}, or null" if schema.get("nullable") else text


def _expectation(schema: Schema, root: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return one_of(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema:
        return " or ".join(expectation(branch, root) for branch in schema["anyOf"])
    if "words" in schema and "pattern" in schema:
        return schema["words"]
    text = _KINDS.get(schema.get("type", ""), "another value")
    bounds = [
        f"{word} {schema[name]:g}"
        for name, word in (
            ("exclusiveMinimum", "above"),
            ("minimum", "at least"),
            ("exclusiveMaximum", "below"),
            ("maximum", "at most"),
        )
        if name in schema and schema[name] != _LARGEST_SEED
    ]
    if bounds:
        text += " " + " and ".join(bounds)
    if schema.get("properties"):
        text += f" with the keys {', '.join(schema['properties'])}"
    if schema.get("minItems", 0) > 1:
        text += f" of at least {schema['minItems']}"
    elif "properties" not in schema and any(map(schema.get, ("minItems", "minLength", "minProperties"))):
        text += ", not empty"
    return text
