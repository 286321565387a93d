"""What each key of a settings model means: the text below its field.

Python keeps no such texts, so they are read from the source when a schema is made; no command that runs a
step needs them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from typing import Any

from pydantic import BaseModel

from skillift.settings.markers import NullSaysMore


def described(model: type[BaseModel], schema: dict[str, Any]) -> None:
    """Write what each key means into the JSON Schema of a model, without what says nothing to a reader."""
    meanings = {name: text for base in reversed(model.__mro__) for name, text in _meanings(base).items()}
    keys = {field.alias or name: name for name, field in model.model_fields.items()}
    for key, field in schema.get("properties", {}).items():
        name = keys[key]
        field.pop("title", None)
        field["description"] = meanings[name]
        null_says_more = any(isinstance(part, NullSaysMore) for part in model.model_fields[name].metadata)
        if field.get("default", 0) is None and (
            null_says_more or {"type": "null"} not in field.get("anyOf", ())
        ):
            del field["default"]  # of a key that may be left out


def _is_null_by_default(model: type[BaseModel], name: str, field: dict[str, Any]) -> bool:
    """Whether null is the same as leaving a key out."""
    says_more = any(isinstance(part, NullSaysMore) for part in model.model_fields[name].metadata)
    return {"type": "null"} in field.get("anyOf", ()) and not says_more


def _meanings(model: type) -> dict[str, str]:
    own = issubclass(model, BaseModel) and model is not BaseModel
    return _texts(model.__module__)[model.__name__] if own else {}


@cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """Of each class of a module the text below each field."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        node.name: {
            field.target.id: " ".join(text.value.value.split())
            for field, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            if isinstance(text.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
