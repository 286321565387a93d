"""Students as folders: taking in an existing one, and the manifest of any.

What may be taken in stands in `folder_checks`: it is checked from its files alone, before anything loads it.
"""

from __future__ import annotations

import os
import shutil
from math import prod
from pathlib import Path

from skillift.errors import UserError
from skillift.students.chat_pinning import pin_chat
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.folder_checks import check_model_folder
from skillift.students.folder_files import INDEX, file_names, tensors, weights_files
from skillift.students.gguf_header import is_gguf
from skillift.tables import folder_digests

# What a served model needs beside its weights. Other copies of the weights (.bin, .pth, .gguf, Mistral's
# consolidated.safetensors, Meta's original/) and caches in the folder stay behind.
_SUFFIXES = {".json", ".jinja", ".txt", ".model", ".tiktoken"}
# With these vLLM and transformers would take the model for one in Mistral's own format.
_LEFT_BEHIND = {"params.json", "tekken.json"}


def parameter_count(folder: Path | str) -> int:
    """The number of weights in a model folder's safetensors files; tied weights are stored and counted once.

    Raises:
        UserError: there are no weights, or a file of them is unreadable.
    """
    folder = Path(folder)
    return sum(
        prod(shape)
        for file in weights_files(folder, file_names(folder))
        for _, shape in tensors(file).values()
    )


def write_manifest(folder: Path | str, source: dict) -> dict:
    """Describe a model folder: its `source`, `digests` (SHA-256 by file) and `parameter_count`.

    Returns the manifest; the caller writes it beside the folder, last of all.

    Raises:
        UserError: the folder is not a model folder.
    """
    check_model_folder(folder)
    return {"source": source, "digests": folder_digests(folder), "parameter_count": parameter_count(folder)}


def import_student(
    source_folder: Path | str,
    out_folder: Path | str,
    engine: str | None = None,
    chat: ChatSettings = OWN,
) -> dict:
    """Bring an existing model folder into the study, by hard links where the file system has them.

    The source is not changed. Links of a download cache are followed to their files. Of weights that stand in
    the folder more than once, those are taken that `transformers` loads. A GGUF file becomes a model folder.

    Args:
        source_folder: the existing folder, or a GGUF file.
        out_folder: is made if need be.
        engine: the study's; see `folder_checks.folder_mistakes`.
        chat: what the study says of the student's chat format; see `chat_pinning.pin_chat`.

    Returns:
        What is to be said of the source in the manifest: `gguf` (`gguf_conversion.gguf_source`) of a GGUF
        file, nothing of a folder.

    Raises:
        UserError: the source is not a model folder, or the disk is full.
    """
    source, out = Path(source_folder), Path(out_folder)
    if is_gguf(source):
        from skillift.students.gguf_conversion import convert_gguf

        found = {"gguf": convert_gguf(source, out, engine, chat)}
        pin_chat(out, chat)
        return found
    check_model_folder(source, engine, chat)
    names = file_names(source)
    weights = {file.name for file in weights_files(source, names)}
    others = {name for name in names if Path(name).suffix in _SUFFIXES} - _LEFT_BEHIND
    others -= {name for name in names if name.endswith(".index.json") and name != INDEX}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in sorted(weights | others):
            _link_or_copy((source / name).resolve(), out / name)
        pin_chat(out, chat)
    except OSError as error:
        raise UserError(
            f"{out}: {source} cannot be copied there ({error.strerror or error}). "
            "Free space or permissions are needed."
        ) from error
    return {}


def _link_or_copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
