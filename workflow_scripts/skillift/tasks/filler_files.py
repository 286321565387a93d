"""A study's own text for the condition `filler`: a file, read and checked before the first job."""

from __future__ import annotations

from pathlib import Path

from skillift.errors import UserError, problem
from skillift.tasks.file_text import file_text, unusable, with_newlines
from skillift.yaml_sources.source import Words

KIND = "text for the condition filler"
LARGEST = 32 * 1024  # bytes; the text is a part of a command line, which Linux limits to 128 KiB


def read_filler(path: str) -> dict[str, str]:
    """The file's name and text, see `skillift.tasks.filler.filler_text`.

    Raises:
        UserError: it is missing, unreadable, empty or too large.
    """
    if mistake := filler_mistake(path):
        raise UserError(problem(path, *mistake))
    return {"file": Path(path).name, "text": _text(path)}


def filler_mistake(path: str) -> tuple[object, str, str] | None:
    """What keeps a file from being shown: found, expected, fix; None where nothing does."""
    file, expected = Path(path), "a text file with sentences that ask for nothing"
    if not file.is_file():
        found = Words("a folder" if file.is_dir() else "no such file")
        return found, f"{expected} (looked for {path})", "Paths are relative to the study file's folder."
    try:
        text = _text(path)
    except UserError as error:
        return Words(str(error)), f"{expected}, in UTF-8", "Save the file as UTF-8."
    if not any(letter.isalnum() for letter in text) or unusable(text):
        return Words(unusable(text) or "no words"), expected, ""
    size = len(text.encode())
    if size > LARGEST:
        return Words(f"{file.name} of {size} bytes"), f"{expected}, of at most {LARGEST} bytes", ""
    return None


def _text(path: str) -> str:
    return with_newlines(file_text(path, KIND)).strip()
