"""Claims about the cache of answers."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys

import pytest

from skillift.chat.answer_cache import AnswerCache
from skillift.errors import UserError

FILL = """
import resource, sys
from skillift.chat.answer_cache import AnswerCache
from skillift.errors import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with AnswerCache(sys.argv[1]) as cache:
        for number in range(10_000):
            cache.put(str(number), {"text": "x" * 1000})
except UserError as error:
    print(number, error)
"""


def test_an_answer_is_found_again_by_another_process_after_a_kill(tmp_path):
    path = tmp_path / "state" / "answers.sqlite"
    code = (
        "import os, signal, sys; from skillift.chat.answer_cache import AnswerCache; "
        "AnswerCache(sys.argv[1]).put('key', {'text': 'ü'}); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    with AnswerCache(path) as cache:
        assert cache.get("key") == {"text": "ü"}
        assert cache.get("other") is None


def test_the_first_answer_under_a_key_stays(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        cache.put("key", {"text": "first"})
        cache.put("key", {"text": "second"})
        assert cache.get("key") == {"text": "first"}


def _write(path, name):
    with AnswerCache(path) as cache:
        for number in range(200):
            cache.put(f"{name}-{number}", {"text": name})


def test_several_processes_write_at_once_and_nothing_is_lost(tmp_path):
    path = tmp_path / "answers.sqlite"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write, args=(path, f"worker{number}")) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    with AnswerCache(path) as cache:
        assert all(cache.get(f"worker{w}-{n}") for w in range(4) for n in range(200))


def test_no_disk_space_for_the_cache_is_said_and_nothing_earlier_is_lost(tmp_path):
    path = tmp_path / "answers.sqlite"
    finished = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    kept, _, message = finished.stdout.partition(" ")
    assert str(path) in message
    assert "Free disk space" in message
    with AnswerCache(path) as cache:
        assert int(kept) > 10
        assert all(cache.get(str(number)) for number in range(int(kept)))


def test_a_full_disk_is_told_from_other_failures(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        message = str(cache._problem(sqlite3.OperationalError("database or disk is full")))
    assert "Free disk space" in message


@pytest.mark.parametrize("kind", ["folder", "text", "inside a file", "other version"])
def test_a_file_that_cannot_be_the_cache_is_an_error_with_the_fix(tmp_path, kind):
    path = tmp_path / "answers.sqlite"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("not a database " * 100)
    elif kind == "inside a file":
        path.write_text("")
        path = path / "answers.sqlite"
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    with pytest.raises(UserError, match=r"cache of answers cannot be used.*(permission|Move the file)"):
        AnswerCache(path)


def test_a_closed_cache_says_so(tmp_path):
    cache = AnswerCache(tmp_path / "answers.sqlite")
    cache.close()
    with pytest.raises(UserError, match="the file is closed"):
        cache.get("key")
