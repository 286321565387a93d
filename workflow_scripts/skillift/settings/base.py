"""What all settings models share: unknown keys are errors, kinds are kept, nothing changes later."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from skillift.settings.markers import NullSaysMore

T = TypeVar("T")


class Settings(BaseModel):
    """A section of a study file or of config.yaml, or an entry of one.

    `model_dump` gives plain data with all defaults filled in, but for optional keys that were left out.
    """

    # built when the first is read: a command builds those that it needs
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, handler: Callable) -> dict[str, Any]:
        given = self.model_fields_set
        return {name: value for name, value in handler(self).items() if value is not None or name in given}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(schema)
        # by name, as what a key means is no part of the code that a result depends on
        descriptions = importlib.import_module("skillift.settings.descriptions")
        descriptions.described(cls, handler.resolve_ref_schema(found))
        return found


class OneOf(Settings):
    """A mapping that has exactly one of its keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, value: object) -> object:
        # an unknown key is told as one
        if isinstance(value, dict) and len(value) != 1 and value.keys() <= cls.model_fields.keys():
            raise PydanticCustomError("exactly_one", "exactly one key")
        return value


class AnyOf(Settings):
    """A mapping that has at least one of its keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _some_key(cls, value: object) -> object:
        if value == {}:
            raise PydanticCustomError("at_least_one", "at least one key")
        return value


class _NotNull:
    """That a key may be left out, but not be null."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_not_null, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Callable) -> dict[str, Any]:
        choice = [branch for branch in handler(schema)["anyOf"] if branch != {"type": "null"}]
        return choice[0] if len(choice) == 1 else {"anyOf": choice}


def _not_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("null", "no null")
    return value


LeftOut = Annotated[T | None, _NotNull()]  # None where the key is left out; `key: null` is refused


OrNull = Annotated[T | None, NullSaysMore()]


class Unique:
    """That no item of a list equals an earlier one; the error names the places of those that do."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_unique, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Callable) -> dict[str, Any]:
        return {**handler(schema), "uniqueItems": True}


def _unique(items: list) -> list:
    again = [place for place, item in enumerate(items) if item in items[:place]]
    if again:
        raise PydanticCustomError("not_unique", "every item once", {"places": again})
    return items


def chosen_by(key: str, *models: type[Settings], **by_presence: type[Settings]) -> Callable[[object], str]:
    """The discriminator of a union of models, tagged by their names, whose `key` says which an entry is of.

    An entry whose `key` is missing or wrong is taken for the model that has most of its keys: so what else is
    wrong with it is told at once. Of models with the same word, that whose key of `by_presence` is there goes
    first.
    """

    def tag(value: object) -> str:
        if not isinstance(value, dict):
            return (type(value) if isinstance(value, models) else models[0]).__name__
        fitting = [model for model in models if value.get(key) in words_of(model, key)] or [*models]
        for name, model in by_presence.items():
            if name in value and model in fitting:
                return model.__name__
        return max(fitting, key=lambda model: len(model.model_fields.keys() & value)).__name__

    return tag


def words_of(model: type[Settings], key: str) -> tuple:
    """The words that a key with a choice of words takes."""
    return get_args(model.model_fields[key].annotation)
