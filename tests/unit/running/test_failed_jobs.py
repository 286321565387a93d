"""A failed run ends with the errors of its failed jobs, each once, with the jobs' names."""

from __future__ import annotations

import logging
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from skillift.running.command_lines import command_line, how_it_runs
from skillift.running.failed_jobs import FailedJob, last_words
from snakemake_inside.failures import _Failures


@pytest.fixture
def failed(tmp_path):
    """Make a failed job with what its log holds."""

    def make(rule: str, text: str | None, grouped: bool = False, **wildcards: str) -> FailedJob:
        log = tmp_path / f"{'-'.join([rule, *wildcards.values()])}.log"
        if text is not None:
            log.write_text(text)
        return FailedJob(rule, wildcards, str(log), grouped)

    return make


def test_each_error_is_said_once_with_the_jobs_that_it_ended(failed):
    jobs = [failed("train", f"step {n}\nerror: recipe: found 'x'.\n", student=n, run="sft-s0") for n in "sm"]
    jobs.append(failed("score", "error: scores: found nothing.\n"))
    assert last_words(jobs) == [
        "error: train s sft-s0, train m sft-s0: recipe: found 'x'.",
        "error: score: scores: found nothing.",
    ]


def test_a_list_of_mistakes_stays_whole_and_a_long_one_is_cut(failed):
    lines = [f"tasks.csv:{n}: found nothing." for n in range(30)]
    found = last_words([failed("build_tasks", "error: " + "\n".join(lines))])
    assert found[:2] == ["error: build_tasks: tasks.csv:0: found nothing.", "tasks.csv:1: found nothing."]
    assert len(found) == 21 and found[-1].startswith("and 10 more lines in ")


def test_a_traceback_is_told_by_its_last_line(failed):
    (said,) = last_words([failed("judge", "Traceback (most recent call last):\n  File x\nKeyError: 'bug'\n")])
    assert said.startswith("error: judge: KeyError: 'bug' (whole log: ")


def test_a_job_without_an_error_of_its_own_is_not_told_by_its_last_line_alone(failed):
    (said,) = last_words([failed("train", "training: 2 of 9 steps\n", student="s")])
    assert said.startswith("error: train s: ended without an error of its own, after: training: 2 of 9 steps")


def test_a_job_that_was_killed_is_named_too(failed):
    (empty,) = last_words([failed("train", "", student="s")])
    (missing,) = last_words([failed("train", None, student="m")])
    assert empty.startswith("error: train s: ended without a word (")
    assert missing.startswith("error: train m: ended without a word (")


def test_what_would_steer_a_terminal_is_taken_out_of_a_log_and_a_long_line_is_cut(failed):
    (line,) = last_words(
        [failed("train", "\x1b[31mred\x1b[0m \x1b]0;title\x07\u202e\0" + "x" * 50_000 + "\r\n")]
    )
    assert line.isprintable()
    assert ", after: red" in line
    assert len(line) < 1_000


def test_a_log_that_cannot_be_read_is_told_as_such(failed):
    job = failed("train", None)
    Path(job.log).mkdir()  # even root may not read it
    (line,) = last_words([job])
    assert line == f"error: train: failed, and its log {job.log} cannot be read (Is a directory)."


def test_of_jobs_that_ran_as_one_those_without_an_error_are_not_blamed(failed):
    jobs = [failed("make_table_a", "", grouped=True), failed("make_table_b", "error: b\n", grouped=True)]
    assert last_words(jobs) == ["error: make_table_b: b"]


def test_jobs_that_the_user_ended_are_no_failures(failed):
    ended = failed("train", "Traceback\nKeyboardInterrupt\n"), failed("generate", "")
    assert last_words([*ended, failed("score", "error: of its own\n")], stopped=True) == [
        "error: score: of its own"
    ]


def test_a_job_that_succeeded_on_a_retry_did_not_fail(tmp_path, capsys):
    failures = _Failures(lambda: None, str(tmp_path / "state"))

    def message(**fields) -> None:
        failures.note(logging.makeLogRecord(fields))

    for jobid in (1, 2):
        log = tmp_path / f"{jobid}.log"
        log.write_text(f"error: number {jobid}\n")
        message(event="job_error", jobid=jobid, rule_name="download_student", log=[str(log)], indent=False)
    message(event="job_finished", job_id=1)
    failures.tell()
    assert capsys.readouterr().err == "\nerror: download_student: number 2\n"


def test_a_failed_job_has_a_command_line_that_can_be_pasted(failed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    again = command_line("results/my x/lift.svg", {"study": "studies/x.yaml", "api": {"budget_usd": 5}})
    program, *words = shlex.split(again)
    assert Path(program).name == "snakemake" and words == [
        *("--cores", "2", "--config", "study=studies/x.yaml", 'api={"budget_usd": 5}'),
        *("--", "results/my x/lift.svg"),
    ]
    job = replace(failed("make_figure_lift", "error: no rows\n"), again=again)
    assert last_words([job]) == ["error: make_figure_lift: no rows", f"That job alone: {again}"]


def test_a_command_line_names_the_snakefile_and_the_configuration_of_the_run():
    words = shlex.split(command_line("x", {}, ["my own.yaml"], "/project/Snakefile"))
    assert words[1:] == [
        *("--cores", "2", "--snakefile", "/project/Snakefile"),
        "--configfile",
        "my own.yaml",
        "--",
        "x",
    ]


def test_a_job_is_done_again_where_the_run_did_its_jobs(tmp_path, monkeypatch):
    """Without its profile, a cluster's job would run on the machine that submits."""
    cluster = ["--workflow-profile", "profiles/slurm", "--config", "study=x.yaml", "--", "results/x.svg"]
    assert how_it_runs(cluster, local=False) == ["--workflow-profile", "profiles/slurm"]
    assert how_it_runs(["-e", "slurm", "-j20", "--cores", "4"], local=False) == [
        *("--executor", "slurm", "--jobs", "20")
    ]
    assert how_it_runs(["-j", "4", "--profile=mine"], local=True) == ["--profile", "mine", "--cores", "2"]
    (tmp_path / "project/profiles/slurm").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")  # `--directory`: the profile is the project's
    found = how_it_runs(cluster, False, [tmp_path / "elsewhere", tmp_path / "project"])
    assert found == ["--workflow-profile", str(tmp_path / "project/profiles/slurm")]
    words = shlex.split(command_line("x", how=found))
    assert words[1:] == [*found, "--", "x"]


def test_the_long_command_of_a_failed_job_is_cut_from_snakemakes_messages(tmp_path):
    job = SimpleNamespace(
        output=["results/x.svg"], wildcards_dict={}, resources={}, log=[], is_group=lambda: False
    )
    graph = SimpleNamespace(jobs=[job], jobid=lambda _: 1)
    failures = _Failures(lambda: graph, str(tmp_path), lambda output: f"snakemake -- {output}")
    command = "set -euo pipefail;  export A=1\nprintf '%s' --spec '{}' | python x.py"
    error = logging.makeLogRecord(
        {
            "event": "error",
            "msg": f"RuleException:\nCalledProcessError in file x, line 1:\nCommand '{command}' "
            "returned non-zero exit status 1.",
        }
    )
    assert failures.note(error)
    assert error.getMessage() == (
        "RuleException:\nCalledProcessError in file x, line 1:\nIts command ended with status 1."
    )
    failed = logging.makeLogRecord(
        {
            "event": "job_error",
            "jobid": 1,
            "rule_name": "draw",
            "log": [],
            "indent": False,
            "shellcmd": command,
        }
    )
    assert failures.note(failed)
    assert failed.shellcmd.startswith("snakemake -- results/x.svg")
