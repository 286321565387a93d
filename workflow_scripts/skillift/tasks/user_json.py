"""The rows of a JSON file of tasks: one object a line, one array of objects, or objects one after the other.

Lines end with a line feed, and with nothing else: a text may hold what Python calls a line end (U+2028).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from skillift.errors import problem
from skillift.tasks.file_text import file_text, printable, with_newlines
from skillift.tasks.raw_rows import Number, Row, repeated
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import shown

_SPACE = re.compile(r"[ \t\n]*")
_EXPECTED = "a JSON object with the fields of a task"


class _Object(dict):
    """A JSON object and the names that it has more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        names = [name.strip() for name, _ in pairs]
        super().__init__(zip(names, (value for _, value in pairs), strict=True))
        self.repeated = repeated(names)


# numbers stay as they were written: a float would lose 0.50, and Python reads no integer of 5,000 digits
_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_float=Number, parse_int=Number, parse_constant=Number
)


def json_rows(path: str, problems: list[str]) -> Iterator[Row]:
    """The rows of a JSON file; what is not an object is added to `problems`.

    Raises:
        UserError: the file is missing or unreadable.
    """
    form = "JSONL" if ".jsonl" in Path(path).name.lower() else "JSON"
    text = with_newlines(file_text(path, f"{form} file of tasks"))
    values = _of_array(text)
    if values is None and (broken := _broken_array(path, text)):
        problems.append(broken)
        return
    if values is None and _spans_lines(text):
        values = _one_after_the_other(text)
    if values is not None:
        for line, value in values:
            yield from _row(f"{path}:{line}", f"line {line}", value, problems)
        return
    for number, own in enumerate(text.split("\n"), start=1):
        if own.strip():
            where = f"{path}:{number}"
            value, place, said = _parsed(own)
            if said:
                found = Words(f"text that is not JSON ({said})")
                fix = "A task is one whole object on one line."
                problems.append(problem(f"{where}{place}", found, "a JSON object", fix))
            else:
                yield from _row(where, f"line {number}", value, problems)


def _row(where: str, place: str, value: object, problems: list[str]) -> Iterator[Row]:
    if not isinstance(value, _Object):
        problems.append(problem(where, shown(value), _EXPECTED))
        return
    for name in value.repeated:
        found = Words("the field a second time")
        problems.append(problem(f"{where}: {printable(name)}", found, "every field once"))
    yield Row(where, place, value)


def _parsed(text: str) -> tuple[object, str, str]:
    """A value, the column of a mistake, and the mistake; the last is empty where there is none."""
    try:
        return _DECODER.decode(text), "", ""
    except json.JSONDecodeError as error:
        return None, f", column {error.colno}", error.msg
    except RecursionError:
        return None, "", "too deeply nested"


def _value_at(text: str, place: int) -> tuple[object, int] | None:
    """The value that begins at a place, and where it ends; None where none does."""
    try:
        return _DECODER.raw_decode(text, place)
    except (json.JSONDecodeError, RecursionError):
        return None


def _after_space(text: str, place: int = 0) -> int:
    """Where the white space of JSON ends that begins at `place`, which may be none."""
    space = _SPACE.match(text, place)
    return space.end() if space else place


def _of_array(text: str) -> list[tuple[int, object]] | None:
    """The items of a file that is one array, each with its line; None where it is not one."""
    place, found = _after_space(text), list[tuple[int, object]]()
    if text[place : place + 1] != "[":
        return None
    place += 1
    while True:
        place = _after_space(text, place)
        if text[place : place + 1] == "]" and not found:
            break
        if (read := _value_at(text, place)) is None:
            return None
        value, end = read
        found.append((place, value))
        place = _after_space(text, end)
        if text[place : place + 1] != ",":
            break
        place += 1
    if text[place : place + 1] != "]" or text[place + 1 :].strip():
        return None
    # an array on a line of its own, such as [1, 2], is a line that is no task
    if found and not any(isinstance(value, _Object) for _, value in found):
        return None
    return _with_lines(text, found)


def _broken_array(path: str, text: str) -> str:
    """What is wrong with a file that begins as one array over several lines; empty where it does not."""
    start = _after_space(text)
    if text[start : start + 1] != "[" or not _parsed(text[start:].split("\n", 1)[0])[2]:
        return ""
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where, said = f"{path}:{error.lineno}, column {error.colno}", error.msg
    except RecursionError:
        where, said = path, "too deeply nested"
    else:
        return ""
    return problem(
        where, Words(f"text that is not JSON ({said})"), "one array of objects, or one object a line"
    )


def _spans_lines(text: str) -> bool:
    """Whether the first object does not end on the line on which it begins."""
    start = _after_space(text)
    read = _value_at(text, start)
    return read is not None and "\n" in text[start : read[1]]


def _one_after_the_other(text: str) -> list[tuple[int, object]] | None:
    """Objects that span lines, each with its first line; None where something else stands between them."""
    place, found = _after_space(text), list[tuple[int, object]]()
    while place < len(text):
        if (read := _value_at(text, place)) is None:
            return None
        value, end = read
        found.append((place, value))
        place = _after_space(text, end)
    return _with_lines(text, found)


def _with_lines(text: str, found: list[tuple[int, object]]) -> list[tuple[int, object]]:
    line, before, result = 1, 0, []
    for place, value in found:
        line += text.count("\n", before, place)
        before = place
        result.append((line, value))
    return result
