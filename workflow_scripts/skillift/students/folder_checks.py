"""What is wrong with a model folder, from its files alone: before anything loads it, and all at once.

A student's folder is what `save_pretrained` writes: config.json, weights as safetensors, tokenizer and chat
template. What people have instead is told in words here: adapters, quantised weights, the formats of other
programs, copies of the same weights under other names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.students.answer_ends import end_token_mistakes
from skillift.students.architectures import architecture_mistake
from skillift.students.chat_files import template_mistakes
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.folder_files import (
    INDEX,
    SINGLE,
    WHOLE_FOLDER,
    file_names,
    no_weights,
    read_object,
    shown,
    tensors,
    weights_files,
)
from skillift.students.gguf_checks import gguf_mistakes
from skillift.students.gguf_header import SUFFIX as GGUF_SUFFIX
from skillift.students.gguf_header import is_gguf
from skillift.students.head_sizes import head_size_mistake

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")

_ADAPTER_CONFIG = "adapter_config.json"
_ADAPTERS = "adapter_model"  # .safetensors, .bin, and the parts of large ones
# how other programs note that weights are quantised, where config.json does not say so
_QUANTISATION_FILES = ("quantize_config.json", "quant_config.json", "hf_quant_config.json")
_QUANTISATION_KEYS = ("quantization_config", "compression_config", "quantization")
_FLOATS = {"F64", "F32", "F16", "BF16"}
_OTHER_HEADS = (
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "MaskedLM",
    "MultipleChoice",
    "RewardModel",
)


def folder_mistakes(folder: Path | str, engine: str | None = None, chat: ChatSettings = OWN) -> list[str]:
    """Everything that keeps a folder, or a GGUF file, from being a student, one line each.

    Args:
        folder: a model folder, or a GGUF file.
        engine: the study's, which must serve the size of the model's attention heads; None asks nothing.
        chat: what the study says of the chat format; the folder needs no template where the study names one.
    """
    folder = Path(folder)
    if is_gguf(folder):
        return gguf_mistakes(folder, engine, chat)
    try:
        names = file_names(folder)
    except UserError as error:
        return [str(error)]
    if "config.json" not in names:
        return [problem(f"{folder}", *no_model(folder, names))]
    found: list[str] = []
    of_tokenizer = partial(_tokenizer_mistakes, chat=chat)
    for check in (_config_mistakes, _adapter_mistakes, _weights_mistakes, of_tokenizer):
        try:
            found.extend(check(folder, names))
        except UserError as error:
            found.append(str(error))
    with suppress(UserError):  # told above
        found.extend(_head_mistakes(folder, engine))
    return list(dict.fromkeys(found))


def listing_mistakes(folder: Path, names: set[str], engine: str | None = None) -> list[str]:
    """What a list of a model's files and its config.json say against it, before the other files are there.

    Args:
        folder: holds config.json, if the list does.
        names: the model's files.
        engine: see `folder_mistakes`.
    """
    if "config.json" not in names:
        return [problem(f"{folder}", *no_model(folder, names))]
    found = [*_adapter_mistakes(folder, names)]
    try:
        found += [*_config_mistakes(folder, names), *_head_mistakes(folder, engine)]
    except UserError as error:
        found.append(str(error))
    if not names & {SINGLE, INDEX}:
        found.append(no_weights(folder, names))
    if not names & set(TOKENIZER_FILES):
        found.append(_no_tokenizer(folder, names))
    return found


def check_model_folder(folder: Path | str, engine: str | None = None, chat: ChatSettings = OWN) -> None:
    """See that a folder holds a model that can be trained and served.

    Args:
        folder: a model folder.
        engine: the study's; see `folder_mistakes`.
        chat: what the study says of the chat format.

    Raises:
        UserError: everything that is wrong with it, one line each.
    """
    mistakes = folder_mistakes(folder, engine, chat)
    if mistakes:
        raise UserError("\n".join(mistakes))


def no_model(folder: Path, names: set[str]) -> tuple[object, str, str]:
    """What a folder without config.json holds instead of a model, what was expected, and the fix."""
    below = sorted(path.parent.name for path in folder.glob("*/config.json"))
    expected = "a model folder with config.json"
    found: object
    if _ADAPTER_CONFIG in names:
        found, fix = "an adapter without its model", _merge_hint(folder)
    elif any(name.startswith("consolidated") for name in names):
        found = "a model in Mistral's or Meta's own format (consolidated weights)"
        fix = "Download the model's files in the format of transformers."
    elif gguf := sorted(name for name in names if name.endswith(GGUF_SUFFIX)):
        found = f"a model in the format GGUF ({', '.join(gguf[:3])})"
        fix = f"Name the file, such as {gguf[0]}: at the end of `path`, or as `file` of a hub's model."
    elif "model_index.json" in names:
        found, fix = "a pipeline of diffusers", "Name a causal language model."
    elif below:
        found, fix = f"models in the subfolders {', '.join(below[:3])}", "Point `path` to one of them."
    else:
        found, fix = shown(names) or "an empty folder", WHOLE_FOLDER
    return found, expected, fix


def _merge_hint(folder: Path) -> str:
    try:
        base = read_object(folder / _ADAPTER_CONFIG).get("base_model_name_or_path")
    except UserError:
        base = None
    of = f" ({base})" if isinstance(base, str) and base else ""
    return f"Merge it into its model{of} (peft's `merge_and_unload`), and write both with `save_pretrained`."


def _config_mistakes(folder: Path, names: set[str]) -> Iterator[str]:
    place = folder / "config.json"
    config = read_object(place)
    if not config.get("model_type"):
        yield problem(f"{place}", config, "a `model_type`", WHOLE_FOLDER)
    method = _quantised(config)
    marked = sorted(names & set(_QUANTISATION_FILES))
    if method or marked:
        found = f"weights quantised by {method}" if method else f"quantised weights ({marked[0]})"
        yield _quantisation_problem(f"{place if method else folder}", found)
    heads = config.get("architectures")
    other = [head for head in (heads if isinstance(heads, list) else []) if str(head).endswith(_OTHER_HEADS)]
    if other or config.get("is_encoder_decoder"):
        found = f"a {other[0]}" if other else "an encoder and a decoder"
        yield problem(f"{place}", found, "a causal language model", "Name a model that writes text.")
    elif mistake := architecture_mistake(f"{place}", config):
        yield mistake


def _quantised(config: dict) -> str:
    """By what a model's weights are quantised, as its config.json says; empty where they are not."""
    nested = config.get("text_config")
    for part in (config, nested if isinstance(nested, dict) else {}):
        for key in _QUANTISATION_KEYS:
            if settings := part.get(key):
                named = settings if isinstance(settings, dict) else {}
                return str(named.get("quant_method") or named.get("format") or key)
    return ""


def _quantisation_problem(where: str, found: str) -> str:
    expected = (
        "weights as floating-point numbers (float32, bfloat16, float16), which can be trained and merged"
    )
    return problem(where, found, expected, "Take the model that was quantised, or dequantise this one.")


def _adapter_mistakes(folder: Path, names: set[str]) -> Iterator[str]:
    adapters = sorted(name for name in names if name == _ADAPTER_CONFIG or name.startswith(_ADAPTERS))
    if adapters:
        fix = (
            f"If the model's weights hold it already, move {' and '.join(adapters)} away. "
            f"If not: {_merge_hint(folder)}"
        )
        found = f"an adapter beside a whole model ({', '.join(adapters)})"
        yield problem(f"{folder}", found, "one of the two: it would be applied a second time", fix)


def _weights_mistakes(folder: Path, names: set[str]) -> Iterator[str]:
    for file in weights_files(folder, names):
        try:
            found = tensors(file)
        except UserError as error:
            yield str(error)
            continue
        packed = [
            (name, kind)
            for name, (kind, shape) in found.items()
            if kind not in _FLOATS and len(shape) > 1 and name.endswith(("weight", "weight_packed"))
        ]
        packed += [(name, kind) for name, (kind, _) in found.items() if name.endswith((".qweight", ".SCB"))]
        if packed and not _quantised(read_object(folder / "config.json")):
            name, kind = packed[0]
            yield _quantisation_problem(f"{file}: {name}", f"numbers of the type {kind}")
            return


def _tokenizer_mistakes(folder: Path, names: set[str], chat: ChatSettings) -> Iterator[str]:
    if not names & set(TOKENIZER_FILES):
        yield _no_tokenizer(folder, names)
    yield from tokenizer_mistakes(folder, chat)


def tokenizer_mistakes(folder: Path, chat: ChatSettings) -> Iterator[str]:
    """What is wrong with a folder's chat template, or the study's in its place, and its tokenizer's files.

    Raises:
        UserError: a file is unreadable.
    """
    yield from template_mistakes(folder, chat.template)
    yield from end_token_mistakes(folder, chat)  # reads the tokenizer's files


def _no_tokenizer(folder: Path, names: set[str]) -> str:
    expected = f"a tokenizer ({', '.join(TOKENIZER_FILES)})"
    return problem(f"{folder}", shown(names), expected, WHOLE_FOLDER)


def _head_mistakes(folder: Path, engine: str | None) -> list[str]:
    place = folder / "config.json"
    mistake = head_size_mistake(f"{place}", read_object(place), engine)
    return [mistake] if mistake else []
