"""Whatever a job is at, its log says so at least every half minute, in one form for all jobs."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillift.processes import progress
from skillift.processes.progress import LINE_EVERY_S, Progress, Shares, heartbeat, part, phase
from skillift.processes.progress_lines import Line, Phase, duration_text, parse_line, rate_text

WORDS = st.from_regex(r"[a-z]+( [a-z0-9]+){0,2}", fullmatch=True)


def test_the_interval_keeps_a_log_from_being_silent_for_half_a_minute():
    assert LINE_EVERY_S < 30


@pytest.fixture
def often(monkeypatch):
    """Lines every tenth of a second, the first after a twentieth."""
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.1)
    monkeypatch.setattr(progress, "FIRST_AFTER_S", 0.05)
    monkeypatch.setattr(progress, "_LONG_S", 0.05)


@given(
    st.builds(
        Line,
        label=WORDS,
        done=st.integers(0, 10**7),
        total=st.integers(0, 10**7),
        unit=st.sampled_from(["step", "prompt", "answer", "table"]),
        details=st.lists(st.sampled_from(["loss 0.69", "1,120 tokens/s", "0.4 steps/min", "took 48 s"])).map(
            tuple
        ),
        seconds_left=st.none() | st.integers(0, 120) | st.integers(1, 90).map(lambda minutes: 60 * minutes),
    )
    | st.builds(Phase, label=WORDS, what=WORDS, seconds=st.integers(0, 3599))
)
def test_a_line_is_read_back_as_what_it_was_written_from(line):
    assert parse_line(str(line)) == line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "error: train: found 3 of 4 files",
        "warning: x ... y",
        "Traceback (most recent call last):",
        "x: , of , steps",
        f"x: 1 of {'9' * 5000} steps",
    ],
    ids=lambda text: text[:20],
)
def test_other_lines_of_a_log_are_not_taken_for_progress(text):
    assert parse_line(text) is None


def test_a_time_left_that_is_none_is_no_time():
    assert parse_line("copying: 1 of 2 files, some h left").seconds_left is None


def test_a_line_says_done_of_how_many_rate_loss_tokens_and_time_left():
    work = Progress("training", 46, "step", done=10)
    work.move_to(12)
    work.notes, work.amounts = ("loss 0.690",), {"token": 336_000}
    assert str(work.line(work.began + 300)) == (
        "training: 12 of 46 steps, 0.4 steps/min, loss 0.690, 1,120 tokens/s, 5 min since the last step, "
        "1 h 25 min left"
    )


def test_a_part_of_the_first_step_gives_a_time_left():
    work = Progress("training", 4, "step")
    work.begun = 0.5
    assert str(work.line(work.began + 60)) == (
        "training: 0 of 4 steps, 0.5 steps/min, 1 min since the start, 7 min left"
    )


def test_what_took_no_time_says_nothing_on_the_rate():
    work = Progress("judging", 100, "answer")
    work.move_to(60)
    work.skipped = 50
    assert work.line(work.began + 10).seconds_left == 40


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (200, "3 min 20 s"), (5100, "1 h 25 min"), (3 * 86400 + 7200, "3 d 2 h")],
)
def test_times_are_given_in_their_two_largest_units(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(1120, "1,120 steps/s"), (0.02, "1.2 steps/min"), (0.0002, "0.7 steps/h")]
)
def test_rates_are_given_so_that_the_number_says_something(rate, text):
    assert rate_text(rate, "step") == text


def test_lines_come_within_a_step_that_takes_long(often, capsys):
    with Progress("training", 2, "step") as work:
        time.sleep(0.4)
        work.advance()
        during = capsys.readouterr().err.splitlines()
    assert len(during) >= 3
    assert all(line.startswith("training: 0 of 2 steps") for line in during[:3])
    assert "since the start" in during[2]


def test_the_last_line_says_what_it_took_and_a_short_work_says_nothing(often, capsys):
    with Progress("judging", 1, "answer") as work:
        work.advance()
    assert capsys.readouterr().err == ""
    with Progress("judging", 1, "answer") as work:
        time.sleep(0.1)
        work.advance()
    assert capsys.readouterr().err.splitlines()[-1].startswith("judging: 1 of 1 answer, ")


def test_an_error_ends_the_lines_without_a_last_one(often, capsys):
    with pytest.raises(RuntimeError), Progress("judging", 1, "answer"):
        raise RuntimeError
    assert capsys.readouterr().err == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]


def test_the_innermost_work_is_told_with_the_part_that_it_belongs_to(often, capsys):
    with Progress("answering", 3, "prompt"), part("checkpoint 2 of 3"):
        with phase("starting vLLM"):
            time.sleep(0.12)
        assert capsys.readouterr().err.splitlines()[0] == "checkpoint 2 of 3: starting vLLM ... 0 s"
        with Progress("answering", 5, "prompt"):
            time.sleep(0.12)
    assert "checkpoint 2 of 3, answering: 0 of 5 prompts" in capsys.readouterr().err


def test_many_short_works_one_after_another_do_not_silence_the_log(often, capsys):
    end = time.monotonic() + 0.5
    with heartbeat("analyse"):
        while time.monotonic() < end:
            with Progress("bootstrap", 1, "row"):
                time.sleep(0.01)
    assert len(capsys.readouterr().err.splitlines()) >= 3


def test_a_line_that_cannot_be_made_says_so_and_the_work_goes_on(often, capsys):
    with Progress("answering", 2, "prompt") as work:
        work.look = lambda _: {}["gone"]
        time.sleep(0.12)
        work.advance(2)
    assert "answering: at work; how far cannot be told (KeyError('gone'))" in capsys.readouterr().err


def test_secrets_are_taken_out(often, capsys, monkeypatch):
    monkeypatch.setenv("X_API_KEY", "sk-0123456789")
    with Progress("asking", 2, "answer") as work:
        work.notes = ("at sk-0123456789",)
        time.sleep(0.12)
    assert "at [X_API_KEY]" in capsys.readouterr().err


SILENT_JOB = """
import sys, time
from skillift import commands
from skillift.processes import progress
progress.LINE_EVERY_S = 0.3
sys.argv[0] = "analyse.py"
def main():
    print("warning: heard", file=sys.stderr, flush=True)
    time.sleep(1.2)  # such as imports, or a library's own loop
commands.run(main)
"""


@pytest.mark.slow
def test_a_job_that_says_nothing_itself_is_heard_and_ends_with_its_work(tmp_path):
    """In a log file, as under Snakemake; a job that writes is not interrupted."""
    log = tmp_path / "job.log"
    environment = {**os.environ, "RUN_BY": f"{os.getpid()}@elsewhere"}
    with log.open("w") as file:
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", SILENT_JOB], stderr=file, check=True, env=environment)
        took = time.monotonic() - began
    lines = log.read_text().splitlines()
    assert lines[0] == "warning: heard"
    assert 2 <= len(lines) - 1 <= took / 0.3 + 1
    assert {parse_line(line).what for line in lines[1:]} == {"at work"}
    assert lines[1].startswith("analyse: at work ... ")


def test_a_forked_process_tells_its_own_work_alone(often, capfd):
    def work() -> None:
        progress.LINE_EVERY_S, progress.FIRST_AFTER_S = 0.1, 0.05
        with Progress("child", 1, "step"):
            time.sleep(0.3)

    began = time.monotonic()
    with Progress("parent", 1, "step"):
        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
        child.join()
    lines = capfd.readouterr().err.splitlines()
    assert {line.split(":")[0] for line in lines} == {"parent", "child"}
    by_parent = sum(line.startswith("parent: ") for line in lines)
    assert by_parent <= (time.monotonic() - began) / 0.1 + 2  # not by both
    assert child.exitcode == 0


def count_in_shares(shares: Shares, place: int) -> None:
    progress.LINE_EVERY_S, progress.FIRST_AFTER_S = 0.05, 0.05
    shares.tell(place)
    with Progress("answering", 5, "prompt") as work:
        work.move_to(2 + place)
        work.amounts["token"] = 100
        time.sleep(0.3)


def test_processes_that_share_a_work_are_told_as_one(capfd):
    context = multiprocessing.get_context("fork")
    shares = Shares(context, 2)
    children = [context.Process(target=count_in_shares, args=(shares, place)) for place in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    whole = Progress("answering", 10, "prompt")
    whole.look = shares.look
    line = whole.line(whole.began + 10)
    assert line.done == 5
    assert "20 tokens/s" in line.details
    assert capfd.readouterr().err == ""


def test_a_work_whose_owner_an_error_took_away_is_told_no_more(often, capsys):
    def fail() -> None:
        work = Progress("training", 3, "step")
        work.__enter__()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    time.sleep(0.3)
    capsys.readouterr()
    time.sleep(0.25)
    assert capsys.readouterr().err == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]
