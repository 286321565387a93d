"""What a study's run is at, told from files alone: Snakemake's record of its jobs, and the jobs' own logs.

Nothing is locked, started or asked: it may be looked at from another terminal or, where the working folder is
shared, from another machine.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

from skillift.processes.progress_lines import duration_text, parse_line
from skillift.redaction import redact
from skillift.running.failed_jobs import FailedJob, last_words, log_lines
from skillift.running.run_record import Job, RunRecord
from skillift.stages import family

_TAIL_BYTES = 16 * 1024  # of a log that are read
_LONGEST = 160  # characters of a line that is shown
SILENT_S = 60.0  # a job at work writes more often


def last_line(job: Job, folder: Path, now: float) -> tuple[str, float] | None:
    """What a job's log says last of its progress, or else last of all, and the seconds since its last line.

    Args:
        job: whose.
        folder: the one that Snakemake works in.
        now: seconds since 1970.

    Returns:
        None where it has written nothing since it was started; of a log that cannot be read, why.
    """
    if job.log is None:
        return None
    path = folder / job.log
    try:
        written = path.stat().st_mtime
        # clocks of a cluster's machines differ a little; a log of an earlier try is older than that
        if written < job.since - 5:
            return None
        lines = list(log_lines(path, _TAIL_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"its log {job.log} cannot be read ({error.strerror or error})", 0.0
    told = next((line for line in reversed(lines) if parse_line(line)), lines[-1] if lines else None)
    return None if told is None else (redact(told.strip())[:_LONGEST], max(0.0, now - written))


def job_line(job: Job, folder: Path, now: float) -> str:
    """One line on a job that was started: its name, what its log says last, how long it has been silent."""
    found = last_line(job, folder, now)
    if found is None:
        return f"{job.name}: no line yet, {duration_text(now - job.since)} after its start"
    text, age = found
    silent = f" (no line for {duration_text(age)})" if age >= SILENT_S else ""
    return f"{job.name}: {text}{silent}"


def status_lines(
    record: RunRecord, folder: Path, now: float | None = None, state: Path | None = None
) -> list[str]:
    """What to tell of a run, a line each.

    Args:
        record: what its Snakemake has noted.
        folder: the one that Snakemake works in.
        now: seconds since 1970; by default the present.
        state: the study's folder of state, with what jobs that were killed held in memory.
    """
    now = time.time() if now is None else now
    lives = record.goes_on(now)
    lines = [_first_line(record, lives, now)]
    if record.running and record.ended is None:
        lines += ["Running:" if lives else "Running at that time:"]
        lines += [f"  {job_line(job, folder, now)}" for job in record.running]
    if record.running and record.ended is not None:
        lines.append(f"Interrupted: {', '.join(job.name for job in record.running)}")
    if record.failed:
        failed = [
            FailedJob(
                job.rule,
                job.wildcards,
                _path(job.log, folder),
                memory_mb=job.memory_mb,
                slurm_log=_path(job.slurm_log, folder),
            )
            for job in record.failed
        ]
        words = last_words(failed, state=None if state is None else str(state))
        lines += ["Failed:", *(f"  {redact(line)}" for line in words)]
    if waiting := record.waiting:
        counts: Counter[str] = Counter()
        for rule, number in waiting.items():
            counts[family(rule)] += number
        word = "Waiting" if lives else "Not begun"
        lines.append(f"{word}: {', '.join(f'{number} {rule}' for rule, number in counts.items())}")
    return lines


def _path(log: str | None, folder: Path) -> str | None:
    return None if log is None else os.path.relpath(folder / log)


def _first_line(record: RunRecord, lives: bool, now: float) -> str:
    counts = [f"{record.n_done} of {record.total} jobs done"]
    counts += [f"{len(record.running)} running"] if record.ended is None else []
    counts += [f"{len(record.failed)} failed"] if record.failed else []
    counts += [f"{number} waiting"] if lives and (number := sum(record.waiting.values())) else []
    where = f"process {record.process.partition('@')[0]} on {record.host}"
    begun = f"begun {duration_text(now - record.started)} ago"
    if lives:
        return f"{', '.join(counts)}; {begun}, {where}."
    if record.ended is not None:
        how = "ended" if record.n_done == record.total else "ended early"
        return f"{', '.join(counts)}; the run {how} {duration_text(now - record.ended)} ago."
    last = f"its last note is {duration_text(now - record.updated)} old"
    return (
        f"{', '.join(counts)}; {begun}, but its Snakemake ({where}) was killed or its machine is down: "
        f"{last}. The same command goes on from there."
    )
