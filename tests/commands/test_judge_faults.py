"""Claims about `judge.py` over a failing provider and after kills: nothing lost, nothing paid twice."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from typing import NamedTuple

import judge
import polars as pl
import pytest
from faulty_server import answered, events, faulty_server
from forked import kill, start
from score_tables import make_tasks
from stub_models import chat_completion, chat_server, make_episodes

from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, TASKS, VERDICTS
from skillift.tables import read_table, write_table

FEW = 60


class Size(NamedTuple):
    """How many episodes are judged, how many at once, and how often the job is killed."""

    n_episodes: int
    concurrency: int
    kills: int


SMALL = Size(400, 16, 4)
LARGE = Size(2800, 64, 10)  # as many episodes as the reference study has


@pytest.fixture(
    scope="module", params=[SMALL, pytest.param(LARGE, marks=pytest.mark.nightly)], ids=["small", "large"]
)
def size(request):
    return request.param


@pytest.fixture(scope="module")
def inputs(size, tmp_path_factory, repository):
    """Tasks, episodes of which a third passes, and the template, as options of `judge.py`."""
    made = _inputs(tmp_path_factory.mktemp("inputs"), repository, size.n_episodes)
    return [*made, f"--concurrency={size.concurrency}"]


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
    template = repository / "workflow_scripts/prompts/judge.jinja"
    return [
        f"--episodes={folder / 'episodes.parquet'}",
        f"--tasks={folder / 'tasks.parquet'}",
        f"--template={template}",
    ]


def arguments(inputs, entry, cache, out, *more):
    spec = {"name": "faulty", "judge": {"max_tokens": 64, **entry}}
    fixed = [f"--spec={json.dumps(spec)}", f"--cache={cache}", f"--out={out}"]
    return [*inputs, *fixed, "--backoff=0.02", "--retries=14", *more]


@pytest.fixture(scope="module")
def expected(inputs, tmp_path_factory):
    """Whether each episode passes, by the program that the server answers with."""
    return _expected(inputs, tmp_path_factory.mktemp("expected") / "verdicts.parquet")


def _expected(inputs, out):
    judge.main(arguments(inputs, {"model": "offline/conclusion"}, out.with_suffix(".sqlite"), out))
    return read_table(out, VERDICTS).select(*EPISODE_KEY, "passed", "status", "raw")


@pytest.mark.slow
def test_a_failing_provider_costs_no_verdict_and_no_request_is_repeated_after_its_answer(
    size, inputs, expected, tmp_path
):
    log, out = tmp_path / "log", tmp_path / "verdicts.parquet"
    faults = {"overload": 0.3, "others": 0.15, "slow": 0.2, "stall": 20, "retry_after": 0.1, "seed": 1}
    with faulty_server(log, **faults) as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        judge.main(arguments(inputs, entry, tmp_path / "answers.sqlite", out, "--timeout=12"))
    assert read_table(out, VERDICTS).select(expected.columns).equals(expected)
    assert set(expected["passed"]) == {True, False}
    assert sorted(answered(log).values()) == [1] * size.n_episodes
    kinds = {event for event, _ in events(log)}
    assert len(kinds - {"arrived", "answered", "gone"}) == 10  # every fault came up


def _run_until(given, log, n_answers):
    """Kill the command with signal 9 once the server has given so many answers."""
    process = start(judge.main, given)
    deadline = time.monotonic() + 60
    while answered(log).total() < n_answers and time.monotonic() < deadline and process.is_alive():
        time.sleep(0.01)
    kill(process)


@pytest.mark.slow
def test_a_killed_job_ends_with_the_table_of_an_uninterrupted_one_and_pays_little_twice(
    size, inputs, expected, tmp_path
):
    draw = random.Random(3)
    log, whole, out = tmp_path / "log", tmp_path / "whole.parquet", tmp_path / "verdicts.parquet"
    with faulty_server(tmp_path / "other log") as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        judge.main(arguments(inputs, entry, tmp_path / "other.sqlite", whole))
    faults = {"overload": 0.3, "others": 0.02, "stall": 2, "delay": 0.2, "retry_after": 0.1, "seed": 2}
    with faulty_server(log, **faults) as address:
        entry = {"model": "hosted_vllm/served", "api_base": address}
        given = arguments(inputs, entry, tmp_path / "answers.sqlite", out)
        last = size.n_episodes - size.concurrency
        for moment in sorted(draw.randrange(1, last) for _ in range(size.kills)):
            _run_until(given, log, moment)
            assert not out.exists()
        judge.main(given)
        n_answers = answered(log).total()
        judge.main(given)  # and once more: nothing is asked
        assert answered(log).total() == n_answers
    assert out.read_bytes() == whole.read_bytes()
    assert read_table(out, VERDICTS).select(expected.columns).equals(expected)
    assert len(answered(log)) == size.n_episodes
    assert n_answers - size.n_episodes <= size.kills * size.concurrency


CANARY = "sk-canary-0123456789abcdef"


REPLIES = (400, 500, 200)


@pytest.mark.slow
def test_a_key_of_the_environment_shows_up_nowhere(few_inputs, scripts, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("LITELLM_LOG", "DEBUG")
    told_by = Counter()

    def respond(body):
        assert CANARY in body["Authorization"]
        # once whole, and once where a long reason is cut
        told = f"The key {CANARY} {'x' * 200} You sent {body['Authorization']}"
        number = int(re.search(r"Episode (\d+)", body["messages"][0]["content"]).group(1))
        status = REPLIES[number % len(REPLIES)]
        told_by[status] += 1
        return status, chat_completion(told) if status == 200 else {"error": {"message": told}}

    with chat_server(respond) as (address, arrived):
        entry = {"model": "openai/served", "api_base": address}
        out = tmp_path / "verdicts.parquet"
        given = arguments(few_inputs, entry, tmp_path / "answers.sqlite", out, "--retries=1")
        command = [sys.executable, str(scripts / "judge.py"), *given]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(arrived) >= FEW and set(told_by) == set(REPLIES)
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
        judge.main([*given, "--retries=0"])
        first = read_table(out, VERDICTS)
        lost = first.filter(pl.col("status") == "failed")
        assert 0 < lost.height < FEW
        assert set(lost["passed"]) == {None}
        assert "overloaded" in lost["raw"][0]
        judge.main(given)
    assert read_table(out, VERDICTS).select(expected.columns).equals(expected)
    assert answered(log).total() == FEW
