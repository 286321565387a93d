"""Which architectures the installed transformers writes text with, read from its files, not imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from skillift.errors import problem

NAMES = "models/auto/modeling_auto.py"  # in the package transformers
GGUF_NAMES = {
    "integrations/ggml.py": "GGUF_CONFIG_MAPPING",
    "integrations/gguf/gguf_conversion_mapping.py": "GGUF_ARCHS",
}
GGUF_TOKENIZERS = ("integrations/gguf/gguf_tokenizer_mapping.py", "GGUF_TOKENIZER_TYPES")
GGUF_SPLITS = (GGUF_TOKENIZERS[0], "GGUF_PRE_TOKENIZER_SPLITS")
_GGUF_SECTIONS = {"general", "tokenizer"}  # of the first mapping; its other keys are architectures
# where llama.cpp names an architecture in another way than transformers
_GGUF_TYPES = {
    "qwen2moe": "qwen2_moe",
    "qwen3moe": "qwen3_moe",
    "gpt-oss": "gpt_oss",
    "minimax-m2": "minimax_m2",
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "qwen35": "qwen3_5_text",
    "qwen35moe": "qwen3_5_moe_text",
}
_GGUF_ALIASES = {"qwen2_moe", "qwen3_moe", "gpt_oss", "minimax_m2"}  # names that no file has
_LISTS = ("MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES")
_HEADS = ("LMHeadModel", "DoubleHeadsModel")  # names that end as those of models without a head do


@cache
def writing_types() -> frozenset[str]:
    """Each `model_type` that transformers has a model for that writes text; empty where that is not known."""
    try:
        lists = [ast.literal_eval(_argument(value)) for value in _assigned(NAMES, _LISTS)]
        return frozenset(name for pairs in lists for name, _ in pairs)
    except (OSError, SyntaxError, ValueError, AttributeError, IndexError, TypeError):
        return frozenset()  # another version's file: nothing is known before the model is loaded


@cache
def gguf_types() -> dict[str, str]:
    """By architecture as GGUF files name it, the `model_type` that transformers makes of it.

    Those that transformers both reads from a GGUF file and writes text with; empty where that is not known.
    """
    try:
        names = {key for file, name in GGUF_NAMES.items() for key in _assigned_keys(file, name)}
    except (OSError, SyntaxError, ValueError, AttributeError, TypeError):
        return {}
    names |= {name for name, kind in _GGUF_TYPES.items() if kind in names}
    kinds = {name: _GGUF_TYPES.get(name, name) for name in names - _GGUF_SECTIONS - _GGUF_ALIASES}
    return {name: kind for name, kind in sorted(kinds.items()) if kind in writing_types()}


@cache
def gguf_tokenizers() -> frozenset[str]:
    """The kinds of vocabularies (`tokenizer.ggml.model`) that transformers makes a tokenizer of."""
    return _keys(*GGUF_TOKENIZERS)


@cache
def gguf_split_names() -> frozenset[str]:
    """The ways of splitting text (`tokenizer.ggml.pre`) that transformers knows."""
    return _keys(*GGUF_SPLITS)


def _keys(file: str, name: str) -> frozenset[str]:
    """The keys of a mapping in a file of the package transformers; empty where it is not known."""
    try:
        return frozenset(_assigned_keys(file, name))
    except (OSError, SyntaxError, ValueError, AttributeError, TypeError):
        return frozenset()


def _assigned_keys(file: str, name: str) -> Iterator[str]:
    """The keys of the mappings that a file of the package transformers assigns to a name."""
    for mapping in _assigned(file, (name,)):
        if not isinstance(mapping, ast.Dict):
            raise TypeError(f"{file}: {name}: no mapping")
        for key in mapping.keys:
            if key is None:
                raise TypeError(f"{file}: {name}: keys of another mapping")
            yield ast.literal_eval(key)


def _argument(value: ast.expr) -> ast.expr:
    """What an `OrderedDict(...)` is made of."""
    if not isinstance(value, ast.Call):
        raise TypeError(f"{NAMES}: no call")
    return value.args[0]


def _assigned(file: str, names: Collection[str]) -> list[ast.expr]:
    """What a file of the package transformers assigns to some names at its top level.

    Raises:
        OSError: there is no such file.
        SyntaxError: it is of another Python.
    """
    package = importlib.util.find_spec("transformers")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(file)
    tree = ast.parse(Path(package.submodule_search_locations[0], file).read_text(encoding="utf-8"))
    return [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in names
    ]


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
