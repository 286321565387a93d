"""Which architectures the installed transformers writes text with, read from its files, not imported."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

from skillift.errors import problem

NAMES = "models/auto/modeling_auto.py"  # in the package transformers
_LISTS = ("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES")
_HEADS = ("LMHeadModel", "DoubleHeadsModel")  # names that end as those of models without a head do


@cache
def writing_types() -> frozenset[str]:
    """Each `model_type` that transformers has a model for that writes text; empty where that is not known."""
    package = importlib.util.find_spec("transformers")
    if package is None or not package.submodule_search_locations:
        return frozenset()
    try:
        tree = ast.parse(Path(package.submodule_search_locations[0], NAMES).read_text(encoding="utf-8"))
        lists = {
            target.id: ast.literal_eval(node.value.args[0])
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in _LISTS
        }
        return frozenset(name for pairs in lists.values() for name, _ in pairs)
    except (OSError, SyntaxError, ValueError, AttributeError, IndexError, TypeError):
        return frozenset()  # another version's file: nothing is known before the model is loaded


def architecture_mistake(where: str, config: dict) -> str:
    """Why no text can be written with the model of a config.json; empty where it can, or is not known."""
    kind, heads = config.get("model_type"), config.get("architectures")
    if isinstance(kind, str) and kind and writing_types() and kind not in writing_types():
        found = f"model_type {kind!r}, which the installed transformers writes no text with"
        fix = "Update transformers in the environment, or name another model."
        if "auto_map" in config:
            fix = "The model brings code of its own, which is never run: name another model."
        return problem(where, found, "a causal language model that it knows", fix)
    bare = [str(head) for head in (heads if isinstance(heads, list) else [])]
    bare = [head for head in bare if head.endswith("Model") and not head.endswith(_HEADS)]
    if bare:
        found, fix = f"a {bare[0]}, which has no head that writes tokens", "Name a model that writes text."
        return problem(where, found, "a causal language model", fix)
    return ""
