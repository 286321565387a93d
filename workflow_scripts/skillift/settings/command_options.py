"""Settings as options of a command: how a command is run, which no result depends on, reaches it so.

`add_options` declares an option for each key of a model (`timeout_s` is `--timeout-s`), `given` reads what a
command was called with, and `words` writes settings as such options.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterable
from typing import TypeVar, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from skillift.settings.base import Settings
from skillift.yaml_sources.source import scalar

S = TypeVar("S", bound=Settings)


def add_options(
    arguments: argparse.ArgumentParser, model: type[Settings], section: str, keys: Iterable[str] = ()
) -> None:
    """Declare an option for each key of a model.

    A list is given by several options, a mapping by several of the form KEY=VALUE.

    Args:
        arguments: the command's.
        model: the model.
        section: where its settings stand, such as `engine in config.yaml`, for the help.
        keys: which keys; all by default.
    """
    for name in keys or model.model_fields:
        field = model.model_fields[name]
        arguments.add_argument(
            _option(name),
            dest=_place(model, name),
            action="append" if _takes(field, list) or _takes(field, dict) else "store",
            type=_reader(field),
            metavar="KEY=VALUE" if _takes(field, dict) else name.upper(),
            help=f"as `{name}` of {section} (docs/reference/study.md)",
        )


def given(options: argparse.Namespace, model: type[S]) -> S:
    """The settings that a command was called with; keys without an option have their defaults."""
    found = {}
    for name, field in model.model_fields.items():
        value = getattr(options, _place(model, name), None)
        if isinstance(value, list):  # of several options
            value = dict(value) if _takes(field, dict) else value[0] if isinstance(value[0], bool) else value
        if value is not None:
            found[name] = value
    return model(**found)


def words(settings: Settings, keys: Iterable[str] = ()) -> list[str]:
    """Settings as the options of a command; null and empty ones are left out."""
    found = []
    for name in keys or type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, dict):
            value = [f"{key}={_word(item)}" for key, item in value.items()]
        for item in value if isinstance(value, list) else [value]:
            found += [] if item is None else [_option(name), _word(item)]
    return found


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _place(model: type[Settings], name: str) -> str:
    return f"{model.__name__}.{name}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _takes(field: FieldInfo, kind: type) -> bool:
    """Whether a field may be a list, or a mapping."""
    return any(get_origin(part) is kind for part in (field.annotation, *get_args(field.annotation)))


def _reader(field: FieldInfo) -> Callable[[str], object]:
    """Reads one value of a field: an item where it is a list, a pair where it is a mapping."""

    def read(text: str) -> object:
        key, _, last = text.rpartition("=") if _takes(field, dict) else ("", "", text)
        item = scalar(last)
        in_list = _takes(field, list) and not isinstance(item, bool)
        value: object = {key: item} if _takes(field, dict) else [item] if in_list else item
        kind: TypeAdapter = TypeAdapter(field.rebuild_annotation())
        try:
            kind.validate_python(value, strict=True)
        except ValidationError:
            schema = kind.json_schema()
            told = importlib.import_module("skillift.settings.expectations")  # which no result depends on
            wanted = "KEY=NUMBER" if _takes(field, dict) else told.expectation(schema, schema)
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {wanted}") from None
        return (key, item) if _takes(field, dict) else item

    return read
