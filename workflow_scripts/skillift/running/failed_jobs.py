"""Why the jobs of a run failed, in the words of their logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skillift.processes.killed_jobs import ADVICE, OTHERS, explained, note_file, read_note
from skillift.stages import rule_named

_MOST_LINES = 20  # of one job
_TAIL_BYTES = 64 * 1024  # of a log that are read
_LONGEST = 500  # characters of a line that is shown of a job without an error
_ERROR = "error: "
_TRACEBACK = "Traceback "
# what SLURM writes into its log of a job that it ends, "slurmstepd-n1: error: Detected 1 oom_kill event ..."
_SLURM_ENDED = re.compile(
    r"slurmstepd\S*: error: (.*(?:memory limit|oom.kill|TIME LIMIT|PREEMPTION|NODE FAIL).*)", re.I
)
_OF_MEMORY = re.compile("memory limit|oom.kill", re.I)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# as `subprocess.CalledProcessError` says it
_WHOLE_COMMAND = re.compile(r"Command '.*' returned non-zero exit status (\d+)\.", re.DOTALL)


@dataclass(frozen=True)
class FailedJob:
    """A job that failed.

    Attributes:
        rule: its rule.
        wildcards: what names it among the rule's jobs.
        log: its log; None where the rule has none.
        grouped: whether it ran with others as one job, so that one of those may be what failed.
        memory_mb: what it had declared to take (MB); None where nobody knows.
        slurm_log: where SLURM wrote what it printed; None where it ran elsewhere.
        again: the command line that does this job and what it needs; None where nobody knows.
    """

    rule: str
    wildcards: Mapping[str, str]
    log: str | None
    grouped: bool = False
    memory_mb: int | None = None
    slurm_log: str | None = None
    again: str | None = None

    @property
    def name(self) -> str:
        """Such as `train s sft-s0`."""
        return " ".join([self.rule, *self.wildcards.values()])


def last_words(jobs: Iterable[FailedJob], stopped: bool = False, state: str | None = None) -> list[str]:
    """Lines that end a failed run: of each job its name and the error that ended it, each error once.

    Below an error stands how to do the first of its jobs alone.

    Args:
        jobs: the jobs that failed.
        stopped: whether the run was ended by its user, and with it jobs that have no error of their own.
        state: the study's folder of state, with what jobs that were killed held in memory.
    """
    jobs = [job for job in jobs if not stopped or (job.log and _errors(list(_tail(Path(job.log)))))]
    told = any(job.grouped and job.log and any(_tail(Path(job.log))) for job in jobs)
    by_error: dict[tuple[str, ...], list[FailedJob]] = {}
    for job in jobs:
        if not (told and job.grouped and not (job.log and any(_tail(Path(job.log))))):
            by_error.setdefault(tuple(_error_of(job, state)), []).append(job)
    lines = []
    for (first, *more), ended in by_error.items():
        names = ", ".join(dict.fromkeys(job.name for job in ended))
        lines += [f"{_ERROR}{names}: {first}", *more]
        if ended[0].again:
            lines.append(f"That job alone: {ended[0].again}")
    return lines


def without_command(message: str) -> str:
    """A message of Snakemake's without the whole shell command that failed, which takes ten lines."""
    return _WHOLE_COMMAND.sub(r"Its command ended with status \1.", message)


def _error_of(job: FailedJob, state: str | None) -> list[str]:
    """The error in a job's log, without the word itself; of a traceback its last line; else how it ended."""
    if job.log is None:
        return ["failed; Snakemake's messages above say why."]
    try:
        lines = list(log_lines(Path(job.log), _TAIL_BYTES))
    except FileNotFoundError:
        lines = []
    except OSError as error:
        return [f"failed, and its log {job.log} cannot be read ({error.strerror or error})."]
    starts = _errors(lines)
    if not starts:
        if any(line.startswith(_TRACEBACK) for line in lines):
            return [f"{lines[-1][:_LONGEST]} (whole log: {job.log})"]
        return [_killed(job, lines, state)]
    # a list of mistakes is one error of several lines
    found = [lines[starts[-1]].removeprefix(_ERROR), *lines[starts[-1] + 1 :]]
    if len(found) > _MOST_LINES:
        found = [*found[:_MOST_LINES], f"and {len(found) - _MOST_LINES} more lines in {job.log}"]
    return found


def _killed(job: FailedJob, lines: list[str], state: str | None) -> str:
    """Of a job without an error: on a cluster, what kills a job for memory kills its shell, too."""
    last = next((line for line in reversed(lines) if line.strip()), None)
    if last is None:
        said = f"ended without a word ({job.log} is empty or missing): killed, or never started."
    else:
        said = f"ended without an error of its own, after: {last[:_LONGEST]} (whole log: {job.log})."
    ended = _slurms_words(job.slurm_log)
    if ended is not None:
        said += f" SLURM: {ended.rstrip('.')}."
    declared = f" It had declared {job.memory_mb:,} MB (`mem_mb`)." if job.memory_mb else ""
    if ended is not None and not _OF_MEMORY.search(ended):
        return said
    note = read_note(note_file(state, job.log)) if state and job.log else None
    advice = ADVICE.get(rule_named(job.rule).work or "", OTHERS)
    if note is None and ended is not None:
        return f"{said}{declared} {advice}"
    if note is None and last is not None:
        return said
    text = explained(None, note, advice)
    return f"{said}{declared} {text[:1].upper()}{text[1:]}"


def _slurms_words(log: str | None) -> str | None:
    """Why SLURM ended a job, in its own words; None where it does not say that it did."""
    found = (_SLURM_ENDED.search(line) for line in (_tail(Path(log)) if log else ()))
    return next((words[1].strip("* ") for words in found if words), None)


def _errors(lines: list[str]) -> list[int]:
    """The numbers of the lines that begin an error."""
    return [number for number, line in enumerate(lines) if line.startswith(_ERROR)]


def _tail(path: Path) -> list[str]:
    with suppress(OSError):
        return list(log_lines(path, _TAIL_BYTES))
    return []


def log_lines(path: Path, most: int) -> Iterator[str]:
    """The last lines of a log, as they may be shown on a terminal: without signs that would steer it.

    Args:
        path: the log.
        most: bytes that are read.

    Raises:
        OSError: it is missing or cannot be read.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        text = file.read(most).decode("utf-8", errors="replace")
    for line in text.split("\n"):
        # a progress bar overwrites its line: the last state counts
        last = line.rstrip("\r").rsplit("\r", 1)[-1]
        last = "".join(sign if sign.isprintable() else " " for sign in _COLOUR.sub("", last)).rstrip()
        if last:
            yield last
