"""Claims about `judge.py` with batches: killed at any stage it goes on, and pays for nothing twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time

import pytest
from batch_server import BatchServer, serving, verdict
from forked import kill, start
from score_tables import make_tasks
from stub_models import chat_completion, make_episodes

from skillift.contracts.pipeline import EPISODES, TASKS, VERDICTS
from skillift.tables import read_table, write_table
from verdicts import judge

# one process with litellm to fork from
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("loaded judge")]

N_EPISODES, N_BATCHES = 10, 2
UNPARSED = "t0003"  # the verdict on this task needs the repair request
MODEL = "hosted_vllm/served"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, repository):
    """Tasks, episodes of which a third passes, and the template, as options of `judge.py`."""
    folder = tmp_path_factory.mktemp("inputs")
    tasks = make_tasks(n_skills=5, per_skill=N_EPISODES // 5)
    responses = {
        row["task_id"]: f"ANSWER: {row['reference'] if number % 3 == 0 else 'none'}\nEpisode {row['task_id']}"
        for number, row in enumerate(tasks.iter_rows(named=True))
    }
    write_table(tasks, folder / "tasks.parquet", TASKS)
    write_table(make_episodes(responses), folder / "episodes.parquet", EPISODES)
    return [
        f"--episodes={folder / 'episodes.parquet'}",
        f"--tasks={folder / 'tasks.parquet'}",
        f"--template={repository / 'workflow_scripts/assets/prompts/judge.jinja'}",
    ]


def arguments(inputs, address, folder, *more, model=MODEL, out="verdicts.parquet", batch=True):
    price = {"input_per_million": 1000.0, "output_per_million": 1000.0}
    entry = {"model": model, "api_base": address, "max_tokens": 64, "price": price}
    given = [
        *inputs,
        f"--spec={json.dumps({'name': 'served', 'judge': entry})}",
        f"--cache={folder / 'answers.sqlite'}",
        f"--out={folder / out}",
        "--backoff-s=0.02",
        "--timeout-s=30",
        *more,
    ]
    if batch:
        given += [f"--batch={model}", "--batch-poll-s=0.05", f"--batch-requests={N_EPISODES // N_BATCHES}"]
    return given


def answer(body):
    """A verdict; on one task it is no JSON until it is asked for again."""
    if len(body["messages"]) == 1 and f"Episode {UNPARSED}" in body["messages"][0]["content"]:
        return 200, chat_completion("It passes.")
    return verdict(body)


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    """The tables of uninterrupted runs: as bytes with batches, and read without."""
    folder = tmp_path_factory.mktemp("whole")
    with serving(BatchServer(answer)) as address:
        judge.main(arguments(inputs, address, folder))
        (folder / "direct").mkdir()
        judge.main(arguments(inputs, address, folder / "direct", batch=False))
    batched = folder / "verdicts.parquet"
    return batched.read_bytes(), batched, read_table(folder / "direct/verdicts.parquet", VERDICTS)


def test_batches_change_nothing_but_what_was_paid(whole):
    _, path, direct = whole
    batched = read_table(path, VERDICTS)
    assert batched.drop("cost_usd").equals(direct.drop("cost_usd"))
    assert set(direct["status"]) == {"scored"}
    assert set(direct["passed"]) == {True, False}
    # 10 tokens at 0.001 USD each; the repair request is a direct call
    assert direct["cost_usd"].to_list() == pytest.approx([0.01] * 3 + [0.02] + [0.01] * 6)
    assert batched["cost_usd"].to_list() == pytest.approx([0.005] * 3 + [0.015] + [0.005] * 6)


# by day what is not recorded yet, under way, and paid for in part; the moments between them at night
STAGES = [
    pytest.param(stage, marks=() if by_day else pytest.mark.nightly)
    for stage, by_day in (
        (("before", "upload", 1), False),
        (("after", "upload", 1), False),
        (("before", "create", 1), False),
        (("after", "create", 1), True),  # created, but not recorded
        (("after", "create", 2), False),
        (("after", "look", 1), True),  # recorded, and under way
        (("before", "content", 1), False),  # completed
        (("before", "content", 2), True),  # one batch is stored
        (("before", "chat", 1), True),  # both are, and the repair request is under way
    )
]


def check_paid_once(server):
    assert server.count("create") == N_BATCHES
    assert len({batch["metadata"]["skillift_batch"] for batch in server.batches.values()}) == N_BATCHES
    assert set(server.answered().values()) == {1}
    assert server.answered().total() == N_EPISODES + 1
    assert server.count("chat") == 1


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: " ".join(map(str, stage)))
def test_a_kill_at_any_stage_changes_no_verdict_and_repeats_no_batch(stage, inputs, whole, tmp_path):
    server = BatchServer(answer, hold=stage)
    with serving(server) as address:
        given = arguments(inputs, address, tmp_path)
        process = start(judge.main, given)
        assert server.held.wait(60)
        kill(process)
        assert not (tmp_path / "verdicts.parquet").exists()
        judge.main(given)
        check_paid_once(server)
        judge.main(given)
        check_paid_once(server)
    assert (tmp_path / "verdicts.parquet").read_bytes() == whole[0]


@pytest.mark.slow
def test_a_kill_after_the_download_and_before_it_is_stored_repeats_nothing(inputs, whole, tmp_path):
    lock = None

    def hold_the_state(lines):
        nonlocal lock
        if lock is None:  # from here on the job can store nothing
            lock = sqlite3.connect(tmp_path / "answers.sqlite", isolation_level=None, check_same_thread=False)
            lock.execute("BEGIN IMMEDIATE")
        return lines

    server = BatchServer(answer, edit=hold_the_state)
    with serving(server) as address:
        given = arguments(inputs, address, tmp_path)
        process = start(judge.main, given)
        deadline = time.monotonic() + 60
        while not server.count("content") and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)  # the reply is read, and the job waits for the lock
        kill(process)
        assert lock.execute("SELECT COUNT(*) FROM answers").fetchone() == (0,)
        lock.execute("ROLLBACK")
        lock.close()
        judge.main(given)
    check_paid_once(server)
    assert (tmp_path / "verdicts.parquet").read_bytes() == whole[0]


@pytest.mark.slow
def test_two_jobs_with_the_same_questions_hand_them_in_once(inputs, whole, tmp_path):
    server = BatchServer(answer, looks=8)
    with serving(server) as address:
        jobs = [start(judge.main, arguments(inputs, address, tmp_path, out=f"{n}.parquet")) for n in range(2)]
        for job in jobs:
            job.join(120)
            assert job.exitcode == 0
    assert server.count("create") == N_BATCHES
    batched = {key: times for key, times in server.answered().items() if len(json.loads(key)) == 1}
    assert set(batched.values()) == {1}
    for n in range(2):
        assert (tmp_path / f"{n}.parquet").read_bytes() == whole[0]


@pytest.mark.slow
def test_a_job_that_waits_takes_over_from_one_that_is_killed(inputs, whole, tmp_path):
    server = BatchServer(answer, hold=("after", "create", 1))
    with serving(server) as address:
        given = arguments(inputs, address, tmp_path)
        first = start(judge.main, given)
        assert server.held.wait(60)
        second = start(judge.main, given)
        time.sleep(2)
        assert second.is_alive()
        kill(first)
        second.join(120)
        assert second.exitcode == 0
    check_paid_once(server)
    assert (tmp_path / "verdicts.parquet").read_bytes() == whole[0]


def test_a_batch_without_answers_ends_in_verdicts_all_the_same(inputs, whole, tmp_path, capsys):
    server = BatchServer(answer, end={0: "failed", 1: "expired"})
    with serving(server) as address:
        judge.main(arguments(inputs, address, tmp_path))
    verdicts = read_table(tmp_path / "verdicts.parquet", VERDICTS)
    assert verdicts.drop("cost_usd").equals(whole[2].drop("cost_usd"))
    assert "questions are asked directly, at full price" in capsys.readouterr().err


CANARY = "sk-canary-0123456789abcdef"


@pytest.mark.slow
def test_a_key_of_the_environment_shows_up_nowhere(inputs, scripts, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("LITELLM_LOG", "DEBUG")
    told = f"the key {CANARY} {'x' * 50}"

    def tell(body):
        assert CANARY not in json.dumps(body)
        return 200, chat_completion(json.dumps({"conclusion": told, "passed": True}))

    server = BatchServer(tell, fail={"create": [403], "look": [500]})
    with serving(server) as address:
        given = arguments(inputs, address, tmp_path, "--retries=1", model="openai/served")
        texts = []
        for code in (1, 0):
            command = [sys.executable, str(scripts / "verdicts/judge.py"), *given]
            job = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            texts += [job.stdout, job.stderr]
            assert job.returncode == code, texts[-1]
            for path in tmp_path.iterdir():
                assert CANARY[:12].encode() not in path.read_bytes(), path.name
    assert server.authorizations == {f"Bearer {CANARY}"}
    assert "no create now, Bearer [OPENAI_API_KEY]" in texts[1]
    assert CANARY[:12] not in "".join(texts)
    raw = read_table(tmp_path / "verdicts.parquet", VERDICTS)["raw"]
    assert raw.str.contains("the key \\[OPENAI_API_KEY\\] xxx").all()
    assert raw.len() == N_EPISODES
