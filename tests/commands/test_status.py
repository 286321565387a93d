"""`make status` tells from files alone what is done, running, failed and waiting, and how old that is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from skillift.errors import UserError
from skillift.processes.parent_watchdog import this_process
from skillift.running.run_record import FILE, Job, RunRecord, read_record, write_record
from skillift.running.status import status_lines
from study import status

STUDY = "studies/smoke.yaml"
TRAIN = "training: 12 of 46 steps, 0.4 steps/min, loss 0.690, 1 h 25 min left"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the record of a run of this process, and what jobs have written; time stands."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    return tmp_path


def wrote(folder, name: str, text: str, age: float) -> str:
    """A log of that name with its last line `age` seconds ago."""
    path = folder / "results/smoke/logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    return str(path.relative_to(folder))


def running(folder, **changes) -> RunRecord:
    now = time.time()
    logs = {
        "s": wrote(folder, "train/s.log", f"{TRAIN}\nwarning: something else\n", age=3),
        "m": wrote(folder, "train/m.log", "training: 3 of 46 steps\n", age=420),
    }
    jobs = [Job("train", {"student": name, "run": "sft-s0"}, log, now - 800) for name, log in logs.items()]
    jobs.append(
        Job("judge", {"judge": "tail"}, wrote(folder, "judge.log", "of an earlier try\n", 5000), now - 8)
    )
    planned = {"train": 4, "judge": 3, "make_figure_lift": 1, "make_figure_costs": 1, "all": 1}
    record = RunRecord(started=now - 900, total=10, planned=planned, done={"train": 1}, running=jobs)
    for name, value in changes.items():
        setattr(record, name, value)
    write_record(record, folder / ".skillift/smoke" / FILE)
    return record


def told(folder, capsys) -> list[str]:
    status.main(["--study", STUDY, "--directory", str(folder)])
    return capsys.readouterr().out.splitlines()


def test_running_jobs_are_told_with_their_last_line_and_for_how_long_they_were_silent(folder, capsys):
    running(folder)
    assert told(folder, capsys) == [
        "smoke: 1 of 10 jobs done, 3 running, 6 waiting; begun 15 min ago, process "
        f"{os.getpid()} on {socket.gethostname()}.",
        "Running:",
        f"  train s sft-s0: {TRAIN}",
        "  train m sft-s0: training: 3 of 46 steps (no line for 7 min)",
        "  judge tail: no line yet, 8 s after its start",
        "Waiting: 1 train, 2 judge, 2 make_figure_*, 1 all",
    ]


def test_failed_jobs_are_told_with_their_errors(folder, capsys):
    log = wrote(folder, "score.log", "error: scores: found nothing.\n", 1)
    running(folder, failed=[Job("score", {}, log, 0.0)])
    lines = told(folder, capsys)
    assert "1 failed" in lines[0]
    assert lines[lines.index("Failed:") + 1] == "  error: score: scores: found nothing."


def test_of_jobs_that_slurm_killed_its_own_words_are_told(folder, capsys):
    log = wrote(folder, "train/s.log", f"{TRAIN}\n", 1)
    slurm = wrote(folder, "slurm/7.log", "slurmstepd: error: Detected 1 oom_kill event in StepId=7.0\n", 1)
    job = Job("train", {"student": "s", "run": "sft-s0"}, log, 0.0, memory_mb=3000, slurm_log=slurm)
    running(folder, failed=[job])
    lines = told(folder, capsys)
    said = lines[lines.index("Failed:") + 1]
    assert "SLURM: Detected 1 oom_kill event in StepId=7.0." in said
    assert "It had declared 3,000 MB (`mem_mb`)." in said and "training.device_batch_size" in said


def test_a_killed_run_is_not_taken_for_a_living_one(folder, capsys):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    running(folder, process=f"{ended.pid}@{this_process().partition('@')[2]}")
    first, second, *_ = told(folder, capsys)
    assert f"process {ended.pid} on {socket.gethostname()}) was killed or its machine is down" in first
    assert second == "Running at that time:"


def test_a_number_that_another_process_has_by_now_is_not_taken_for_the_run(folder):
    record = running(folder, born=time.time() - 3600)
    assert not record.goes_on(time.time())


def test_from_another_machine_the_age_of_the_record_tells(folder):
    record = running(folder, host="login1", process="7@pid:[1]")
    now = time.time()
    assert record.goes_on(now) and status_lines(record, folder, now)[0].endswith("process 7 on login1.")
    assert not record.goes_on(now + 600)
    assert "its last note is 10 min old" in status_lines(record, folder, now + 600)[0]


def test_a_run_that_was_ended_names_what_it_interrupted(folder, capsys):
    running(folder, ended=time.time() - 60)
    lines = told(folder, capsys)
    assert "the run ended early 1 min ago" in lines[0]
    assert lines[1] == "Interrupted: train s sft-s0, train m sft-s0, judge tail"
    assert lines[2].startswith("Not begun: ")


def test_before_anything_ran_one_sentence_says_so(folder, capsys):
    (line,) = told(folder, capsys)
    assert line.startswith(f"smoke: no run has begun in {folder} ")
    assert list(folder.iterdir()) == []  # nothing is made by looking


def test_another_folder_of_state_is_that_of_the_command_line(folder, capsys):
    (folder / "there").mkdir()
    running(folder)
    (folder / ".skillift").rename(folder / "there/state")
    options = ["--study", STUDY, "--directory", str(folder), "--config", "state=there/state"]
    status.main(options)
    assert capsys.readouterr().out.startswith("smoke: 1 of 10 jobs done")


def test_secrets_in_logs_are_not_shown(folder, capsys, monkeypatch):
    monkeypatch.setenv("X_API_KEY", "sk-0123456789")
    log = wrote(folder, "train/s.log", "asking with sk-0123456789\n", 0)
    running(folder, running=[Job("train", {}, log, time.time() - 9)])
    wrote(folder, "train/s.log", "asking with sk-0123456789\n", 0)
    assert "asking with [X_API_KEY]" in "\n".join(told(folder, capsys))


def test_a_log_that_cannot_be_read_is_told_as_such(folder, capsys):
    (folder / "a.log").mkdir()  # even root may not read it
    running(folder, running=[Job("train", {}, "a.log", time.time() - 9)])
    assert "train: its log a.log cannot be read (Is a directory)" in "\n".join(told(folder, capsys))


@pytest.mark.parametrize("text", ["{}", '{"total": 9', "[]"])
def test_a_file_that_is_no_record_is_named_with_the_fix(folder, text):
    path = folder / ".skillift/smoke" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UserError, match=r"run\.json: found .*expected the record of a run.*Delete it"):
        read_record(path)


@pytest.mark.parametrize("changes", [{"started": None}, {"total": "nine"}, {"done": {"train": []}}], ids=str)
def test_a_record_with_values_of_other_kinds_is_no_record(folder, changes):
    running(folder)
    path = folder / ".skillift/smoke" / FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(UserError, match=rf"found {next(iter(changes))}\b.*expected the record of a run"):
        read_record(path)
