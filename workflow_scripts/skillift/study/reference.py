"""The reference page of all keys of a study file and of config.yaml, made from their schemas."""

from __future__ import annotations

from collections.abc import Iterator

from skillift.yaml_sources.schema import branch_for, expectation, read_schema, resolve

_INTRODUCTION = """\
# Reference: the study file and config.yaml

Made by `python workflow_scripts/document_study.py` from `rules/schemas/`; do not edit by hand.

A study file says what is studied, config.yaml how it is run. Both are checked before the first job; unknown
keys are errors. In the tables, `<id>` stands for a name of your own choice and `[]` for the items of a list.
"""


def reference_page() -> str:
    """The page as Markdown: one table for each top-level key of the study file, one for config.yaml."""
    study, config = read_schema("study"), read_schema("config")
    parts = [_INTRODUCTION, f"## {study['title']}\n\n{study['description']}\n"]
    plain = []
    for name, schema in study["properties"].items():
        rows = list(_rows(name, schema, study, name in study["required"]))
        rows = _of_references(rows, study) if name == "references" else rows
        if len(rows) == 1:
            plain += rows
        else:
            parts.append(f"### {name}\n\n{_table(rows)}")
    parts.insert(2, _table(plain))
    rows = [
        row
        for name, schema in config["properties"].items()
        for row in _rows(name, schema, config, name in config["required"])
    ]
    parts.append(f"## {config['title']}\n\n{config['description']}\n\n{_table(rows)}")
    return "\n".join(parts)


def _of_references(rows: list[tuple[str, ...]], study: dict) -> list[tuple[str, ...]]:
    """The rows without those of keys that students have too: described once."""
    ours = resolve(study["$defs"]["student"], study)["properties"].keys() - {"source"}
    return [row for row in rows if row[0].strip("`").split(".")[2:3] not in [[name] for name in ours]]


def _table(rows: list[tuple[str, ...]]) -> str:
    head = ("key", "value", "default", "meaning")
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _rows(key: str, schema: dict, root: dict, required: bool) -> Iterator[tuple[str, ...]]:
    schema = resolve(schema, root)
    if "default" in schema and schema["default"] != {}:
        default = f"`{_as_yaml(schema['default'])}`"
    else:
        default = "required" if required else "optional"
    yield f"`{key}`", _value(schema, root), default, schema.get("description", "")
    inner = branch_for({}, schema, root)
    for name, part in inner.get("properties", {}).items():
        yield from _rows(f"{key}.{name}", part, root, name in inner.get("required", ()))
    others = inner.get("additionalProperties")
    if isinstance(others, dict):
        yield from _inner_rows(f"{key}.<id>", others, root)
    if "items" in schema:
        yield from _inner_rows(f"{key}[]", schema["items"], root)


def _inner_rows(key: str, schema: dict, root: dict) -> Iterator[tuple[str, ...]]:
    entry = resolve(schema, root)
    for name, part in entry.get("properties", {}).items():
        yield from _rows(f"{key}.{name}", part, root, name in entry.get("required", ()))


def _value(schema: dict, root: dict) -> str:
    if schema.get("type") == "object":
        return "mapping by id" if isinstance(schema.get("additionalProperties"), dict) else "mapping"
    if "oneOf" in schema:
        return " or ".join(_value(resolve(branch, root), root) for branch in schema["oneOf"])
    if schema.get("type") == "array":
        items = resolve(schema["items"], root)
        return "list of mappings" if items.get("type") == "object" else f"list: {_value(items, root)}"
    if schema.get("pattern") == root.get("$defs", {}).get("id", {}).get("pattern", ""):
        return "id"
    return expectation(_without(schema, "pattern", "minLength"), root)


def _without(schema: dict, *names: str) -> dict:
    return {name: value for name, value in schema.items() if name not in names}


def _as_yaml(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return '""' if value == "" else str(value)
