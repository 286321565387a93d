"""A file's data as settings, checked and completed; section by section where something is wrong."""

from __future__ import annotations

import importlib
from typing import Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from skillift.settings.base import Settings
from skillift.yaml_sources.source import KeyPath, Source

S = TypeVar("S", bound=Settings)


class Read(NamedTuple, Generic[S]):
    """What was read of a file.

    Attributes:
        settings: the settings; where something is wrong, with its sound sections alone.
        data: the same as plain data with all defaults; sections that are wrong as they stand in the file.
        problems: what is wrong, by key, each as one line.
    """

    settings: S
    data: dict
    problems: dict[KeyPath, list[str]]


def read_settings(source: Source, model: type[S]) -> Read[S]:
    """A file's data as settings of a model."""
    try:
        settings = model.model_validate(source.value)
    except ValidationError as error:
        # by name, as how a mistake is told is no part of the code that a result depends on
        found = importlib.import_module("skillift.settings.problems").problems(error, source, model)
        return _sound_sections(source.value, model, found)
    return Read(settings, settings.model_dump(), {})


def _sound_sections(value: object, model: type[S], found: dict[KeyPath, list[str]]) -> Read[S]:
    sections: dict[str, object] = {}
    unsound, given = {key[0] for key in found if key}, value if isinstance(value, dict) else {}
    for name, field in model.model_fields.items():
        if name in given and name not in unsound:
            sections[name] = TypeAdapter(field.rebuild_annotation()).validate_python(given[name])
        elif name not in given and not field.is_required():
            sections[name] = field.get_default(call_default_factory=True)
    settings = model.model_construct(_fields_set=set(sections) & set(given), **sections)
    others = {name: entry for name, entry in given.items() if name not in sections}
    return Read(settings, settings.model_dump(warnings=False) | others, found)
