"""The reference page of all keys of a study file and of config.yaml, made from the settings models."""

from __future__ import annotations

from collections.abc import Iterator

from skillift.settings.config import Config
from skillift.settings.expectations import Schema, branch_of, expectation, resolve
from skillift.settings.json_schema import json_schema
from skillift.settings.models import ApiReference
from skillift.settings.study_file import StudyFile

_PLAIN = ("pattern", "minLength")  # what the value of a key says without them
_INTRODUCTION = """\
# Reference: the study file and config.yaml

Made by `python workflow_scripts/study/document_study.py` from the models in
`workflow_scripts/skillift/settings/`; do not edit by hand.

A study file says what is studied, config.yaml how it is run. Both are YAML 1.2 and checked before the first
job; unknown keys are errors. Editors that know YAML schemas complete keys and show what they mean while you
write: the first line of each study names its schema. In the tables, `<id>` stands for a name of your own
choice and `[]` for the items of a list.
"""


def reference_page() -> str:
    """The page as Markdown: one table for each top-level key of the study file, one for config.yaml."""
    study, config = json_schema(StudyFile), json_schema(Config)
    parts = [_INTRODUCTION, f"## {study['title']}\n\n{study['description']}\n"]
    plain = []
    for name, schema in study["properties"].items():
        rows = list(_rows(name, schema, study, name in study["required"]))
        rows = _of_references(rows) if name == "references" else rows
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


def _of_references(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows without those of keys that students have too: described once."""
    own = {"source", *ApiReference.model_fields} - {"label", "tier"}
    return [row for row in rows if not row[0].startswith("`references.<id>.") or _last(row) in own]


def _last(row: tuple[str, ...]) -> str:
    return row[0].strip("`").split(".")[2]


def _table(rows: list[tuple[str, ...]]) -> str:
    head = ("key", "value", "default", "meaning")
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _rows(key: str, schema: Schema, root: Schema, required: bool) -> Iterator[tuple[str, ...]]:
    schema = resolve(schema, root)
    if "default" in schema:
        default = f"`{_as_yaml(schema['default'])}`"
    else:
        default = "required" if required else "optional"
    yield f"`{key}`", _value(schema, root), default, schema["description"]
    yield from _inner_rows(key, branch_of({}, schema, root) or {}, root)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        yield from _inner_rows(f"{key}.<id>", resolve(others, root), root)
    if "items" in schema:
        yield from _inner_rows(f"{key}[]", resolve(schema["items"], root), root)


def _inner_rows(key: str, schema: Schema, root: Schema) -> Iterator[tuple[str, ...]]:
    for name, part in schema.get("properties", {}).items():
        yield from _rows(f"{key}.{name}", part, root, name in schema.get("required", ()))


def _value(schema: Schema, root: Schema) -> str:
    if schema.get("type") == "object":
        return "mapping by id" if isinstance(schema.get("additionalProperties"), dict) else "mapping"
    if "anyOf" in schema:
        return " or ".join(_value(resolve(branch, root), root) for branch in schema["anyOf"])
    if schema.get("type") == "array":
        items = resolve(schema["items"], root)
        return "list of mappings" if items.get("type") == "object" else f"list: {_value(items, root)}"
    if schema.get("words", "").startswith("an id:"):
        return "id"
    return expectation({name: value for name, value in schema.items() if name not in _PLAIN}, root)


def _as_yaml(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return '""' if value == "" else str(value)
