"""Reading and writing tables and manifests: checked against their contract, written atomically.

A write goes to a temporary file in the same folder and is renamed into place, so a reader
sees the old file or the new one and never a half of either.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from skillift.casts import conform
from skillift.contracts import pa
from skillift.contracts.columns import of_protocols
from skillift.contracts.pipeline import key_of, required_columns
from skillift.errors import ContractError, UserError
from skillift.path_patterns import PathPattern

_AT_ONCE = 200  # tables that are checked together; more would take more memory and save nothing
_PLACE = "place in the batch"


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it is removed.

    Raises:
        UserError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(_disk_problem(path, error)) from error
    # one name: what a killed process left is written over by the next
    temporary = path.with_name(f".{path.name}.partial")
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise UserError(_disk_problem(path, error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _disk_problem(path: Path, error: OSError) -> str:
    return (
        f"{path}: cannot be written ({error.strerror or error}). Free space or permissions on {path.parent} "
        "are needed; the earlier file, if there was one, is untouched."
    )


def check(frame: pl.DataFrame, schema: pa.DataFrameSchema, source: str) -> pl.DataFrame:
    """Check `frame` against `schema` and return it.

    Raises:
        ContractError: names `source`, the columns or rows that are wrong, and what was expected.
    """
    try:
        of_protocols(schema, frame.columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        raise ContractError(_explain(errors, schema, source)) from None
    except pl.exceptions.PolarsError as error:
        raise ContractError(f"{source}: not a table of {schema.name}: {error}") from None
    return frame


def _explain(errors: pa.errors.SchemaErrors, schema: pa.DataFrameSchema, source: str) -> str:
    lines = [f"{source}: does not keep the contract of the table '{schema.name}':"]
    for error in errors.schema_errors[:10]:
        cases = error.failure_cases
        found = cases.head(3).to_dicts() if isinstance(cases, pl.DataFrame) else cases
        lines.append(f"  - {error.reason_code.name.lower()}: expected {error.check}; found {found}")
    return "\n".join(lines)


def write_table(frame: pl.DataFrame, path: Path | str, schema: pa.DataFrameSchema) -> None:
    """Sort `frame` by its key, check it and write it as Parquet, atomically.

    Raises:
        ContractError: the frame does not keep its contract; nothing is written.
        UserError: the file cannot be written.
    """
    schema = of_protocols(schema, frame.columns)
    missing = [name for name in required_columns(schema) if name not in frame.columns]
    if missing:
        raise ContractError(
            f"{path}: the table '{schema.name}' lacks the columns {missing}; found {frame.columns}."
        )
    frame = frame.select(name for name in schema.columns if name in frame.columns).sort(key_of(schema))
    check(frame, schema, str(path))
    content = io.BytesIO()  # polars turns a full disk into an error of its own; Python names it
    frame.write_parquet(content, compression="zstd", statistics=False)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read_table(path: Path | str, schema: pa.DataFrameSchema) -> pl.DataFrame:
    """Read a Parquet table and check it; one that another tool wrote too, where no value changes by its cast.

    Raises:
        UserError: the file is missing or is not Parquet.
        ContractError: it does not keep its contract.
    """
    frame = _read_parquet(path)
    schema = of_protocols(schema, frame.columns)
    return check(conform(frame, schema, str(path)), schema, str(path))


def read_tables(paths: Sequence[Path | str], schema: pa.DataFrameSchema) -> Iterator[pl.DataFrame]:
    """Read tables of one contract one after the other, checked many at once: a check takes 20 ms at least.

    Raises:
        UserError: a file is missing or is not Parquet.
        ContractError: one does not keep its contract.
    """
    for batch in (paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE)):
        frames = [_read_parquet(path) for path in batch]
        known = of_protocols(schema, frames[0].columns)
        read = [conform(frame, known, str(path)) for path, frame in zip(batch, frames, strict=True)]
        if not _all_sound(read, known):
            for path, frame in zip(batch, read, strict=True):
                check(frame, known, str(path))
        yield from read


def read_each(
    pattern: PathPattern, entries: Sequence[Mapping[str, str]], schema: pa.DataFrameSchema
) -> list[tuple]:
    """The same for the tables of a path pattern: (value of each of its names, ..., frame) for each entry."""
    frames = read_tables([pattern.path(entry) for entry in entries], schema)
    labels = [[entry[name] for name in pattern.names] for entry in entries]
    return [(*names, frame) for names, frame in zip(labels, frames, strict=True)]


def read_existing(
    pattern: PathPattern, entries: Sequence[Mapping[str, str]], schema: pa.DataFrameSchema
) -> list[tuple]:
    """The same for those entries that have a table, as models behind an API lack some; one has to have one.

    Raises:
        UserError: none has.
    """
    there = [entry for entry in entries if Path(pattern.path(entry)).exists()]
    return read_each(pattern, there or entries, schema)


def _all_sound(frames: list[pl.DataFrame], schema: pa.DataFrameSchema) -> bool:
    """Whether every frame keeps the contract."""
    columns = {_PLACE: pa.Column(pl.Int32), **schema.columns}
    together = pa.DataFrameSchema(columns, unique=[_PLACE, *key_of(schema)], strict=True, ordered=True)
    try:
        together.validate(
            pl.concat(
                frame.select(pl.lit(place, pl.Int32).alias(_PLACE), pl.all())
                for place, frame in enumerate(frames)
            )
        )
    except (pa.errors.SchemaError, pl.exceptions.PolarsError):
        return False
    return True


def _read_parquet(path: Path | str) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such table; run the workflow to make it.") from None
    # a broken file can make polars panic, which is no Exception
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({error}). Delete it and run again.") from None


def write_json(value: dict, path: Path | str) -> None:
    """Write a manifest as sorted, indented JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path | str) -> dict:
    """Read a file that holds one JSON object, such as a manifest.

    Raises:
        UserError: the file is missing or is not a JSON object.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such manifest; run the workflow to make it.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable JSON ({error}). Delete it and run again.") from None
    if not isinstance(value, dict):
        raise UserError(f"{path}: found {type(value).__name__}, expected a JSON object.")
    return value


def sha256_file(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digests(folder: Path | str) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path with forward slashes, sorted."""
    folder = Path(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}
