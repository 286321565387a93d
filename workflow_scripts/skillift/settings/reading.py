"""A file's data as settings, checked and completed; section by section where something is wrong."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from skillift.settings.base import Settings
from skillift.yaml_sources.source import KeyPath, Source

S = TypeVar("S", bound=Settings)


class Read(NamedTuple, Generic[S]):
    """What was read of a file.

    Attributes:
        settings: the settings; None where something is wrong.
        data: the same as plain data with all defaults; sections that are wrong as they stand in the file.
        problems: what is wrong, by key, each as one line.
    """

    settings: S | None
    data: dict
    problems: dict[KeyPath, list[str]]


def read_settings(source: Source, model: type[S]) -> Read[S]:
    """A file's data as settings of a model."""
    try:
        settings = model.model_validate(source.value)
    except ValidationError as error:
        from skillift.settings.problems import problems

        found = problems(error, source, model)
        return Read(None, _sound_sections(source.value, model, {str(key[0]) for key in found if key}), found)
    return Read(settings, settings.model_dump(), {})


def _sound_sections(value: object, model: type[Settings], unsound: set[str]) -> dict:
    data: dict = {}
    given = value if isinstance(value, dict) else {}
    for name, field in model.model_fields.items():
        if name in unsound and name in given:
            data[name] = given[name]
        elif name in given:
            section: TypeAdapter = TypeAdapter(field.rebuild_annotation())
            data[name] = section.dump_python(section.validate_python(given[name]))
        elif (
            not field.is_required() and (default := field.get_default(call_default_factory=True)) is not None
        ):
            data[name] = default.model_dump() if isinstance(default, Settings) else default
    return data | {name: entry for name, entry in given.items() if name not in data}
