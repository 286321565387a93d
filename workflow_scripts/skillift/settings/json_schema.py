"""The settings models as JSON Schema, for editors, the reference page and messages."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DictSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Forbids the keys of a mapping by id that are no ids, which pydantic's own schema lets pass."""

    def dict_schema(self, schema: DictSchema) -> dict[str, Any]:
        """A mapping by id."""
        found = super().dict_schema(schema)
        if "patternProperties" in found:
            ((pattern, values),) = found.pop("patternProperties").items()
            found["propertyNames"] = {"type": "string", "pattern": pattern, **found.get("propertyNames", {})}
            found["additionalProperties"] = values
        return found


@cache
def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a settings model (shared: do not change it).

    Beside the standard's words, `words` says in words what a `pattern` asks for.
    """
    return {"$schema": DIALECT, **model.model_json_schema(schema_generator=_Generator)}
