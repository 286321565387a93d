"""Claims about `judge.py` over a failing provider and after kills: nothing lost, nothing paid twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass

import polars as pl
import pytest
from faulty_server import answered, events, faulty_server
from forked import kill, start
from score_tables import make_tasks
from stub_models import chat_completion, chat_server, make_episodes

from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from verdicts import judge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("loaded judge")]

FEW = 100
LENIENT = ("--max-failed-share=1", f"--max-unparsed-in-a-row={FEW}")
CONCURRENCY = 16  # with more, a busy machine answers so late that calls time out


@dataclass(frozen=True)
class Work:
    """Episodes to judge, and how hard that is made."""

    inputs: list[str]  # tasks, episodes of which a third passes, and the template, as options of `judge.py`
    expected: pl.DataFrame  # whether each episode passes, by the program that the server answers with
    n_kills: int

    @property
    def n_episodes(self) -> int:
        return self.expected.height


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((200, 3), id="200 episodes"),
        # as many as the reference study's
        pytest.param((2800, 10), id="2800 episodes", marks=pytest.mark.nightly),
    ],
)
def work(request, tmp_path_factory, repository) -> Work:
    n_episodes, n_kills = request.param
    folder = tmp_path_factory.mktemp("work")
    inputs = _inputs(folder, repository, n_episodes)
    return Work(inputs, _expected(inputs, folder / "verdicts.parquet"), n_kills)


@pytest.fixture(scope="module")
def few_inputs(tmp_path_factory, repository):
    """The same with few episodes."""
    return _inputs(tmp_path_factory.mktemp("few"), repository, FEW)


def _inputs(folder, repository, n_episodes):
    tasks = make_tasks(n_skills=20, per_skill=n_episodes // 20)
    responses = {
        row["task_id"]: f"ANSWER: {row['reference'] if number % 3 == 0 else 'none'}\nEpisode {number}"
        for number, row in enumerate(tasks.iter_rows(named=True))
    }
    write_table(tasks, folder / "tasks.parquet", TASKS)
    write_table(make_episodes(responses), folder / "episodes.parquet", EPISODES)
    template = repository / "workflow_scripts/assets/prompts/judge.jinja"
    return [
        f"--episodes={folder / 'episodes.parquet'}",
        f"--tasks={folder / 'tasks.parquet'}",
        f"--template={template}",
    ]


def arguments(inputs, entry, cache, out, *more):
    spec = {"name": "faulty", "judge": {"max_tokens": 64, **entry}}
    fixed = [f"--spec={json.dumps(spec)}", f"--cache={cache}", f"--out={out}"]
    return [*inputs, *fixed, f"--concurrency={CONCURRENCY}", "--backoff-s=0.02", "--retries=14", *more]


def _expected(inputs, out):
    judge.main(arguments(inputs, {"model": "offline/conclusion"}, out.with_suffix(".sqlite"), out))
    return read_table(out, VERDICTS).select(*EPISODE_KEY, "passed", "status", "raw")


def test_a_failing_provider_costs_no_verdict_and_no_request_is_repeated_after_its_answer(work, tmp_path):
    log, out = tmp_path / "log", tmp_path / "verdicts.parquet"
    faults = {"overload": 0.3, "others": 0.15, "slow": 0.2, "retry_after": 0.1, "seed": 1}
    # what stalls hangs up at last: how long a job waits itself is a claim of test_retries
    with faulty_server(log, **faults, stall=1) as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        judge.main(arguments(work.inputs, entry, tmp_path / "answers.sqlite", out))
    assert read_table(out, VERDICTS).select(work.expected.columns).equals(work.expected)
    assert set(work.expected["passed"]) == {True, False}
    assert sorted(answered(log).values()) == [1] * work.n_episodes
    kinds = {event for event, _ in events(log)}
    assert len(kinds - {"arrived", "answered", "gone"}) == 10  # every fault came up


def _run_until(given, log, n_answers):
    """Kill the command with signal 9 once the server has given so many answers."""
    process = start(judge.main, given)
    deadline = time.monotonic() + 60
    while answered(log).total() < n_answers and time.monotonic() < deadline and process.is_alive():
        time.sleep(0.05)
    kill(process)


def test_a_killed_job_ends_with_the_table_of_an_uninterrupted_one_and_pays_little_twice(work, tmp_path):
    draw = random.Random(3)
    log, whole, out = tmp_path / "log", tmp_path / "whole.parquet", tmp_path / "verdicts.parquet"
    with faulty_server(tmp_path / "other log") as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        judge.main(arguments(work.inputs, entry, tmp_path / "other.sqlite", whole))
    faults = {"overload": 0.3, "others": 0.02, "stall": 2, "delay": 0.2, "retry_after": 0.1, "seed": 2}
    with faulty_server(log, **faults) as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        given = arguments(work.inputs, entry, tmp_path / "answers.sqlite", out)
        moments = [draw.randrange(1, work.n_episodes - CONCURRENCY) for _ in range(work.n_kills)]
        for moment in sorted(moments):
            _run_until(given, log, moment)
            assert not out.exists()
        judge.main(given)
        n_answers = answered(log).total()
        judge.main(given)  # and once more: nothing is asked
        assert answered(log).total() == n_answers
    assert out.read_bytes() == whole.read_bytes()
    assert read_table(out, VERDICTS).select(work.expected.columns).equals(work.expected)
    assert len(answered(log)) == work.n_episodes
    assert n_answers - work.n_episodes <= work.n_kills * CONCURRENCY


CANARY = "sk-canary-0123456789abcdef"


def test_a_key_of_the_environment_shows_up_nowhere(few_inputs, scripts, tmp_path, monkeypatch):
    """Neither where an answer holds it, nor where an error does that is final (400) or asked after again."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("LITELLM_LOG", "DEBUG")
    sent = set()

    def respond(body):
        assert CANARY in body["Authorization"]
        status = (200, 400, 500)[zlib.crc32(body["messages"][0]["content"].encode()) % 3]
        sent.add(status)
        # once whole, and once where a long reason is cut
        told = f"The key {CANARY} {'x' * 200} You sent {body['Authorization']}"
        return status, chat_completion(told) if status == 200 else {"error": {"message": told}}

    with chat_server(respond) as (address, arrived):
        entry = {"model": "openai/served", "api_base": address}
        out = tmp_path / "verdicts.parquet"
        given = arguments(few_inputs, entry, tmp_path / "answers.sqlite", out, *LENIENT, "--retries=1")
        command = [sys.executable, str(scripts / "verdicts/judge.py"), *given]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(arrived) >= FEW and sent == {200, 400, 500}
    raw = read_table(out, VERDICTS)["raw"].to_list()
    assert all("xxx" in text for text in raw)
    beginning = CANARY[:12]
    assert beginning not in "".join(raw) + done.stdout + done.stderr
    for path in tmp_path.iterdir():
        assert beginning.encode() not in path.read_bytes(), path.name
    assert (tmp_path / "answers.sqlite").exists()


def test_a_failed_answer_is_asked_again_by_the_next_run(few_inputs, tmp_path):
    out, cache = tmp_path / "verdicts.parquet", tmp_path / "answers.sqlite"
    log, expected = tmp_path / "log", _expected(few_inputs, tmp_path / "expected.parquet")
    with faulty_server(log, overload=0.5, retry_after=0.01) as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        given = arguments(few_inputs, entry, cache, out)
        with pytest.raises(UserError, match="overloaded"):
            judge.main([*given, "--retries=0"])
        assert not out.exists()
        judge.main([*given, *LENIENT, "--retries=0"])
        lost = read_table(out, VERDICTS).filter(pl.col("status") == "failed")
        assert 0 < lost.height < FEW
        assert set(lost["passed"]) == {None}
        judge.main(given)
    assert read_table(out, VERDICTS).select(expected.columns).equals(expected)
    assert answered(log).total() == FEW
