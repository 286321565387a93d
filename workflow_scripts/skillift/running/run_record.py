"""What a running Snakemake notes of its jobs, for those who look from elsewhere: one file of a study's state.

`<state>/<study>/run.json` is replaced whole at each change, and every 20 s while nothing changes. So it can
be read at any moment, on another machine of a shared file system too, and its age tells whether its writer
lives.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.processes.parent_watchdog import this_process
from skillift.yaml_sources.source import Words

FILE = "run.json"
EVERY_S = 20.0  # between two writes while nothing changes
_SAME_S = 5.0  # by which a clock may be set while a process runs
SILENT_S = 90.0  # after which a writer that cannot be looked for has ended


@dataclass(frozen=True)
class Job:
    """A job that Snakemake has started or submitted.

    Attributes:
        rule: its rule.
        wildcards: what names it among the rule's jobs.
        log: its log, as seen from the working folder; None where the rule has none.
        since: when it was started, seconds since 1970.
        memory_mb: what it has declared to take (MB); None where nobody knows.
        slurm_log: of one that failed, where SLURM wrote what it printed; None where it ran elsewhere.
    """

    rule: str
    wildcards: Mapping[str, str]
    log: str | None
    since: float
    memory_mb: int | None = None
    slurm_log: str | None = None

    @property
    def name(self) -> str:
        """Such as `train s sft-s0`."""
        return " ".join([self.rule, *self.wildcards.values()])


@dataclass
class RunRecord:
    """One run of Snakemake.

    Attributes:
        process: Snakemake's, as `parent_watchdog.this_process` names it.
        born: when that process began, seconds since 1970.
        host: the machine that it runs on.
        started: of the run, seconds since 1970.
        updated: of this record.
        ended: of the run; None while it goes on, or where it was killed.
        total: the number of jobs that it has planned.
        planned: the same by rule.
        done: the number of jobs that are done, by rule.
        running: jobs that it has started or, on a cluster, submitted.
        failed: jobs that failed and were not started again.
    """

    process: str = field(default_factory=this_process)
    born: float = field(default_factory=lambda: _born(os.getpid()))
    host: str = field(default_factory=socket.gethostname)
    started: float = field(default_factory=time.time)
    updated: float = 0.0
    ended: float | None = None
    total: int = 0
    planned: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    running: list[Job] = field(default_factory=list)
    failed: list[Job] = field(default_factory=list)

    @property
    def n_done(self) -> int:
        """The number of jobs that are done."""
        return sum(self.done.values())

    @property
    def waiting(self) -> dict[str, int]:
        """The number of planned jobs that were not started, by rule; rules without one are left out."""
        begun = [job.rule for job in (*self.running, *self.failed)]
        counts = {rule: n - self.done.get(rule, 0) - begun.count(rule) for rule, n in self.planned.items()}
        return {rule: number for rule, number in counts.items() if number > 0}

    def goes_on(self, now: float) -> bool:
        """Whether its Snakemake lives, as far as can be told from here."""
        if self.ended is not None:
            return False
        number, _, namespace = self.process.partition("@")
        here = self.host == socket.gethostname() and namespace == this_process().partition("@")[2]
        if here and number.isdecimal():
            # another process may have its number by now
            return abs(_born(int(number)) - self.born) < _SAME_S
        return now - self.updated < SILENT_S


def _born(number: int) -> float:
    """When a process of this machine began, seconds since 1970; not a number where there is none."""
    import psutil

    try:
        process = psutil.Process(number)
        return math.nan if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return math.nan


def write_record(record: RunRecord, path: Path) -> None:
    """Replace the record in a file.

    Raises:
        OSError: it cannot be written.
    """
    record.updated = time.time()
    temporary = path.with_name(f".{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.write_text(json.dumps(asdict(record)), encoding="utf-8")
    os.replace(temporary, path)


def read_record(path: Path) -> RunRecord | None:
    """The record in a file; None where there is no file.

    Raises:
        UserError: it is no record.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        text = path.read_bytes()
        found = TypeAdapter(RunRecord).validate_json(text)
        if absent := sorted({key.name for key in fields(RunRecord)} - json.loads(text).keys()):
            reason = f"no {absent[0]}"
        else:
            return found
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        reason = ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))
    except OSError as error:
        reason = error.strerror or str(error)
    fix = "Delete it: the next run writes it."
    raise UserError(problem(f"{path}", Words(reason), "the record of a run", fix))
