"""A slow job under Snakemake: its log, a terminal, a run without one and `make status` all say where it is.

The workflow is one rule of a slow job, started as the real one starts its jobs, so that it takes seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from itertools import pairwise

import pytest

from skillift.processes.progress_lines import parse_line
from skillift.running.run_record import FILE, read_record
from skillift.running.status import status_lines
from study import status

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

SNAKEFILE = """
import sys
sys.path.insert(0, {scripts!r})
from snakemake.logging import logger
from skillift.processes.parent_watchdog import this_process
from snakemake_inside import run_record

run_record.PLAIN_EVERY_S, run_record.LOOK_S = 0.5, 0.1
if workflow.is_main_process:
    run_record.record_run(logger, workflow, "state/run.json")
shell.prefix(f"export RUN_BY={{this_process()}}; ")

rule all:
    input: "runs/s/done", "runs/m/done"

rule train:
    input: lambda wildcards: "runs/s/done" if wildcards.student == "m" else []
    output: "runs/{{student}}/done"
    log: "logs/train/{{student}}.log"
    shell: "{python} job.py >{{log}} 2>&1 && touch {{output}}"
"""
# some seconds: silence, as of imports, and then steps
JOB = """
import sys, time
from skillift import commands
from skillift.processes import progress
progress.LINE_EVERY_S, progress.FIRST_AFTER_S = 0.2, 0.1
def main():
    time.sleep(2)
    with progress.Progress("training", 5, "step") as steps:
        for step in range(5):
            time.sleep(0.3)
            steps.notes = (f"loss {1 / (step + 1):.2f}",)
            steps.advance()
commands.run(main)
"""
STEPS = re.compile(r"train s: training: \d of 5 steps, .*left")


@pytest.fixture
def project(tmp_path, scripts):
    text = SNAKEFILE.format(scripts=str(scripts), python=sys.executable)
    (tmp_path / "Snakefile").write_text(text)
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def snakemake(folder, *options, **streams):
    """One job at a time."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--nolock", *options]
    return subprocess.Popen(command, cwd=folder, start_new_session=True, **streams)


def wait_for(condition) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def watch(project) -> tuple[float, str]:
    """The longest silence of a job's log after its first line (s), and what status said in the meantime."""
    log, seen = project / "logs/train/s.log", ""
    changes, text = [], ""

    def look() -> bool:
        nonlocal text, seen
        now = log.read_text() if log.exists() else ""
        if now != text:
            changes.append(time.monotonic())
        text = now
        if not seen and " of 5 steps, " in text:
            seen = "\n".join(status_lines(read_record(project / "state" / FILE), project))
        return "took" in text

    wait_for(look)
    return max(later - earlier for earlier, later in pairwise(changes)), seen


def test_without_a_terminal_a_slow_job_is_told_of_and_after_a_kill_status_knows(project):
    """What the log, the run's own output and `make status` say during the job, and after a SIGKILL."""
    out = project / "out.txt"
    with out.open("w") as file:
        run = snakemake(project, stdout=file, stderr=subprocess.STDOUT)
        silence, seen = watch(project)
        second = project / "logs/train/m.log"
        wait_for(lambda: second.exists() and "0 of 5 steps" in second.read_text())
        run.kill()
        run.wait()
    lines = (project / "logs/train/s.log").read_text().splitlines()
    assert all(parse_line(line) for line in lines), lines
    assert silence < 1.9  # the job itself is silent for 2 s
    assert "0 of 3 jobs done, 1 running, 2 waiting; begun " in seen
    assert re.search(r"^  train s: training: \d of 5 steps, .*$", seen, re.MULTILINE)
    assert "Waiting: 1 train, 1 all" in seen
    assert STEPS.search(out.read_text()), out.read_text()
    after = status_lines(read_record(project / "state" / FILE), project)
    assert after[0].startswith("1 of 3 jobs done, 1 running; ")
    assert "was killed or its machine is down" in after[0]
    assert after[1] == "Running at that time:"
    assert after[2].startswith("  train m: training: 0 of 5 steps")


def test_on_a_terminal_slow_jobs_stand_under_the_overview_and_at_the_end_all_is_told_as_done(project):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    run = snakemake(project, "runs/s/done", "--logger", "rich", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error here
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    assert run.wait() == 0
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert STEPS.search(drawn), drawn[-3000:]
    frame = drawn[: STEPS.search(drawn).start()].rpartition("Workflow Progress")[2]
    assert "Total Progress" in frame  # the line stands below the overview
    (line,) = status_lines(read_record(project / "state" / FILE), project)
    assert line.startswith("1 of 1 jobs done; the run ended ")


def test_the_workflow_itself_notes_its_run(finished_smoke, capsys):
    status.main(["--study", "studies/smoke.yaml", "--directory", str(finished_smoke)])
    assert re.match(r"smoke: (\d+) of \1 jobs done; the run ended .* ago\.\n$", capsys.readouterr().out)
