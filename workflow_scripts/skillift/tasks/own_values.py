"""What a user's file has in a field, as the text that a table takes; what would be lost in that is refused.

A number is taken as it was written. One whose form is not known is refused: pandas makes 1.0 of the id 1
where a column has a gap.
"""

from __future__ import annotations

import json
import math
import unicodedata
from typing import NamedTuple

from skillift.tasks.file_text import unusable, with_newlines
from skillift.tasks.raw_rows import Moment, Number
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import shown

_MISSING = ("nan", "none", "null", "<na>", "nat")  # what pandas and Python make of nothing, as text


class Refused(NamedTuple):
    """A value that is no text: what was found, what was expected, the fix."""

    found: object
    expected: str
    fix: str = ""


def text_of(value: object) -> str | Refused:
    """A value as text, with line feeds at its line ends."""
    expected = "text, not empty"
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, Moment):
        fix = "Save the column as text, in the form that models are to see."
        return Refused(Words(f"the date or time {value}"), expected, fix)
    if isinstance(value, bool):
        word = str(value).lower()
        return Refused(Words(word), expected, f'Put it in quotes: "{word}".')
    if not isinstance(value, str):
        return Refused(shown(value), expected)
    if why := unusable(value):
        fix = "Delete it, or write the whole character: what made this file cut a text in the middle of one."
        return Refused(Words(why), "whole characters", fix)
    return with_newlines(value) if value.strip() else Refused(shown(value), expected)


def _number(value: Number) -> str | Refused:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return str(value)
    if not math.isfinite(number):
        return Refused(Words(str(value)), "text, not empty", "Leave the field out where there is no value.")
    if number.is_integer() and not value.lstrip("-").isdigit():
        whole = f"{number:.0f}"
        fix = f'Save the column as text: whether "{whole}" or "{value}" was meant is lost in it.'
        return Refused(Words(f"the number {value}"), "text, or a number without a fraction of zero", fix)
    return str(value)


def id_of(value: object) -> str | Refused:
    """An id as text: without space around it, and composed (NFC), as files of a Mac's folders are not."""
    text = text_of(value)
    return text if isinstance(text, Refused) else unicodedata.normalize("NFC", text.strip())


def is_missing(value: object) -> bool:
    """Whether a text is what a table writes where it has nothing."""
    return isinstance(value, str) and value.strip().lower() in _MISSING


def metadata_of(extra: dict) -> str | Refused | None:
    """The fields that no table knows, as a JSON object with sorted keys; None where there are none."""
    whole = dict(extra)
    try:
        if isinstance(inner := _object(whole.get("metadata")), dict):
            del whole["metadata"]
            whole = {**inner, **whole}
        return json.dumps(_plain(whole), sort_keys=True, ensure_ascii=False) if whole else None
    except RecursionError:
        return Refused(Words("further fields that are too deeply nested"), "plain values", "Take them out.")


def _object(value: object) -> object:
    """A JSON object that stands as text, as in a table that skillift wrote; anything else as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _plain(value: object) -> object:
    if isinstance(value, Number):
        try:
            number = int(value) if value.lstrip("-").isdigit() and len(value) < 20 else float(value)
        except ValueError:
            return str(value)
        return _plain(number)
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float) else str(value)
