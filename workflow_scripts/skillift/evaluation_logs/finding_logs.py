"""Which logs a path means: a file, or a folder of one harness's logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.evaluation_logs import inspect_logs, lighteval_details, lm_eval, plain_tables
from skillift.evaluation_logs.records import Evaluation, Wanted

_KINDS = (
    "samples_*.jsonl of lm_eval --log_samples, .eval or .json of Inspect, details_*.parquet of lighteval, "
    "or a table in CSV, JSONL or Parquet"
)
_Reader = Callable[[list[Path], Wanted], list[Evaluation]]


def read_logs(path: Path, wanted: Wanted) -> list[Evaluation]:
    """All evaluations that a file or folder holds.

    Raises:
        UserError: there is no log, or logs of several kinds; or see the readers.
    """
    if not path.exists():
        raise UserError(problem(str(path), "no such file or folder", _KINDS))
    files = list(_files(path)) if path.is_dir() else [path]
    found: dict[str, tuple[_Reader, list[Path]]] = {}
    seen: set[Path] = set()
    for file in files:
        kind = _kind(file)
        if kind and file.resolve() not in seen:
            seen.add(file.resolve())
            found.setdefault(kind[0], (kind[1], []))[1].append(file)
    if not found:
        names = ", ".join(file.name for file in files[:3]) or "an empty folder"
        fix = "Unpack files in .gz first." if any(file.suffix == ".gz" for file in files) else ""
        raise UserError(problem(str(path), names, _KINDS, fix))
    if len(found) > 1:
        raise UserError(
            problem(str(path), " and ".join(sorted(found)), "logs of one kind", "Give one of them.")
        )
    reader, logs = next(iter(found.values()))
    for file in logs:
        _refuse_utf_16(file)
    return reader(logs, wanted)


def _files(folder: Path) -> Iterator[Path]:
    """What may be logs in a folder: nothing that a system hides, no list of logs that Inspect writes.

    Links to folders are followed, and each folder is entered once: `latest` is often a link to another one.
    """
    entered = {folder.resolve()}
    for place, folders, names in os.walk(folder, followlinks=True):
        ours = sorted((Path(place, name) for name in folders if not name.startswith(".")), key=_links_last)
        folders.clear()
        for each in ours:
            if each.resolve() not in entered:
                entered.add(each.resolve())
                folders.append(each.name)
        files = (Path(place, name) for name in names if not name.startswith("."))
        known = (each for each in files if each.is_file() and each.name not in inspect_logs.LISTINGS)
        yield from sorted(known, key=_links_last)


def _links_last(path: Path) -> tuple[bool, Path]:
    return path.is_symlink(), path


def _refuse_utf_16(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            start = opened.read(2)
    except OSError as error:
        raise UserError(problem(str(file), error.strerror, "a file that can be read")) from None
    if start in (b"\xff\xfe", b"\xfe\xff"):
        fix = "Write it again: iconv -f UTF-16 -t UTF-8 FILE > NEW."
        raise UserError(problem(str(file), "text in UTF-16", "text in UTF-8", fix))


def _kind(file: Path) -> tuple[str, _Reader] | None:
    if file.match(lm_eval.PATTERN):
        return "samples of lm_eval", lm_eval.read
    if file.match(lighteval_details.PATTERN):
        return "details of lighteval", lighteval_details.read
    if file.suffix.lower() in plain_tables.ENDINGS:
        return "plain tables", plain_tables.read
    if file.suffix in inspect_logs.ENDINGS and not file.match("results_*.json"):
        return "logs of Inspect", inspect_logs.read
    return None
