"""Students as folders: checking a model folder, taking in an existing one, and the manifest of either.

A model folder is what `save_pretrained` writes: config.json, weights as safetensors, tokenizer and chat
template. It is checked here from its files alone, before anything loads it, so that a broken download is
told in one line at the start and not by a traceback an hour later.
"""

from __future__ import annotations

import json
import os
import shutil
from math import prod
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.tables import folder_digests

# What a served model needs; other weights (.bin, .gguf) and caches in the folder stay behind.
_SUFFIXES = {".json", ".safetensors", ".jinja", ".txt", ".model", ".tiktoken"}
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
_INDEX = "model.safetensors.index.json"
_WHOLE_FOLDER = "Point `path` to a whole model folder, as save_pretrained or a download writes it."


def check_model_folder(folder: Path | str) -> None:
    """See that a folder holds a model that can be served.

    Raises:
        UserError: the folder is missing or unreadable; config.json, weights, tokenizer or chat template are
            missing; a JSON file is broken; a weights file is cut short or named by the index but not there.
    """
    folder = Path(folder)
    names = _names(folder)
    if "config.json" not in names:
        raise UserError(problem(f"{folder}", _shown(names), "a model folder with config.json", _WHOLE_FOLDER))
    config = _json(folder / "config.json")
    if not config.get("model_type"):
        raise UserError(problem(f"{folder / 'config.json'}", config, "a `model_type`", _WHOLE_FOLDER))
    for file in _weights_files(folder, names):
        _tensor_shapes(file)
    if not names & set(_TOKENIZER_FILES):
        raise UserError(
            problem(f"{folder}", _shown(names), f"a tokenizer ({', '.join(_TOKENIZER_FILES)})", _WHOLE_FOLDER)
        )
    settings = _json(folder / "tokenizer_config.json") if "tokenizer_config.json" in names else {}
    if "chat_template.jinja" not in names and not settings.get("chat_template"):
        raise UserError(
            problem(f"{folder}", "no chat template", "chat_template.jinja", "Add the model's chat template.")
        )


def parameter_count(folder: Path | str) -> int:
    """The number of weights in a model folder's safetensors files; tied weights are stored and counted once.

    Raises:
        UserError: there are no weights, or a file of them is unreadable.
    """
    folder = Path(folder)
    return sum(
        prod(shape)
        for file in _weights_files(folder, _names(folder))
        for shape in _tensor_shapes(file).values()
    )


def write_manifest(folder: Path | str, source: dict) -> dict:
    """Describe a model folder: its `source`, `digests` (SHA-256 by file) and `parameter_count`.

    Returns the manifest; the caller writes it beside the folder, last of all.

    Raises:
        UserError: the folder is not a model folder.
    """
    check_model_folder(folder)
    return {"source": source, "digests": folder_digests(folder), "parameter_count": parameter_count(folder)}


def import_student(source_folder: Path | str, out_folder: Path | str) -> None:
    """Bring an existing model folder into the study, by hard links where the file system has them.

    The source is not changed. Links of a download cache are followed to their files.

    Raises:
        UserError: the source is not a model folder, or the disk is full.
    """
    source, out = Path(source_folder), Path(out_folder)
    check_model_folder(source)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file in sorted(source.iterdir()):
            if file.is_file() and file.suffix in _SUFFIXES:
                _link_or_copy(file.resolve(), out / file.name)
    except OSError as error:
        raise UserError(
            f"{out}: {source} cannot be copied there ({error.strerror or error}). "
            "Free space or permissions are needed."
        ) from error


def _link_or_copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _names(folder: Path) -> set[str]:
    if not folder.is_dir():
        found = "a file" if folder.is_file() else "nothing"
        raise UserError(problem(f"{folder}", found, "a model folder", _WHOLE_FOLDER))
    try:
        return {path.name for path in folder.iterdir() if path.is_file()}
    except OSError as error:
        raise _unreadable(folder, error) from error


def _shown(names: set[str]) -> list[str]:
    return sorted(names)[:8]


def _unreadable(path: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return UserError(f"{path}: cannot be read ({reason}). Mend its permissions, or copy the folder again.")


def _json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise UserError(problem(f"{path}", str(error), "a JSON object", "Copy the folder again.")) from error
    if not isinstance(value, dict):
        raise UserError(problem(f"{path}", type(value).__name__, "a JSON object", "Copy the folder again."))
    return value


def _weights_files(folder: Path, names: set[str]) -> list[Path]:
    if _INDEX in names:
        index = _json(folder / _INDEX).get("weight_map")
        if not isinstance(index, dict):
            raise UserError(
                problem(f"{folder / _INDEX}", "no weight_map", "file names by weight", _WHOLE_FOLDER)
            )
        listed = set(index.values())
        missing = sorted(listed - names)
        if missing:
            raise UserError(
                problem(f"{folder}", f"no {', '.join(missing)}", f"all files of {_INDEX}", _WHOLE_FOLDER)
            )
    else:
        listed = {name for name in names if name.endswith(".safetensors")}
    if not listed:
        expected = "weights as .safetensors files"
        raise UserError(problem(f"{folder}", _shown(names), expected, _WHOLE_FOLDER))
    return [folder / name for name in sorted(listed)]


def _tensor_shapes(file: Path) -> dict[str, list[int]]:
    """The shapes of a safetensors file, from its header; opening it compares header and size."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as weights:
            return {name: weights.get_slice(name).get_shape() for name in weights.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _unreadable(file, error) from error
