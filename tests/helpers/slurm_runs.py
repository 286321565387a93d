"""A test cluster, and Snakemake on it through profiles/slurm."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from slurm_cluster import SlurmCluster, why_not

# The plugin asks after jobs in 40 s, and 10 s later each time that none has ended. They take seconds here.
SNAKEMAKE = """
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda executor: 1, lambda executor, seconds: None)
main()
"""


@contextlib.contextmanager
def running_cluster(folder: Path, accounts: bool = False) -> Iterator[SlurmCluster]:
    """A cluster that is stopped in the end; skips the test, with the reason, where none can be started."""
    if reason := why_not():
        pytest.skip(reason)
    cluster = SlurmCluster(folder, accounts)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def start(
    folder: Path, cluster: SlurmCluster, log: str, *targets: str, options: Sequence[str] = ()
) -> subprocess.Popen:
    """Start the smoke study in a project folder; what it prints goes to a file there."""
    settings = ["--workflow-profile", "profiles/slurm", "--latency-wait", "20", *options]
    study = ["--config", "study=studies/smoke.yaml"]
    with (folder / log).open("w") as out:
        return subprocess.Popen(
            [sys.executable, "-c", SNAKEMAKE, *settings, *study, "--", *targets],
            cwd=folder,
            env=cluster.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen) -> None:
    """Kill Snakemake and what it runs here, if it still does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
