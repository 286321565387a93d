"""Reading a model folder's files: names, JSON, and which of its weights are the model's."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from skillift.errors import UserError, problem

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
GGUF_SUFFIX, GGUF_MAGIC = ".gguf", b"GGUF"
WHOLE_FOLDER = "Point `path` to a whole model folder, as save_pretrained or a download writes it."


def file_names(folder: Path) -> set[str]:
    """The files of a folder, without those of its subfolders.

    Raises:
        UserError: there is no such folder, or it may not be read.
    """
    if not os.path.isdir(folder):
        raise UserError(problem(f"{folder}", *_no_folder(folder)))
    try:
        return {path.name for path in folder.iterdir() if os.path.isfile(path)}
    except OSError as error:
        raise unreadable(folder, error) from error


def _no_folder(path: Path) -> tuple[object, str, str]:
    """What is in the place of a folder, what was expected, and the fix."""
    expected = "a GGUF file" if path.suffix == GGUF_SUFFIX else "a model folder"
    if path.is_symlink() and not os.path.exists(path):
        found = f"a link that leads to nothing ({path.readlink()})"
        return found, expected, "Correct the link, or `path`."
    if not os.path.exists(path):
        return "nothing", expected, WHOLE_FOLDER if expected == "a model folder" else "Correct `path`."
    if not os.path.isfile(path):
        return "neither a folder nor a file", expected, WHOLE_FOLDER
    with suppress(OSError), path.open("rb") as file:
        if file.read(len(GGUF_MAGIC)) == GGUF_MAGIC:
            found, fix = "a GGUF file of another name", f"Have its name end with {GGUF_SUFFIX}."
            return found, f"a model folder, or a file that ends with {GGUF_SUFFIX}", fix
    return "a file", "a model folder", WHOLE_FOLDER


def weights_files(folder: Path, names: set[str]) -> list[Path]:
    """The files that hold a model's weights, once: those that `transformers` would load.

    Raises:
        UserError: there are none, or not all that the index names.
    """
    if INDEX in names:
        index = read_object(folder / INDEX).get("weight_map")
        if not index or not isinstance(index, dict) or not all(isinstance(n, str) for n in index.values()):
            raise UserError(
                problem(f"{folder / INDEX}", "no weight_map", "file names by weight", WHOLE_FOLDER)
            )
        listed = set(index.values())
        missing = sorted(listed - names)
        if missing:
            raise UserError(
                problem(f"{folder}", f"no {', '.join(missing)}", f"all files of {INDEX}", WHOLE_FOLDER)
            )
        if SINGLE in names - listed:
            fix = f"Delete {SINGLE}, or {INDEX} and its files: whichever is old."
            raise UserError(problem(f"{folder}", f"{SINGLE} and {INDEX}", "one copy of the weights", fix))
        return [folder / name for name in sorted(listed)]
    if SINGLE in names:
        return [folder / SINGLE]
    raise UserError(no_weights(folder, names))


def no_weights(folder: Path, names: set[str]) -> str:
    """One line about a folder without weights that can be read."""
    fix = "Load the model with transformers and write it with `save_pretrained`."
    expected = f"weights as {SINGLE}, or as several .safetensors files with {INDEX}"
    return problem(f"{folder}", shown(names), expected, fix)


def tensors(file: Path) -> dict[str, tuple[str, list[int]]]:
    """The type and shape of each tensor of a safetensors file; opening it compares its header and size.

    Raises:
        UserError: it is unreadable.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as weights:
            parts = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
            return {name: (part.get_dtype(), part.get_shape()) for name, part in parts.items()}
    except (SafetensorError, OSError) as error:
        raise unreadable(file, error) from error


def read_object(path: Path) -> dict:
    """The JSON object of a file.

    Raises:
        UserError: the file is unreadable, or holds none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise UserError(problem(f"{path}", str(error), "a JSON object", "Copy the folder again.")) from error
    if not isinstance(value, dict):
        raise UserError(problem(f"{path}", type(value).__name__, "a JSON object", "Copy the folder again."))
    return value


def unreadable(path: Path, error: Exception) -> UserError:
    """The error of a file that cannot be read."""
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return UserError(f"{path}: cannot be read ({reason}). Fix its permissions, or copy the folder again.")


def shown(names: set[str]) -> list[str]:
    """A few names of a folder's files, for messages."""
    return sorted(names)[:8]
