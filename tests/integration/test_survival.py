"""What a study survives on one machine: after each, the same command completes it, with the same bytes."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from interruptions import Run, tables, unfinished_files
from projects import copy_finished, copy_project, planned_jobs, replace_in, snakemake

from skillift.tables import folder_digests

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

N_KILLS = 20
EPISODES = "results/smoke/episodes/s/base.parquet"
TRAINED = "results/smoke/runs/s/sft-s0"


@pytest.fixture
def project(finished_smoke, tmp_path):
    """A copy of the finished smoke study."""
    copy_finished(finished_smoke, tmp_path / "project")
    return tmp_path / "project"


def test_twenty_kills_at_random_moments_change_no_table(finished_smoke, tmp_path):
    """Every other one is a Ctrl-C. Counted in finished jobs, the moments spread over the whole study."""
    folder, draw, interrupted = copy_project(tmp_path / "project"), random.Random(0), 0
    for number in range(N_KILLS):
        run, moment, delay = Run(folder), draw.randint(1, 3), draw.uniform(0, 1.5)
        run.wait_for(lambda run=run, moment=moment: run.finished_jobs() >= moment)
        try:
            run.process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            interrupted += 1
            run.interrupt() if number % 2 else run.kill()
        run.end()
        assert run.strays() == []
    assert interrupted == N_KILLS
    finished = snakemake(folder)
    assert finished.returncode == 0, finished.stdout
    assert tables(folder / "results/smoke") == tables(finished_smoke / "results/smoke")
    assert unfinished_files(folder / "results") == []
    assert planned_jobs(folder) == set()


def test_a_killed_job_fails_alone_and_is_done_again(project):
    before = (project / EPISODES).read_bytes()
    (project / EPISODES).unlink()
    run = Run(project, EPISODES)
    run.wait_for(lambda: run.job("generate.py"))
    run.job("generate.py").kill()
    assert run.end() == 1
    assert "Error in rule generate" in run.text()
    assert not (project / EPISODES).exists() and run.strays() == []
    again = Run(project, EPISODES)
    assert again.end() == 0, again.text()
    assert (project / EPISODES).read_bytes() == before


def test_a_killed_process_of_an_engine_fails_its_job_which_is_done_again(project):
    before = (project / EPISODES).read_bytes()
    (project / EPISODES).unlink()
    replace_in(project / "config.yaml", "data_parallel: 1", "data_parallel: 2")
    run = Run(project, EPISODES)
    run.wait_for(lambda: len(run.engines()) == 2)
    run.engines()[0].kill()
    assert run.end() == 1
    assert "a process of `engine.data_parallel`" in run.text()
    assert not (project / EPISODES).exists() and run.strays() == []
    again = Run(project, EPISODES)
    assert again.end() == 0, again.text()
    assert (project / EPISODES).read_bytes() == before


def test_a_second_snakemake_on_the_same_study_is_told_so_and_disturbs_nothing(project):
    before = (project / EPISODES).read_bytes()
    (project / EPISODES).unlink()
    run = Run(project, EPISODES)
    run.wait_for(lambda: run.job("generate.py"))
    second = snakemake(project, EPISODES)
    assert run.process.poll() is None, "the first ended before the second could meet it"
    assert second.returncode == 1
    assert "another Snakemake is at work on this study" in second.stdout
    assert run.end() == 0, run.text()
    assert (project / EPISODES).read_bytes() == before


def test_ctrl_c_while_training_leaves_nothing_behind(project):
    before = folder_digests(project / TRAINED)
    shutil.rmtree(project / TRAINED)
    run = Run(project, f"{TRAINED}/manifest.json")
    run.wait_for(lambda: run.job("train.py"))
    run.interrupt()
    assert run.end() != 0
    assert run.strays() == []
    again = Run(project, f"{TRAINED}/manifest.json")
    assert again.end() == 0, again.text()
    assert folder_digests(project / TRAINED) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="makes a small pipe: needs Linux")
def test_ctrl_c_while_snakemake_prints_is_heeded(tmp_path):
    """Nobody reads what it prints, so that it waits in the midst of its table of jobs."""
    reading, writing = os.pipe()
    room = 1500  # bytes: less than the table, more than what comes before it
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b" " * (size - room))
    run = Run(copy_project(tmp_path / "project"), out=writing)
    os.close(writing)
    run.wait_until_it_waits()
    run.interrupt()
    text = ""
    with os.fdopen(reading) as printed:
        for line in printed:
            text += line
            if "Execute" in line:  # it goes on
                run.kill()
    assert run.end() != 0
    assert "Job stats" in text and "Execute" not in text
    assert run.strays() == []


def test_a_terminated_snakemake_finishes_its_running_jobs_first(project):
    before = (project / EPISODES).read_bytes()
    (project / EPISODES).unlink()
    run = Run(project, EPISODES)
    run.wait_for(lambda: run.job("generate.py"))
    run.process.send_signal(signal.SIGTERM)
    run.end()
    assert (project / EPISODES).read_bytes() == before
    assert run.strays() == []


LATE_OUTPUT = """
import sys
sys.path.insert(0, {scripts!r})
from snakemake_inside.interrupts import handle_sigterm
rule all:
    input: "third"
rule third:
    input: "second"
    output: "third"
    shell: "touch third"
rule second:
    input: "first"
    output: "second"
    shell: "sleep 1; touch second"
rule first:
    output: "first"
    shell: "touch ran"
onstart:
    handle_sigterm()
"""


def test_a_snakemake_that_is_terminated_while_it_waits_for_a_file_ends(tmp_path, scripts):
    """It holds a lock then that what it does at SIGTERM wants, too."""
    (tmp_path / "Snakefile").write_text(LATE_OUTPUT.format(scripts=str(scripts)))
    run = Run(tmp_path, study="none", options=("--latency-wait", "10"))
    run.wait_for((tmp_path / "ran").exists)
    run.wait_for(lambda: "Waiting at most 10 seconds" in run.text())
    run.process.send_signal(signal.SIGTERM)
    (tmp_path / "first").touch()
    try:
        assert run.end(patience_s=60) != 0
    finally:
        run.process.kill()
    assert "Will exit after finishing currently running jobs" in run.text()
    assert not (tmp_path / "third").exists()


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="mounts a small disk: needs root on Linux",
)
def test_a_full_disk_is_named_and_with_more_room_the_study_goes_on(project):
    before = folder_digests(project / TRAINED)
    shutil.rmtree(project / TRAINED)
    disk = project / "results/smoke/runs/s"
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(disk)]
    subprocess.run(mount, check=True)
    try:
        full = Run(project, f"{TRAINED}/manifest.json")
        assert full.end() == 1
        assert "the disk is full" in full.text() or "cannot be written (No space left" in full.text()
        assert not (disk / "sft-s0/manifest.json").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        again = Run(project, f"{TRAINED}/manifest.json")
        assert again.end() == 0, again.text()
        assert folder_digests(project / TRAINED) == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)
