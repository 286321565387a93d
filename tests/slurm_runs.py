"""Snakemake on a test cluster, through profiles/slurm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from slurm_cluster import SlurmCluster

# jobs take seconds here: look after them sooner than in production
TEST_SETTINGS = ("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20")


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
