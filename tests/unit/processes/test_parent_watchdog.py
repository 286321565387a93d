"""A job that loses the process that started it ends, with all that it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from skillift.processes.parent_watchdog import this_process

JOB = """
import subprocess, sys, time
from skillift.processes.parent_watchdog import exit_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
exit_with_parent(sys.argv[1])
print(child.pid, flush=True)
time.sleep(60)
"""
STARTER = """
import subprocess, sys
from skillift.processes.parent_watchdog import this_process
job = subprocess.Popen([sys.executable, "-c", sys.argv[1], this_process()])
print(job.pid, flush=True)
job.wait()
"""


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_killed_starter_takes_its_job_and_what_that_started_with_it():
    starter = subprocess.Popen([sys.executable, "-c", STARTER, JOB], stdout=subprocess.PIPE, text=True)
    job, child = (int(starter.stdout.readline()) for _ in range(2))
    try:
        assert psutil.pid_exists(job) and psutil.pid_exists(child)
        starter.kill()
        starter.wait()
        assert gone_within(job, 20) and gone_within(child, 20)
    finally:
        for pid in (job, child):
            if psutil.pid_exists(pid):
                os.kill(pid, 9)
        starter.stdout.close()


def test_a_job_whose_starter_is_gone_already_ends_at_once():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    starter = this_process().replace(str(os.getpid()), str(ended.pid))
    job = subprocess.run(
        [sys.executable, "-c", JOB, starter], capture_output=True, text=True, timeout=50, check=False
    )
    assert job.returncode == 1
    assert f"Snakemake (process {ended.pid}) has ended" in job.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such namespaces")
def test_a_starter_outside_of_the_container_is_not_watched():
    job = "from skillift.processes.parent_watchdog import *; exit_with_parent(sys.argv[1]); print('goes on')"
    starter = this_process().replace(f"{os.getpid()}@", "999999999@")
    watched, elsewhere = (
        subprocess.run([sys.executable, "-c", job, process], capture_output=True, text=True, check=False)
        for process in (starter, "999999999@pid:[1]")
    )
    assert (watched.returncode, watched.stdout) == (1, "")
    assert (elsewhere.returncode, elsewhere.stdout) == (0, "goes on\n")
