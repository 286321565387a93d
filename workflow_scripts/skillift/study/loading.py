"""Checks a file's data by its model and across sections and fills in defaults; loads config.yaml."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import yaml

from skillift.errors import UserError
from skillift.settings.base import Settings
from skillift.settings.config import Config
from skillift.settings.reading import read_settings
from skillift.yaml_sources.source import KeyPath, Source, read_source, scalar

_NONE = object()  # the file has no such key


def load_config(config: Mapping, path: str = "config.yaml") -> dict:
    """Check and complete how a study is run.

    The file is read again here, by YAML 1.2 and with its lines; what differs from it in `config` was changed
    by the command line.

    Args:
        config: the content of config.yaml with what the command line changed: Snakemake's `config`.
        path: the file, for messages.

    Raises:
        UserError: everything that is wrong, one line each.
    """
    lines: dict[KeyPath, int] = {}
    values: object = copy.deepcopy(dict(config))
    if Path(path).is_file():
        source = read_source(path, "configuration")
        before = yaml.safe_load(Path(path).read_text(encoding="utf-8"))  # as Snakemake reads it
        values = _merged(values, before, source.value)
        changed = {name for name in {*config, *before} if config.get(name) != before.get(name)}
        # the file's line would mislead
        lines = {key: line for key, line in source.lines.items() if not changed & set(key[:1])}
    found = examined(Source(str(path), values, lines), Config)
    if found.problems:
        raise UserError("\n".join(found.problems))
    return found.data


def _merged(value: object, before: object, in_file: object) -> object:
    """What the file has, with what the command line changed of it in its place.

    Args:
        value: as Snakemake has it: of nested values, it takes numbers for text.
        before: as Snakemake reads the file.
        in_file: as YAML 1.2 reads the file.
    """
    if value == before and type(value) is type(before):
        return in_file
    if isinstance(value, dict):
        old, own = (part if isinstance(part, dict) else {} for part in (before, in_file))
        return {name: _merged(item, old.get(name, _NONE), own.get(name)) for name, item in value.items()}
    return scalar(value) if isinstance(value, str) else value


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Examined(Generic[S]):
    """A file's data with its defaults filled in, and what is wrong with it.

    Attributes:
        settings: the file's content, its sound sections alone.
        data: the same as plain data, with sections that are not sound as they stand in the file.
        problems: one line each, in the file's order.
        unsound: top-level keys that do not keep the model, and so may hold anything.
    """

    settings: S
    data: dict
    problems: list[str]
    unsound: set[str]


def examined(
    source: Source,
    model: type[S],
    references: Callable[[dict, Source, set[str]], dict[KeyPath, list[str]]] | None = None,
) -> Examined[S]:
    """Check a file's data and fill in its defaults.

    Args:
        source: the file.
        model: what it may say.
        references: finds what is wrong between sections: see `checks.reference_problems`.
    """
    read = read_settings(source, model)
    found, data = read.problems, read.data
    unsound = {str(key[0]) for key in found if key}
    if references:
        for key, lines in references(data, source, unsound).items():
            found.setdefault(key, []).extend(lines)
    problems = sorted((line for lines in found.values() for line in lines), key=_line_number)
    return Examined(read.settings, data, problems, unsound)


def _line_number(text: str) -> tuple[int, str]:
    parts = text.split(": ", 1)[0].rsplit(":", 1)
    return (int(parts[1]) if len(parts) == 2 and parts[1].isdigit() else 0), text
