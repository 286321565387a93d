"""Snakemake's running jobs with how far they are: in a file for others, and on the terminal.

Snakemake's own messages tell which jobs there are; how far each is stands in its log. A thread of the main
process notes the first (`skillift.running.run_record`) and shows the second: under the overview of the rich
logger where there is one, and elsewhere as plain lines now and then.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from skillift.running.run_record import EVERY_S, Job, RunRecord, write_record
from skillift.running.status import job_line
from snakemake_inside.failures import job_logs
from snakemake_inside.version import tested

LOOK_S = 1.0  # between two looks at the logs for the overview
PLAIN_EVERY_S = 60.0  # between two plain lines of a job


def record_run(logger: logging.Logger, workflow: Any, path: Path | str) -> None:
    """Have this process note its jobs in a file from the first on, and show how far they are.

    Args:
        logger: Snakemake's.
        workflow: Snakemake's.
        path: the file of the record.
    """
    if tested():
        logger.addFilter(_Recorder(workflow, Path(path)).note)


class _Recorder:
    def __init__(self, workflow: Any, path: Path) -> None:
        self.workflow, self.path, self.folder = workflow, path.absolute(), Path.cwd()
        self.record = RunRecord()
        self.jobs: dict[int, Job] = {}
        self.failed: dict[int, Job] = {}
        self.changed = threading.Lock()
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def note(self, message: Any) -> bool:
        """Look at a message of Snakemake's, and let it pass."""
        event = getattr(message, "event", None)
        with self.changed:
            if event == "run_info":
                self.record.planned = {rule: n for rule, n in message.stats.items() if rule != "total"}
                self.record.total = message.stats.get("total", 0)
            elif event == "job_started":
                self._begin()
            elif event == "job_info":
                wildcards = {name: str(value) for name, value in (message.wildcards or {}).items()}
                log, _ = job_logs(message.log, message.log)
                declared = message.resources.get("mem_mb") if message.resources else None
                memory_mb = declared if isinstance(declared, int) else None
                job = Job(message.rule_name, wildcards, log, time.time(), memory_mb)
                self.jobs[message.jobid] = job
                self.failed.pop(message.jobid, None)
            elif event == "job_finished" and message.job_id in self.jobs:
                rule = self.jobs.pop(message.job_id).rule
                self.record.done = dict(Counter(self.record.done) + Counter([rule]))
            elif event == "job_error" and message.jobid in self.jobs:
                job = self.jobs.pop(message.jobid)
                _, added = job_logs(message.log, [job.log])
                self.failed[message.jobid] = replace(job, slurm_log=added)
        return True

    def _begin(self) -> None:
        """The first jobs start: nothing of this is done in a dry run, which says so of none."""
        if self.thread is None:
            self.record.started = time.time()
            self.thread = threading.Thread(target=self._watch, name="run record", daemon=True)
            self.thread.start()
            atexit.register(self._end)

    def _end(self) -> None:
        self.ended.set()
        if self.thread is not None:
            self.thread.join(5.0)

    def _watch(self) -> None:
        screen = _screen(self.workflow)
        written, noted = 0.0, None
        told: dict[int, float] = {}
        while True:
            ended = self.ended.wait(LOOK_S)
            with self.changed:
                jobs, self.record.running = dict(self.jobs), list(self.jobs.values())
                self.record.failed = list(self.failed.values())
                state = (self.record.n_done, self.record.total, tuple(jobs), tuple(self.failed))
            if ended:
                self.record.ended = time.time()
            if ended or state != noted or time.monotonic() - written >= EVERY_S:
                noted, written = state, time.monotonic()
                self._write()
            if ended:
                return
            screen.show(self._lines(jobs, screen, told))

    def _write(self) -> None:
        try:
            write_record(self.record, self.path)
        except OSError:
            return  # the disk may be full, which jobs report

    def _lines(
        self, jobs: dict[int, Job], screen: _PlainLines | _UnderOverview, told: dict[int, float]
    ) -> list[str]:
        """What is to be shown now of the jobs."""
        now = time.time()
        due = {number for number, job in jobs.items() if now - told.get(number, job.since) >= screen.every_s}
        told.update(dict.fromkeys(due, now))
        return [job_line(jobs[number], self.folder, now) for number in sorted(due)]


class _PlainLines:
    """A line for each job, now and then, where nothing is drawn."""

    def __init__(self, quiet: bool) -> None:
        self.quiet, self.every_s = quiet, PLAIN_EVERY_S

    def show(self, lines: list[str]) -> None:
        """Print them."""
        if lines and not self.quiet:
            print("\n".join(lines), file=sys.stderr, flush=True)


class _UnderOverview:
    """A line for each job under what the rich logger draws, by that logger itself."""

    def __init__(self, live: Any) -> None:
        self.overview, self.every_s = live.get_renderable(), 0.0
        self.lines: list[str] = []
        live.update(self)

    def show(self, lines: list[str]) -> None:
        """Have them drawn from now on."""
        self.lines = lines

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        """The overview, cut where the terminal is too low for both, and the lines below."""
        from rich.segment import Segment
        from rich.text import Text

        lines = self.lines[: max(1, console.height // 2)]
        room = max(1, console.height - len(lines) - 1)
        overview = console.render_lines(self.overview, options, pad=False)
        for segments in overview[:room]:
            yield from segments
            yield Segment.line()
        for number, line in enumerate(lines):
            yield Text(line, no_wrap=True, overflow="ellipsis", end="\n" if number + 1 < len(lines) else "")


def _screen(workflow: Any) -> _PlainLines | _UnderOverview:
    from snakemake.logging import is_quiet_about

    for handler in workflow.logger_manager.get_log_handlers():
        live = getattr(handler, "live_display", None)
        if live is not None and live.console.is_terminal:
            return _UnderOverview(live)
    return _PlainLines(is_quiet_about(workflow.output_settings.quiet or (), "progress"))
