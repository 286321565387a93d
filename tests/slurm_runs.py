"""A test cluster, and Snakemake on it through profiles/slurm."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from slurm_cluster import SlurmCluster, why_not

# jobs take seconds here: look after them sooner than in production
TEST_SETTINGS = ("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20")


@contextlib.contextmanager
def running_cluster(folder: Path, accounts: bool = False) -> Iterator[SlurmCluster]:
    """A cluster that is stopped in the end; the test is skipped, with the reason, where none can be started."""
    if reason := why_not():
        pytest.skip(reason)
    cluster = SlurmCluster(folder, accounts)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def start(folder: Path, cluster: SlurmCluster, log: str, *targets: str) -> subprocess.Popen:
    """Start the smoke study in a project folder; what it prints goes to a file there."""
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", *TEST_SETTINGS]
    command += ["--config", "study=studies/smoke.yaml", "--", *targets]
    with (folder / log).open("w") as out:
        return subprocess.Popen(
            command,
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
