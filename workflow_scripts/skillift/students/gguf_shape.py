"""Whether the numbers that a GGUF file gives for a model's shape are there, and those of its tensors.

transformers takes numbers of its own for what is missing, and leaves out blocks beyond those that are named:
the student would be another model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeGuard

from skillift.errors import problem
from skillift.students.gguf_header import GgufHeader

_POSITIVE = ("context_length", "block_count", "embedding_length")  # without them llama.cpp reads no file
_HEADS, _KV_HEADS = "attention.head_count", "attention.head_count_kv"
_WITHOUT_HEADS = {"mamba"}
_EPSILONS = ("attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon")
_EMBEDDING = "token_embd.weight"
_BLOCK = re.compile(r"blk\.(\d+)\.")
_FIX = "Take another file of the model, or convert it again with a present llama.cpp."


def shape_mistakes(header: GgufHeader) -> Iterator[str]:
    """One line for each number of a shape that is missing, wrong, or another than that of the tensors.

    Args:
        header: of a model that transformers reads.
    """

    def mistake(key: str, found: object, expected: str) -> str:
        return problem(f"{header.path}: {header.architecture}.{key}", found, expected, _FIX)

    numbers = {key: header.of_architecture(key) for key in (*_POSITIVE, _HEADS, _KV_HEADS, *_EPSILONS)}
    for key in _POSITIVE:
        if not _is_count(numbers[key]):
            yield mistake(key, numbers[key], "a whole number at least 1")
    heads, of_keys = numbers[_HEADS], numbers[_KV_HEADS]
    # some architectures have a list, of a number for each block
    if header.architecture not in _WITHOUT_HEADS and not (_is_count(heads) or isinstance(heads, list)):
        yield mistake(_HEADS, heads, "a whole number at least 1")
    one_for_all = of_keys is not None and not isinstance(of_keys, list)
    if one_for_all and _is_count(heads) and not (_is_count(of_keys) and heads % of_keys == 0):
        yield mistake(_KV_HEADS, of_keys, f"a divisor of the {heads} heads")
    small = [numbers[key] for key in _EPSILONS if numbers[key] is not None]
    if not small or not all(isinstance(number, float) and number > 0 for number in small):
        yield mistake(_EPSILONS[0], next(iter(small), None), "a number above 0")
    blocks = {int(found[1]) for tensor in header.tensors if (found := _BLOCK.match(tensor.name))}
    if _is_count(numbers["block_count"]) and len(blocks) != numbers["block_count"]:
        yield mistake("block_count", numbers["block_count"], f"{len(blocks)}, the blocks of its tensors")
    embedding = next((tensor.shape for tensor in header.tensors if tensor.name == _EMBEDDING), ())
    width = numbers["embedding_length"]
    if _is_count(width) and embedding and embedding[-1] != width:
        yield mistake("embedding_length", width, f"{embedding[-1]}, the width of {_EMBEDDING}")


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
