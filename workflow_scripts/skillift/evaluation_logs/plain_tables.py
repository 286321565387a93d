"""Scores in a plain table: CSV, JSONL or Parquet, one row for each item, condition, epoch or run."""

from __future__ import annotations

import csv
import json
from codecs import BOM_UTF8
from collections.abc import Iterable
from io import BytesIO
from itertools import tee
from pathlib import Path
from typing import NoReturn

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted, unread

ENDINGS = (".csv", ".jsonl", ".parquet")
# the columns by their names here; `--columns item=question_id` names another
NEEDED = ("item", "score")
FURTHER = ("epoch", "cluster", "prompt", "target", "response", "tokens", "task")


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """One evaluation for each value of the column `task`, or for each file without one.

    Raises:
        UserError: a file is no such table, lacks a column, or has a score that is no number.
    """
    if len(files) == 1:
        return _read(files[0], wanted, "scores")
    found: list[Evaluation] = []
    for path in sorted(files):
        found += _read(path, wanted, path.stem) if _may_have(path, wanted) else [unread(path, path.stem)]
    return found


def _may_have(path: Path, wanted: Wanted) -> bool:
    """Whether a table may be of a task that is wanted: its column `task` tells, where it has one."""
    return wanted.has(path.stem) or "task" in wanted.columns


def _read(path: Path, wanted: Wanted, own_name: str) -> list[Evaluation]:
    if not path.stat().st_size:
        raise UserError(problem(str(path), "an empty file", "a row for each item"))
    try:
        table = _table(path)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise UserError(_why(path, error)) from None
    if table.is_empty():
        raise UserError(problem(str(path), "no row", "a row for each item"))
    names = _names(path, table, wanted)
    known = table.select(pl.col(column).alias(name) for name, column in names.items())
    known = _as_texts(path, known, names)
    for name, kind in (("score", pl.Float64), ("epoch", pl.Int64), ("tokens", pl.Int64)):
        if name in known.columns:
            known = known.with_columns(_number(path, known[name], names[name], kind).alias(name))
    known = known.with_columns(
        pl.col(name).cast(pl.String) for name in ("item", "cluster", "task") if name in known
    )
    for name, expected in (("item", "what the item is called"), ("epoch", "a whole number from 0")):
        if name in known and known[name].null_count():
            place = known[name].is_null().arg_true()[0]
            raise UserError(problem(f"{path}, row {place + 1}, column {names[name]}", None, expected))
    scored = known["score"].is_not_null() & known["score"].is_finite()
    frame = known.select(
        "item",
        epoch=pl.col("epoch") if "epoch" in known else pl.int_range(pl.len()).over(*_group(known)),
        value=pl.when(scored).then("score"),
        reason=pl.when(~scored).then(pl.lit("no score")),
        cluster=pl.col("cluster") if "cluster" in known else pl.lit(None, dtype=pl.String),
        **{
            name: pl.col(name).cast(pl.String).fill_null("") if name in known else pl.lit("")
            for name in ("prompt", "target", "response")
        },
        prompt_key=pl.col("prompt").cast(pl.String).fill_null("") if "prompt" in known else pl.lit(""),
        item_key=pl.col("target").cast(pl.String).fill_null("") if "target" in known else pl.lit(""),
        tokens=pl.col("tokens") if "tokens" in known else pl.lit(None, dtype=pl.Int64),
        task=pl.col("task") if "task" in known else pl.lit(own_name),
    )
    return [
        Evaluation(
            path,
            task,
            "",
            {"metric": names["score"]},
            {},
            part.select(pl.col(n).cast(t) for n, t in ROWS.items()),
        )
        for (task,), part in frame.group_by("task", maintain_order=True)
    ]


def _as_texts(path: Path, known: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """Prompts and answers that are lists or objects, such as messages, as JSON; in others that is wrong."""
    for name in known.columns:
        column = known[name]
        if not column.dtype.is_nested():
            continue
        if name not in ("prompt", "target", "response"):
            where = f"{path}, column {names[name]}"
            raise UserError(problem(where, column.to_list()[0], "a text or a number in each row"))
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in column.to_list()
        ]
        known = known.with_columns(pl.Series(name, texts, dtype=pl.String))
    return known


def _table(path: Path) -> pl.DataFrame:
    """The table as it is written: of CSV, cells are texts, as an item may be called 001."""
    if path.suffix.lower() == ".parquet":
        return pl.read_parquet(path)
    if path.suffix.lower() == ".jsonl":
        return pl.read_ndjson(_without_mark(path), infer_schema_length=None)
    with path.open(encoding="utf-8-sig") as lines:
        head = lines.readline()
    mark = _separator(head)
    names = next(csv.reader([head], delimiter=mark), [])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(problem(f"{path}, columns", f"{twice[0]} twice", "each column once"))
    return pl.read_csv(path, infer_schema=False, separator=mark)


def _why(path: Path, error: Exception) -> str:
    """Where a table is broken, in words; what the reader says of it where that is not found."""
    known = f"a table in {path.suffix.lower().removeprefix('.')}"
    if path.suffix.lower() != ".parquet":
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                place, found, expected = _broken_line(path, lines) or ("", str(error).splitlines()[0], known)
            return problem(f"{path}{place}", found, expected)
        except UnicodeDecodeError as wrong:
            fix = "Write it again, from the encoding that it has: iconv -f LATIN1 -t UTF-8 FILE > NEW."
            return problem(str(path), f"byte 0x{wrong.object[wrong.start]:02x}", "text in UTF-8", fix)
        except OSError:
            pass
    return problem(str(path), str(error).splitlines()[0], known)


def _refused(constant: str) -> NoReturn:
    """Python's own writer of JSON writes NaN and Infinity, and its reader takes them; others do not."""
    raise ValueError(f"{constant}, which JSON does not have; null is no score")


def _broken_line(path: Path, lines: Iterable[str]) -> tuple[str, str, str] | None:
    """Place, what is there, and what was expected of the first line that is not as the others."""
    if path.suffix.lower() == ".jsonl":
        for number, line in enumerate(lines, start=1):
            try:
                value = json.loads(line, parse_constant=_refused) if line.strip() else {}
            except ValueError as error:
                return f", line {number}", str(error), "a JSON object in each line"
            if not isinstance(value, dict):
                return f", line {number}", type(value).__name__, "a JSON object in each line"
        return None
    start, rest = tee(lines)
    rows = csv.reader(rest, delimiter=_separator(next(start, "")))
    head = next(rows, [])
    for row in rows:
        if len(row) > len(head):
            return f", line {rows.line_num}", f"{len(row)} cells", f"{len(head)}, as in the first line"
    return None


def _separator(head: str) -> str:
    return next((mark for mark in ",;\t" if mark in head), ",")


def _without_mark(path: Path) -> Path | BytesIO:
    """The file; without the byte order mark that some systems write before UTF-8."""
    with path.open("rb") as opened:
        if opened.read(len(BOM_UTF8)) != BOM_UTF8:
            return path
        return BytesIO(opened.read())


def _group(known: pl.DataFrame) -> list[str]:
    return [name for name in ("task", "item") if name in known.columns]


def _names(path: Path, table: pl.DataFrame, wanted: Wanted) -> dict[str, str]:
    """The table's column for each name of this module."""
    given = dict(wanted.columns)
    for name, field in (("item", wanted.item), ("cluster", wanted.cluster), ("score", wanted.metric)):
        if field is not None:
            given.setdefault(name, field)
    unknown = sorted(set(given) - {*NEEDED, *FURTHER})
    if unknown:
        raise UserError(
            problem(f"--columns, {unknown[0]}", unknown[0], f"one of {', '.join((*NEEDED, *FURTHER))}")
        )
    names = {name: given.get(name, name) for name in (*NEEDED, *FURTHER)}
    there = {name: column for name, column in names.items() if column in table.columns}
    missing = [name for name in names if name not in there and (name in NEEDED or name in given)]
    if missing:
        name = missing[0]
        fix = f"Name it: --columns {name}=COLUMN."
        raise UserError(
            problem(f"{path}, columns", ", ".join(table.columns), f"{names[name]!r} for {name}", fix)
        )
    return there


def _number(path: Path, column: pl.Series, name: str, kind: type[pl.DataType]) -> pl.Series:
    known = column
    if column.dtype == pl.String:
        lower = column.str.strip_chars().str.to_lowercase()
        known = lower.replace({"true": "1", "false": "0", "": None, "null": None, "none": None})
    whole = kind == pl.Int64
    try:
        cast = known.cast(pl.Float64, strict=False)  # of whole numbers too: tables often have 1.0 for 1
    except pl.exceptions.PolarsError:
        cast = pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    wrong = known.is_not_null() & (cast.is_null() | (cast.floor() != cast) if whole else cast.is_null())
    if wrong.any():
        place = wrong.arg_true()[0]
        expected = "a whole number" if whole else "a number, true, false or nothing"
        raise UserError(problem(f"{path}, row {place + 1}, column {name}", column[place], expected))
    return cast.cast(kind)
