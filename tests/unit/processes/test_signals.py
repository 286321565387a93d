"""Whatever ends the program that runs Snakemake ends Snakemake and its jobs."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

# a program, the shell that it starts, and what that starts: as run_study, Snakemake and a job
JOB = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
PROGRAM = """
import os, sys
from skillift.processes.signals import run_with_signals
print(*run_with_signals(["bash", "-c", '"$0" -c "$1"; exit 3', sys.executable, sys.argv[1]], os.environ))
"""


def started(*before: str) -> tuple[subprocess.Popen, psutil.Process]:
    command = [*before, sys.executable, "-c", PROGRAM, JOB]
    # in a session of its own there is no terminal, as in a container
    program = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=_as_in_a_terminal
    )
    return program, psutil.Process(int(program.stdout.readline()))


def _as_in_a_terminal() -> None:
    """Who runs the tests under `nohup` ignores SIGHUP, and all that they start would."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def ended(program: subprocess.Popen, job: psutil.Process) -> str:
    try:
        told = program.communicate(timeout=120)[0]
        assert not job.is_running()
        return told
    finally:
        if job.is_running():
            job.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_passed_on_to_all_that_was_started(number):
    program, job = started()
    program.send_signal(number)
    status, came = ended(program, job).split()
    assert int(status) != 0 and int(came) == number


def test_a_hang_up_that_is_ignored_stays_so():
    program, job = started("nohup")
    program.send_signal(signal.SIGHUP)
    program.send_signal(signal.SIGTERM)
    assert ended(program, job).split()[-1] == str(int(signal.SIGTERM))


def test_a_program_in_the_background_of_a_script_can_be_ended_too():
    """There, a shell has its programs ignore SIGINT, and theirs would do so, too."""
    program, job = started("bash", "-c", '"$0" "$@" & wait $!')
    for child in psutil.Process(program.pid).children():
        child.send_signal(signal.SIGTERM)
    assert ended(program, job).split()[-1] == str(int(signal.SIGTERM))


def test_the_status_of_an_undisturbed_command_comes_back():
    code = PROGRAM.replace("exit 3", "exit 0")
    done = subprocess.run([sys.executable, "-c", code, "pass"], capture_output=True, text=True, check=True)
    assert done.stdout == "0 None\n"
