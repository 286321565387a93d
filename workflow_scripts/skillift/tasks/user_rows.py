"""The rows of a user's tasks file, as they stand: JSON, CSV or Parquet, told by the file's ending.

Nothing is said here about what a task needs; that is `skillift.tasks.user_tasks`. In CSV, which has no null,
an empty cell is a missing field. Numbers keep the form in which they were written
(`skillift.tasks.raw_rows.Number`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.tasks.file_text import file_bytes, file_text, printable
from skillift.tasks.raw_rows import Moment, Number, Row, is_index, repeated
from skillift.tasks.user_json import json_rows
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import one_of

if TYPE_CHECKING:
    import polars as pl

DELIMITERS = ",;\t|"

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n')  # Excel's own; no row of the table
_LONGEST_CELL = 2**31 - 1


def form_of(path: Path | str) -> str | None:
    """The ending that tells a file's form, such as `.csv` of `tasks.CSV.gz`; None where there is none."""
    name = Path(path).name.lower().removesuffix(".gz")
    return next((ending for ending in READERS if name.endswith(ending)), None)


def read_rows(path: Path | str, problems: list[str]) -> list[Row]:
    """The rows of a tasks file; what is not a row is added to `problems`.

    Raises:
        UserError: the file is missing or unreadable, or its ending is none of `READERS`.
    """
    form = form_of(path)
    if form is None:
        found = Words(f"the ending '{Path(path).suffix}'")
        raise UserError(
            problem(str(path), found, one_of(list(READERS)), "Save the tasks in one of these forms.")
        )
    return list(READERS[form](str(path), problems))


def _csv(path: str, problems: list[str]) -> Iterator[Row]:
    text = file_text(path, "CSV file of tasks")
    declared = _SEPARATOR_LINE.match(text)
    skipped = 1 if declared else 0
    text = text[declared.end() :] if declared else text
    csv.field_size_limit(_LONGEST_CELL)
    # a file's own line ends, and no others: a cell may hold what Python calls a line end (U+2028, U+0085)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=declared[1] if declared else _delimiter(text), strict=True
    )
    names: list[str] | None = None
    while True:
        here = reader.line_num + 1 + skipped  # a quoted text may span lines: a row stands at its first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fix = "Close every double quote; write a quote inside of a text as two."
            line = reader.line_num + skipped
            problems.append(problem(f"{path}:{line}", Words(str(error)), "CSV", fix))
            if names is None:
                return
            continue
        if not any(cells):
            continue
        if names is None:
            names = _header(path, here, cells, problems)
            continue
        if len(cells) < len(names) or any(cells[len(names) :]):
            found = Words(f"{len(cells)} cells")
            mark = _spoken(reader.dialect.delimiter)
            fix = f"Put texts with {mark}, a quote or a line break in double quotes."
            problems.append(problem(f"{path}:{here}", found, f"{len(names)}, as in the header", fix))
            continue
        record = {name: cell for name, cell in zip(names, cells, strict=False) if cell and not is_index(name)}
        yield Row(f"{path}:{here}", f"line {here}", record)


def _header(path: str, line: int, cells: list[str], problems: list[str]) -> list[str]:
    names = [name.strip() for name in cells]
    for name in repeated([name for name in names if not is_index(name)]):
        where, found = f"{path}:{line}: {printable(name)}", Words("the column twice")
        problems.append(problem(where, found, "every column once", "Delete or rename one."))
    return names


def _delimiter(text: str) -> str:
    """What parts the header into the most columns; a comma where nothing does."""

    def columns(delimiter: str) -> int:
        try:
            return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=columns)


def _spoken(delimiter: str) -> str:
    return {",": "a comma", ";": "a semicolon", "\t": "a tab"}.get(delimiter, f"'{delimiter}'")


def _parquet(path: str, problems: list[str]) -> Iterator[Row]:
    import polars as pl

    content = io.BytesIO(file_bytes(path, "Parquet file of tasks"))
    try:
        frame = pl.read_parquet(content)
        columns = {name.strip(): _values(frame[name]) for name in frame.columns if not is_index(name)}
    # a broken file can make polars panic, which is no Exception
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        found = Words((str(error).splitlines() or ["no Parquet"])[0])
        raise UserError(problem(path, found, "a readable Parquet file")) from None
    for name in repeated([name.strip() for name in frame.columns]):
        where, found = f"{path}: {printable(name)}", Words("the column twice")
        problems.append(problem(where, found, "every column once", "Delete or rename one."))
    for number, values in enumerate(zip(*columns.values(), strict=True), start=1):
        known = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        yield Row(f"{path}, row {number}", f"row {number}", known)


def _values(column: pl.Series) -> list:
    """A column as Python's values; what is not text by itself keeps how Parquet shows it."""
    import polars as pl

    kind = column.dtype
    if kind == pl.Null:
        return [None] * len(column)
    if not (kind.is_numeric() or kind.is_temporal() or kind in (pl.Categorical, pl.Enum)):
        return column.to_list()
    column = column.fill_nan(None) if kind.is_float() else column
    shown = column.cast(pl.String).to_list()
    made = Number if kind.is_numeric() else Moment if kind.is_temporal() else str
    return [None if text is None else made(text) for text in shown]


READERS: dict[str, Callable[[str, list[str]], Iterator[Row]]] = {
    ".jsonl": json_rows,
    ".ndjson": json_rows,
    ".json": json_rows,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}
