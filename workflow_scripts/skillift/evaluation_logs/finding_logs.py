"""Which logs a path means: a file, or a folder of one harness's logs."""

from __future__ import annotations

from collections.abc import Callable
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
    files = sorted(each for each in path.rglob("*") if _of_a_harness(each, path)) if path.is_dir() else [path]
    found: dict[str, tuple[_Reader, list[Path]]] = {}
    for file in files:
        kind = _kind(file)
        if kind:
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
    return reader(logs, wanted)


def _of_a_harness(file: Path, folder: Path) -> bool:
    """Whether a file may be a log: not one that a system hides, and no list of logs that Inspect writes."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.is_file() and not hidden and file.name not in inspect_logs.LISTINGS


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
