"""What is wrong with a GGUF file as a student, from its header alone: before anything is dequantised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.students.answer_ends import end_token_mistakes
from skillift.students.architectures import gguf_tokenizers, gguf_types
from skillift.students.chat_files import template_mistakes
from skillift.students.chat_rendering import exchange
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.gguf_header import BYTE_LEVEL, GgufHeader, read_header
from skillift.students.gguf_rope import FACTORS, llama3_scaling
from skillift.students.gguf_shape import shape_mistakes
from skillift.students.gguf_splits import split_mistake
from skillift.students.head_sizes import head_size_mistake

_PART = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")
_SAFETENSORS = "Take the model's safetensors, or another model."
_ELSE = {
    "adapter": "an adapter without its model",
    "mmproj": "the part of a model that reads pictures or sound (mmproj)",
    "imatrix": "an importance matrix",
    "vocab": "a vocabulary without weights",
}
# positions that are scaled: transformers drops what a file says of it, and the model would be another one
_SCALED = (FACTORS, "rope_factors_long.weight", "rope_factors_short.weight")
_MERGES = "tokenizer.ggml.merges"
_SCALED_BY_NAME = "gpt-oss"  # the one architecture whose scaling transformers reads


def gguf_mistakes(file: Path | str, engine: str | None = None, chat: ChatSettings = OWN) -> list[str]:
    """Everything that keeps a GGUF file from being a student, one line each; empty where nothing does.

    Args:
        file: the GGUF file.
        engine: the study's; see `folder_checks.folder_mistakes`.
        chat: what the study says of the chat format; the file needs no template where the study names one.
    """
    file = Path(file)
    try:
        header = read_header(file)
        if other := _another_kind(header):
            return [other]
        found = [*_whole(header), *_model_mistakes(header, engine), *_tokenizer_mistakes(header, chat)]
    except UserError as error:
        return str(error).splitlines()
    return list(dict.fromkeys(found))


def gguf_config(header: GgufHeader) -> dict[str, object]:
    """What a config.json would say of the model's shape, as far as the header tells."""
    rotated = header.of_architecture("rope.dimension_count")
    named = {
        "model_type": gguf_types().get(header.architecture),
        "hidden_size": header.of_architecture("embedding_length"),
        "num_attention_heads": header.of_architecture("attention.head_count"),
        "head_dim": header.of_architecture("attention.key_length")
        or (rotated if header.architecture in ("llama", "mistral") else None),
        "max_position_embeddings": header.of_architecture("context_length"),
    }
    return {name: value for name, value in named.items() if isinstance(value, int | str)}


def _another_kind(header: GgufHeader) -> str:
    """Why a GGUF file is no language model at all; empty where it is one."""
    kind = "mmproj" if header.architecture == "clip" else header.text("general.type")
    if kind not in _ELSE and not header.tensors and header.tokens():
        kind = "vocab"
    if kind in _ELSE:
        return problem(f"{header.path}", _ELSE[kind], "a language model", "Name the model's own file.")
    return ""


def _whole(header: GgufHeader) -> Iterator[str]:
    """Whether the file is all of the model, and all of itself."""
    named = _PART.search(header.path.name)
    parts = header.metadata.get("split.count") or int(named[1] if named else 1)
    if isinstance(parts, int) and parts > 1:
        fix = "Join them into one file: `llama-gguf-split --merge FIRST_PART OUT` of llama.cpp."
        yield problem(f"{header.path}", f"one of {parts} parts of a model", "a model in one file", fix)
    from gguf.constants import GGML_QUANT_SIZES

    sizes = {int(kind): size for kind, size in GGML_QUANT_SIZES.items()}
    unknown = sorted({tensor.kind for tensor in header.tensors} - set(sizes))
    if unknown:
        fix = "Take a file in another quantisation, or a newer `gguf`."
        expected = "types that the installed `gguf` dequantises"
        yield problem(f"{header.path}: tensors", f"numbers of the type {unknown[0]}", expected, fix)
        return
    ends = [header.data_start]
    for tensor in header.tensors:
        elements, n_bytes = sizes[tensor.kind]
        ends.append(header.data_start + tensor.offset + prod(tensor.shape) // elements * n_bytes)
    if max(ends) > header.size:
        expected = f"{max(ends)} bytes, as its header says: the file is cut short"
        fix = "Copy or download the file again."
        yield problem(f"{header.path}", f"{header.size} bytes", expected, fix)


def _model_mistakes(header: GgufHeader, engine: str | None) -> Iterator[str]:
    known = gguf_types()
    if not header.architecture or (known and header.architecture not in known):
        expected = f"one that transformers reads from GGUF and writes text with ({', '.join(known)})"
        yield problem(
            f"{header.path}: general.architecture", header.architecture or None, expected, _SAFETENSORS
        )
        return
    mistakes = list(shape_mistakes(header))
    yield from mistakes
    if not mistakes and (mistake := head_size_mistake(f"{header.path}", gguf_config(header), engine)):
        yield mistake
    scaled = [tensor.name for tensor in header.tensors if tensor.name in _SCALED]
    if scaled == [FACTORS] and llama3_scaling(header):
        scaled = []
    if header.of_architecture("rope.scaling.type") not in (None, "none"):
        scaled.append(f"{header.architecture}.rope.scaling.type")
    if scaled and header.architecture != _SCALED_BY_NAME:
        expected = "a model without it: transformers does not read it from GGUF, and would answer wrongly"
        yield problem(f"{header.path}", f"scaling of positions ({scaled[0]})", expected, _SAFETENSORS)


def _tokenizer_mistakes(header: GgufHeader, chat: ChatSettings) -> Iterator[str]:
    where = f"{header.path}: tokenizer"
    kind, known = header.text("tokenizer.ggml.model"), sorted(gguf_tokenizers())
    if not header.tokens():
        fix = "Take a file that was converted with its tokenizer."
        yield problem(where, "none (no tokenizer.ggml.tokens)", "the model's vocabulary", fix)
        return
    if known and kind not in known:
        expected = f"one that transformers reads from GGUF ({', '.join(known)})"
        yield problem(where, kind or None, expected, _SAFETENSORS)
    if kind == BYTE_LEVEL and (mistake := split_mistake(where, header.text("tokenizer.ggml.pre"))):
        yield mistake
    if kind == BYTE_LEVEL and header.metadata.get(_MERGES, ()) is not None:  # passed over
        fix = "Take a file that was converted with its tokenizer."
        yield problem(where, "no merges (tokenizer.ggml.merges)", "those of the model's vocabulary", fix)
    if "eos_token" not in header.named_tokens():
        expected = "an end token (tokenizer.ggml.eos_token_id)"
        yield problem(where, "none that ends an answer", expected, _SAFETENSORS)
    mistakes = template_mistakes(header.path, chat.template)
    yield from mistakes or _bos_mistakes(header, chat)
    yield from end_token_mistakes(header.path, chat)


def _bos_mistakes(header: GgufHeader, chat: ChatSettings) -> Iterator[str]:
    """Whether a template of the study's begins as every text of the model does; the file's own is made to."""
    bos = header.named_tokens().get("bos_token")
    if chat.template and bos and header.adds("bos"):
        prompt, _ = exchange(chat.template.text, header.named_tokens())
        if not prompt.startswith(bos):
            expected = f"{bos} first, as {header.path} says (tokenizer.ggml.add_bos_token)"
            found, fix = f"a prompt that begins with {prompt[:20]!r}", "Begin it with {{ bos_token }}."
            yield problem(f"{chat.template.file}: chat template", found, expected, fix)
