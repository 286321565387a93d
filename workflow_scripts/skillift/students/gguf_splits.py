"""How byte-level vocabularies split text before they merge, by the names that GGUF files have for it.

As llama.cpp reads `tokenizer.ggml.pre` (`src/llama-vocab.cpp`); transformers knows some of the names.
"""

from __future__ import annotations

from skillift.errors import problem
from skillift.students.architectures import gguf_split_names

PLAIN = {"gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling"}  # GPT-2's own way
# each digit for itself, then GPT-2's way
BY_DIGIT = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"}
SAME = {"stablelm2": "qwen2", "hunyuan": "qwen2"}  # other names of what transformers knows
# words that are a token are taken whole, and not merged; their texts begin with `bos`
LLAMA3 = {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"}
WHOLE = {*LLAMA3, "jina-v5-nano", "tekken"}


def split_mistake(where: str, way: str) -> str:
    """Why a byte-level vocabulary cannot be read as its model was trained to; empty where it can.

    Args:
        where: the file, for messages.
        way: what it calls its way of splitting text.
    """
    known = {*gguf_split_names(), *PLAIN, *BY_DIGIT, *SAME}
    if way in known or not gguf_split_names():
        return ""
    found = f"text split by {way!r}" if way else "no word on how text is split (tokenizer.ggml.pre)"
    expected = "a way that is known here, or the model would read other tokens than it was trained on"
    return problem(where, found, expected, "Take the model's safetensors, or another file.")
