"""Why the jobs of a run failed, in the words of their logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_MOST_LINES = 20  # of one job
_TAIL_BYTES = 64 * 1024  # of a log that are read
_ERROR = "error: "


@dataclass(frozen=True)
class FailedJob:
    """A job that failed.

    Attributes:
        rule: its rule.
        wildcards: what names it among the rule's jobs.
        log: its log; None where the rule has none.
        grouped: whether it ran with others as one job, so that one of those may be what failed.
    """

    rule: str
    wildcards: Mapping[str, str]
    log: str | None
    grouped: bool = False

    @property
    def name(self) -> str:
        """Such as `train s sft-s0`."""
        return " ".join([self.rule, *self.wildcards.values()])


def last_words(jobs: Iterable[FailedJob], stopped: bool = False) -> list[str]:
    """Lines that end a failed run: of each job its name and the error that ended it, each error once.

    Args:
        jobs: the jobs that failed.
        stopped: whether the run was ended by its user, and with it jobs that have no error of their own.
    """
    jobs = [job for job in jobs if not stopped or (job.log and _errors(list(_tail(Path(job.log)))))]
    told = any(job.grouped and job.log and any(_tail(Path(job.log))) for job in jobs)
    by_error: dict[tuple[str, ...], list[str]] = {}
    for job in jobs:
        if not (told and job.grouped and not (job.log and any(_tail(Path(job.log))))):
            by_error.setdefault(tuple(_error_of(job)), []).append(job.name)
    return [
        line
        for (first, *more), names in by_error.items()
        for line in (f"{_ERROR}{', '.join(dict.fromkeys(names))}: {first}", *more)
    ]


def _error_of(job: FailedJob) -> list[str]:
    """The error in a job's log, without the word itself; else its last line."""
    if job.log is None:
        return ["failed; Snakemake's messages above say why."]
    lines = list(_tail(Path(job.log)))
    if not lines:
        return [f"ended without a word ({job.log} is empty or missing): killed, or never started."]
    starts = _errors(lines)
    if not starts:
        return [f"{lines[-1]} (whole log: {job.log})"]
    # a list of mistakes is one error of several lines
    found = [lines[starts[-1]].removeprefix(_ERROR), *lines[starts[-1] + 1 :]]
    if len(found) > _MOST_LINES:
        found = [*found[:_MOST_LINES], f"and {len(found) - _MOST_LINES} more lines in {job.log}"]
    return found


def _errors(lines: list[str]) -> list[int]:
    """The numbers of the lines that begin an error."""
    return [number for number, line in enumerate(lines) if line.startswith(_ERROR)]


def _tail(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return
    # a progress bar overwrites its line: the last state counts
    yield from (shown for line in text.split("\n") if (shown := line.rsplit("\r", 1)[-1].rstrip()))
