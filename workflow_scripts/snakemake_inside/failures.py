"""Which jobs have failed, as Snakemake's own messages tell, and what ends a run that did not end well."""

from __future__ import annotations

import atexit
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from skillift.redaction import redact
from skillift.running.command_lines import command_line
from skillift.running.failed_jobs import FailedJob, last_words, without_command
from snakemake_inside.version import tested


def name_failures_last(logger: logging.Logger, dag: Any, state: str, again: Callable[[str], str]) -> None:
    """Have this process end with the errors of the jobs that failed and did not succeed on a retry.

    The shell commands of jobs that failed are cut from Snakemake's own messages: with all settings in them
    they fill a screen, and outside of Snakemake they do not run. A command line stands in their place.

    Args:
        logger: Snakemake's.
        dag: a function that gives Snakemake's graph of jobs, which is not there yet.
        state: the study's folder of state, where jobs that were killed have left what they held in memory.
        again: the command line that makes a file.
    """
    if not tested():
        return
    failures = _Failures(dag, state, again)
    logger.addFilter(failures.note)
    atexit.register(failures.tell)


class _Failures:
    def __init__(self, dag: Any, state: str, again: Callable[[str], str] = command_line) -> None:
        self._dag = dag
        self._again = again
        self._state = state
        self._failed: dict[int, FailedJob] = {}
        self._stopped = False

    def note(self, record: Any) -> bool:
        """Look at a message of Snakemake's, and let it pass without a long command."""
        event = getattr(record, "event", None)
        self._stopped |= str(record.msg).startswith("Terminating processes on user request")
        if event == "error":
            record.msg = without_command(str(record.msg))
        elif event == "job_error":
            again = self._command_line(record.jobid)
            if again is not None:
                record.shellcmd = f"{again}  # this job alone"
            job = self._job(record.jobid)
            own, added = job_logs(record.log, job.log if job else None)
            self._failed[record.jobid] = FailedJob(
                record.rule_name,
                self._wildcards(record.jobid),
                own,
                grouped=bool(record.indent),  # Snakemake names all jobs of a group whose one job failed
                memory_mb=self._memory(record.jobid),
                slurm_log=added,
                again=again,
            )
        elif event == "job_finished":
            self._failed.pop(record.job_id, None)
        return True

    def _job(self, jobid: int) -> Any:
        graph = self._dag()
        job = next((job for job in graph.jobs if graph.jobid(job) == jobid), None) if graph else None
        return None if job is None or job.is_group() else job

    def _wildcards(self, jobid: int) -> dict[str, str]:
        job = self._job(jobid)
        return {} if job is None else dict(job.wildcards_dict)

    def _command_line(self, jobid: int) -> str | None:
        job = self._job(jobid)
        return None if job is None or not job.output else self._again(str(job.output[0]))

    def _memory(self, jobid: int) -> int | None:
        job = self._job(jobid)
        declared = None if job is None else job.resources.get("mem_mb")
        return declared if isinstance(declared, int) else None

    def tell(self) -> None:
        """Print the errors, as the last lines."""
        sys.stdout.flush()
        if lines := last_words(self._failed.values(), self._stopped, self._state):
            print(redact("\n".join(["", *lines])), file=sys.stderr, flush=True)


def job_logs(told: Iterable | None, own: Iterable | None) -> tuple[str | None, str | None]:
    """The log of a job's rule and the one that its executor has added, each None where there is none.

    Args:
        told: all that Snakemake names when the job failed.
        own: those of the rule; None where nobody knows.
    """
    logs = [str(path) for path in told or () if str(path).endswith(".log")]
    added = [path for path in logs if own is not None and path not in map(str, own)]
    return next((path for path in logs if path not in added), None), next(iter(added), None)
