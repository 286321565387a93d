"""A job that was killed is explained: the signal, what it held, what there was, and the key to change."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from processes import explain_kill
from skillift.processes import killed_jobs
from skillift.processes.killed_jobs import Note, explained, note_file, signal_of
from skillift.running.failed_jobs import FailedJob, last_words

GIB = 2**30
ROOT = Path(__file__).parents[3]

# holds 600 MiB, and what is killed of it is itself, as the kernel does
JOB = """
import os, sys, time
sys.path.insert(0, {scripts!r})
from skillift.processes.killed_jobs import watch_memory
watch_memory({state!r})
held = bytearray(600 * 2**20)
for end in range(200):
    time.sleep(0.05)
    if os.path.exists({note!r}):
        break
os.kill(os.getpid(), {signal}) if {signal} else None
"""


def run_job(folder: Path, number: int) -> tuple[int, str, Path]:
    """A job of the shell's own, as rules/common.smk has it: its status, its log, the note."""
    state, log = folder / "state", folder / "logs/train.log"
    log.parent.mkdir(exist_ok=True)
    script = folder / "train.py"
    note = note_file(state, log)
    scripts = str(ROOT / "workflow_scripts")
    script.write_text(JOB.format(scripts=scripts, state=str(state), note=str(note), signal=number))
    prefix = (ROOT / "rules/common.smk").read_text()
    line = next(line for line in prefix.splitlines() if "local status=0" in line)
    second = next(line for line in prefix.splitlines() if "explain_kill.py" in line)
    body = "".join(part.strip().removeprefix("f'").removesuffix("'") for part in (line, second))
    function = body.replace("{{{{", "{").replace("}}}}", "}").replace("{PYTHON}", sys.executable)
    command = f"set -euo pipefail; {function} python {script} >{log} 2>&1"
    env = os.environ | {"STATE": str(state), "SCRIPTS": scripts}
    done = subprocess.run(["bash", "-c", command], env=env, check=False)
    return done.returncode, log.read_text(), note


def test_a_killed_job_says_so_in_its_log_with_what_it_held_and_what_to_change(tmp_path):
    status, log, note = run_job(tmp_path, signal.SIGKILL)
    assert status == 128 + signal.SIGKILL
    *shell, log = log.splitlines()
    assert len(shell) == 1 and "Killed" in shell[0]  # the shell's own word
    assert log.startswith("error: train was killed by SIGKILL (signal 9): ")
    assert "It held 0.6 GiB when last seen, with " in log and " of this machine" in log
    assert "training.device_batch_size" in log and "gradient_checkpointing: true" in log
    assert not note.exists()


def test_a_job_that_ends_by_itself_leaves_no_note_and_no_word(tmp_path):
    status, log, note = run_job(tmp_path, 0)
    assert (status, log, note.exists()) == (0, "", False)
    assert note.parent.is_dir(), "it was noted while it ran"


def test_a_job_that_its_user_stops_is_not_explained(tmp_path):
    status, log, _ = run_job(tmp_path, signal.SIGTERM)
    assert status == 128 + signal.SIGTERM and "error" not in log


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (137, signal.SIGKILL),
        (139, signal.SIGSEGV),
        (-9, signal.SIGKILL),
        (143, None),
        (130, None),
        (1, None),
        (255, None),
    ],
)
def test_a_status_tells_the_signal_but_of_those_that_users_send(status, expected):
    assert signal_of(status) == expected


def test_that_the_kernel_has_ended_processes_meanwhile_is_said(monkeypatch):
    note = Note(18 * GIB, 0, 24 * GIB, "this machine", kills=3)
    monkeypatch.setattr(killed_jobs, "kills", lambda: 4)
    text = explained(signal.SIGKILL, note, "Lower it.")
    assert text == (
        "killed by SIGKILL (signal 9): the kernel has ended processes for want of memory since it began. "
        "It held 18.0 GiB when last seen, with 0 MiB more to be had of the 24.0 GiB of this machine. "
        "If it was memory: Lower it."
    )
    monkeypatch.setattr(killed_jobs, "kills", lambda: 3)
    assert "by hand, or by the kernel" in explained(signal.SIGKILL, note, "Lower it.")


def test_a_crash_is_not_taken_for_a_want_of_memory():
    text = explained(signal.SIGSEGV, None, "Lower it.")
    assert text.startswith("ended by SIGSEGV (signal 11)") and "Lower it" not in text


def test_on_a_cluster_the_last_words_tell_what_a_job_had_declared_and_held(tmp_path):
    """There the shell of a job is killed with it, so its log ends in the midst."""
    log, state = tmp_path / "train.log", tmp_path / "state"
    log.write_text("train: 12 of 46 steps\n")
    file = note_file(state, log)
    file.parent.mkdir(parents=True)
    file.write_text(
        json.dumps({"held": 6 * GIB, "available": 0, "total": 6 * GIB, "place": "the control group /x"})
    )
    job = FailedJob("train", {"student": "s"}, str(log), memory_mb=6000)
    (said,) = last_words([job], state=str(state))
    assert said.startswith(
        "error: train s: ended without an error of its own, after: train: 12 of 46 steps "
        f"(whole log: {log}). It had declared 6,000 MB (`mem_mb`)."
    )
    assert "It held 6.0 GiB when last seen" in said and "gradient_checkpointing: true" in said
    log.write_text("")
    file.unlink()
    (said,) = last_words([job], state=str(state))
    assert "ended without a word" in said and "6,000 MB" in said and "training.device_batch_size" in said


@pytest.mark.parametrize(
    ("words", "advised"),
    [
        ("StepId=2.0 exceeded memory limit (473948160 > 367001600), being killed", True),
        ("Detected 1 oom_kill event in StepId=2.0. Some of the step tasks have been OOM Killed.", True),
        ("*** JOB 2 ON n1 CANCELLED AT 2026-11-29T20:18:05 DUE TO TIME LIMIT ***", False),
    ],
)
def test_on_a_cluster_slurms_own_words_say_why_a_job_was_ended(tmp_path, words, advised):
    log, slurm_log = tmp_path / "train.log", tmp_path / "2.log"
    log.write_text("train: 12 of 46 steps\n")
    slurm_log.write_text(f"srun: Job step aborted\nslurmstepd-n1: error: {words}\nsrun: error: n1: Killed\n")
    job = FailedJob("train", {"student": "s"}, str(log), memory_mb=350, slurm_log=str(slurm_log))
    (said,) = last_words([job])
    assert f" SLURM: {words.strip('*. ')}" in said
    assert ("350 MB" in said) is ("training.device_batch_size" in said) is advised


def test_what_a_process_and_its_children_hold_is_seen(monkeypatch):
    monkeypatch.setattr(killed_jobs, "_CHILDREN_EVERY", 1)
    watch = killed_jobs.MemoryWatch(None)
    child = subprocess.Popen(
        [sys.executable, "-c", "held = bytearray(700 * 2**20); print('ready', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    child.stdout.readline()
    end = time.monotonic() + 120
    while watch.note is None and time.monotonic() < end:
        watch.look()
    child.communicate("\n")
    assert watch.note.held > 700 * 2**20


def test_the_command_says_nothing_where_no_signal_came(capsys):
    explain_kill.main(["1", "workflow_scripts/training/train.py"])
    explain_kill.main(["143", "workflow_scripts/training/train.py"])
    assert capsys.readouterr().err == ""
