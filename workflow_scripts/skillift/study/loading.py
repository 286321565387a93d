"""Checks a file's data by schema and across sections and fills in defaults; loads config.yaml."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from skillift.errors import UserError
from skillift.yaml_sources.schema import filled, read_schema, schema_problems
from skillift.yaml_sources.source import KeyPath, Source, read_source


def load_config(config: Mapping, path: str = "config.yaml") -> dict:
    """Check and complete how a study is run.

    Args:
        config: the content of config.yaml with what the command line changed: Snakemake's `config`.
        path: the file, for messages.

    Raises:
        UserError: everything that is wrong, one line each.
    """
    lines, values = {}, copy.deepcopy(dict(config))
    if Path(path).is_file():
        source = read_source(path, "configuration")
        values = _as_yaml(values, source.value)
        lines = {
            key: line for key, line in source.lines.items() if not _overridden(key, source.value, config)
        }
    found = examined(Source(str(path), values, lines), "config")
    if found.problems:
        raise UserError("\n".join(found.problems))
    return found.data


def _as_yaml(value: object, in_file: object) -> object:
    """What a command line changed, as YAML reads it: in nested values, Snakemake takes numbers for text."""
    if isinstance(value, dict):
        known = in_file if isinstance(in_file, dict) else {}
        return {name: _as_yaml(item, known.get(name)) for name, item in value.items()}
    if isinstance(value, str) and value != in_file:
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            return value
        return read if isinstance(read, bool | int | float) or (read is None and value) else value
    return value


def _overridden(key: KeyPath, in_file: dict, config: Mapping) -> bool:
    """Whether the command line changed the section of `key`, so that the file's line would mislead."""
    return bool(key) and in_file.get(key[0]) != config.get(key[0])


@dataclass(frozen=True)
class Examined:
    """A file's data with its defaults filled in, and what is wrong with it.

    Attributes:
        data: the file's content.
        problems: one line each, in the file's order.
        unsound: top-level keys that do not keep the schema, and so may hold anything.
    """

    data: dict
    problems: list[str]
    unsound: set[str]


def examined(
    source: Source,
    schema_name: str,
    references: Callable[[dict, Source, set[str]], dict[KeyPath, list[str]]] | None = None,
) -> Examined:
    """Check a file's data and fill in its defaults.

    Args:
        source: the file.
        schema_name: its schema in `rules/schemas/`.
        references: finds what is wrong between sections: see `checks.reference_problems`.
    """
    schema = read_schema(schema_name)
    found = schema_problems(source, schema)
    unsound = {str(key[0]) for key in found if key}
    data = filled(source.value, schema, schema)
    if references:
        for key, lines in references(data, source, unsound).items():
            found.setdefault(key, []).extend(lines)
    problems = sorted((line for lines in found.values() for line in lines), key=_line_number)
    return Examined(data, problems, unsound)


def _line_number(text: str) -> tuple[int, str]:
    parts = text.split(": ", 1)[0].rsplit(":", 1)
    return (int(parts[1]) if len(parts) == 2 and parts[1].isdigit() else 0), text
