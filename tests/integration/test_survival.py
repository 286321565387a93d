"""What a study survives on one machine: after each, the same command completes it, with the same bytes.

One training and its student's episodes pay for most claims: they are made again through one mishap upon
another, and what was seen of each is what the tests look at. Twenty kills of Snakemake, in the night:
test_killed_study.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from interruptions import Run
from projects import copy_finished, copy_project, replace_in, snakemake

from skillift.tables import folder_digests

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

RESULTS = "results/smoke"
EPISODES = f"{RESULTS}/episodes/s/base.parquet"
TRAINED = f"{RESULTS}/runs/s/sft-s0"
MANIFEST = f"{TRAINED}/manifest.json"


def can_mount() -> bool:
    """Whether this process may mount a small disk."""
    return sys.platform.startswith("linux") and os.geteuid() == 0


class Mishaps:
    """The tiny student's training and episodes, made again through one mishap upon another.

    Each method is one run of Snakemake, and keeps what was seen of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk = folder, folder / RESULTS / "runs/s"
        self.expected_training = folder_digests(folder / TRAINED)
        self.expected_episodes = (folder / EPISODES).read_bytes()
        shutil.rmtree(folder / TRAINED)
        (folder / EPISODES).unlink()
        replace_in(folder / "config.yaml", "data_parallel: 1", "data_parallel: 2")
        with ExitStack() as at_end:
            self.snakemake_killed_while_training()
            self.ctrl_c_while_training()
            self.engine_killed_and_disk_full(at_end)
            self.job_killed_second_snakemake_and_sigterm()
            self.to_the_end()

    def snakemake_killed_while_training(self) -> None:
        run = Run(self.folder, MANIFEST)
        run.wait_for(lambda: run.job("train.py"))
        run.kill()
        run.end()
        self.orphans = run.strays()

    def ctrl_c_while_training(self) -> None:
        run = Run(self.folder, MANIFEST)
        run.wait_for(lambda: run.job("train.py"))
        run.interrupt()
        self.interrupted_status, self.interrupted_strays = run.end(), run.strays()

    def engine_killed_and_disk_full(self, at_end: ExitStack) -> None:
        """An engine's process is killed; the training beside it finds a full disk, where that can be made."""
        if can_mount():
            self.disk.mkdir(exist_ok=True)  # Snakemake removes the folders of a failed job
            mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(self.disk)]
            subprocess.run(mount, check=True)
            at_end.callback(subprocess.run, ["umount", str(self.disk)], check=True)
        run = Run(self.folder, EPISODES, *([MANIFEST] if can_mount() else []))
        run.wait_for(lambda: len(run.engines()) == 2)
        run.engines()[0].kill()
        self.failed_status, self.failed_text, self.failed_strays = run.end(), run.text(), run.strays()
        self.left_by_failed = [name for name in (EPISODES, MANIFEST) if (self.folder / name).exists()]
        if can_mount():
            subprocess.run(["mount", "-o", "remount,size=64m", str(self.disk)], check=True)

    def job_killed_second_snakemake_and_sigterm(self) -> None:
        """While episodes are answered, a training is killed, a second Snakemake comes, the first is ended."""
        run = Run(self.folder, MANIFEST, EPISODES)
        run.wait_for(lambda: run.job("train.py") and run.job("generate.py"))
        run.job("train.py").kill()
        run.wait_for(lambda: "Error in rule train" in run.text())
        self.second = snakemake(self.folder, EPISODES)
        self.first_was_answering = run.job("generate.py") is not None
        run.process.send_signal(signal.SIGTERM)
        self.terminated_status, self.terminated_text = run.end(), run.text()
        self.terminated_strays = run.strays()
        self.training_after_kill = (self.folder / MANIFEST).exists()
        answered = self.folder / EPISODES
        self.episodes_after_sigterm = answered.read_bytes() if answered.exists() else None

    def to_the_end(self) -> None:
        run = Run(self.folder, MANIFEST, EPISODES)
        self.last_status, self.last_text = run.end(), run.text()
        self.training = folder_digests(self.folder / TRAINED)
        self.episodes = (self.folder / EPISODES).read_bytes()


@pytest.fixture(scope="module")
def mishaps(finished_smoke, tmp_path_factory) -> Mishaps:
    folder = tmp_path_factory.mktemp("mishaps") / "project"
    copy_finished(finished_smoke, folder)
    return Mishaps(folder)


def test_after_all_mishaps_the_same_command_ends_with_the_same_bytes(mishaps):
    assert mishaps.last_status == 0, mishaps.last_text
    assert mishaps.training == mishaps.expected_training
    assert mishaps.episodes == mishaps.expected_episodes


def test_no_process_outlives_a_killed_snakemake(mishaps):
    assert mishaps.orphans == []


def test_ctrl_c_while_training_leaves_nothing_behind(mishaps):
    assert mishaps.interrupted_status != 0
    assert mishaps.interrupted_strays == []


def test_a_killed_process_of_an_engine_fails_its_job(mishaps):
    assert mishaps.failed_status == 1
    assert "a process of `engine.data_parallel`" in mishaps.failed_text
    assert mishaps.left_by_failed == []
    assert mishaps.failed_strays == []


@pytest.mark.skipif(not can_mount(), reason="mounts a small disk: needs root on Linux")
def test_a_full_disk_is_named(mishaps):
    text = mishaps.failed_text
    assert "the disk is full" in text or "cannot be written (No space left" in text


def test_a_killed_job_fails_alone(mishaps):
    assert mishaps.terminated_status == 1
    assert "Error in rule train" in mishaps.terminated_text
    assert "Error in rule generate" not in mishaps.terminated_text
    assert not mishaps.training_after_kill
    assert mishaps.terminated_strays == []


def test_a_killed_job_is_named_in_the_last_lines(mishaps):
    named = "error: train s sft-s0: train was killed by SIGKILL (signal 9): "
    (said,) = [line for line in mishaps.terminated_text.splitlines()[-3:] if line.startswith(named)]
    assert "training.device_batch_size" in said


def test_a_second_snakemake_on_the_same_study_is_told_so_and_disturbs_nothing(mishaps):
    assert mishaps.first_was_answering, "the first ended before the second could meet it"
    assert mishaps.second.returncode == 1
    assert "another Snakemake is at work on this study" in mishaps.second.stdout
    assert mishaps.episodes_after_sigterm == mishaps.expected_episodes


def test_a_terminated_snakemake_finishes_its_running_jobs_first(mishaps):
    assert mishaps.first_was_answering
    assert "Will exit after finishing currently running jobs" in mishaps.terminated_text
    assert mishaps.episodes_after_sigterm is not None
    assert mishaps.terminated_strays == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="makes a small pipe: needs Linux")
def test_ctrl_c_while_snakemake_prints_ends_the_run(tmp_path):
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
