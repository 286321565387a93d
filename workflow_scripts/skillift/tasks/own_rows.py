"""The rows of a user's tasks file, as they stand: JSONL, CSV or Parquet, told by the file's ending.

Nothing is said here about what a task needs; that is `skillift.tasks.own`. In CSV, which has no null, an
empty cell is a missing field.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.study.schema import one_of, shown
from skillift.study.source import Words


class Row(NamedTuple):
    """One row: where it stands, for messages (`tasks.csv:3` and `line 3`), and its fields."""

    where: str
    place: str
    record: dict


def read_rows(path: Path | str, problems: list[str]) -> list[Row]:
    """The rows of a tasks file; what is not a row is added to `problems`.

    Raises:
        UserError: the file is missing or unreadable, or its ending is none of .jsonl, .csv and .parquet.
    """
    ending = Path(path).suffix.lower()
    if ending not in READERS:
        found, mend = Words(f"the ending '{ending}'"), "Save the tasks in one of these forms."
        raise UserError(problem(str(path), found, one_of(list(READERS)), mend))
    return list(READERS[ending](str(path), problems))


def _jsonl(path: str, problems: list[str]) -> Iterator[Row]:
    for number, text in enumerate(_text(path, "JSONL").split("\n"), start=1):
        if text.strip():
            record = _object(f"{path}:{number}", text, problems)
            if record is not None:
                yield Row(f"{path}:{number}", f"line {number}", record)


def _object(where: str, text: str, problems: list[str]) -> dict | None:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict:
        names = [name for name, _ in pairs]
        repeated.extend(_repeated(names))
        return dict(pairs)

    try:
        record = json.loads(text, object_pairs_hook=once)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested"
        found = Words(f"text that is not JSON ({said})")
        mend = "A task is one whole object on one line."
        problems.append(problem(f"{where}{place}", found, "a JSON object", mend))
        return None
    if not isinstance(record, dict):
        problems.append(problem(where, shown(record), "a JSON object with the fields of a task"))
        return None
    for name in repeated:
        problems.append(problem(f"{where}: {name}", Words("the field a second time"), "every field once"))
    return record


def _csv(path: str, problems: list[str]) -> Iterator[Row]:
    reader = csv.reader(_text(path, "CSV").splitlines(keepends=True), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        for name in _repeated(names):
            mend = "Delete or rename one."
            problems.append(
                problem(f"{path}:1: {name}", Words("the column twice"), "every column once", mend)
            )
        first = reader.line_num + 1
        for cells in reader:
            first, here = (
                reader.line_num + 1,
                first,
            )  # a quoted text may span lines: a row stands at its first
            if not any(cells):
                continue
            if len(cells) != len(names):
                found = Words(f"{len(cells)} cells")
                mend = "Put texts with a comma, a quote or a line break in double quotes."
                problems.append(problem(f"{path}:{here}", found, f"{len(names)}, as in the header", mend))
                continue
            record = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
            yield Row(f"{path}:{here}", f"line {here}", record)
    except csv.Error as error:
        mend = "Close every double quote; write a quote inside of a text as two."
        problems.append(problem(f"{path}:{reader.line_num}", Words(str(error)), "CSV", mend))


def _parquet(path: str, problems: list[str]) -> Iterator[Row]:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except FileNotFoundError:
        raise UserError(problem(path, Words("no such file"), "a Parquet file of tasks")) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        found = Words(str(error).splitlines()[0])
        raise UserError(problem(path, found, "a readable Parquet file")) from None
    for number, record in enumerate(frame.iter_rows(named=True), start=1):
        known = {name: value for name, value in record.items() if value is not None}
        yield Row(f"{path}, row {number}", f"row {number}", known)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _text(path: str, form: str) -> str:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise UserError(problem(path, Words("no such file"), f"a {form} file of tasks")) from None
    except UnicodeDecodeError as error:
        found = Words(f"bytes that are not UTF-8 at position {error.start}")
        raise UserError(problem(path, found, f"a {form} file in UTF-8", "Save the file as UTF-8.")) from None
    except OSError as error:
        found = Words(error.strerror or str(error))
        raise UserError(problem(path, found, f"a readable {form} file")) from None


READERS: dict[str, Callable[[str, list[str]], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
