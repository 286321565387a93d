"""Scores in a plain table: CSV, JSONL or Parquet, one row for each item, condition, epoch or run."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted

ENDINGS = (".csv", ".jsonl", ".parquet")
# the columns by their names here; `--columns item=question_id` names another
NEEDED = ("item", "score")
FURTHER = ("epoch", "cluster", "prompt", "target", "response", "tokens", "task")


def read(files: list[Path], wanted: Wanted) -> list[Evaluation]:
    """One evaluation for each value of the column `task`, or for each file without one.

    Raises:
        UserError: a file is no such table, lacks a column, or has a score that is no number.
    """
    several = len(files) > 1
    return [
        evaluation
        for path in sorted(files)
        for evaluation in _read(path, wanted, path.stem if several else "scores")
    ]


def _read(path: Path, wanted: Wanted, own_name: str) -> list[Evaluation]:
    try:
        table = _table(path)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise UserError(problem(str(path), first, f"a table in {path.suffix.removeprefix('.')}")) from None
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
        return pl.read_ndjson(path, infer_schema_length=None)
    with path.open(encoding="utf-8-sig") as lines:
        head = lines.readline()
    mark = next((mark for mark in ",;\t" if mark in head), ",")
    return pl.read_csv(path, infer_schema=False, separator=mark)


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
    try:
        cast = known.cast(kind, strict=False)
    except pl.exceptions.PolarsError:
        cast = pl.Series(column.name, [None] * len(column), dtype=kind)
    wrong = cast.is_null() & known.is_not_null()
    if wrong.any():
        place = wrong.arg_true()[0]
        raise UserError(
            problem(
                f"{path}, row {place + 1}, column {name}", column[place], "a number, true, false or nothing"
            )
        )
    return cast
