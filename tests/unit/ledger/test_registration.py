"""The history of predictions: it only grows, and tells what was written before results existed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skillift.errors import UserError
from skillift.ledger.entries import read_ledger
from skillift.ledger.registration import (
    Registration,
    records_of,
    register,
    registration_of,
    results_exist,
    withdrawn,
)

FIRST, SECOND = {"direction": "greater", "than": 0.0}, {"direction": "less", "than": 0.0}


@pytest.fixture
def history(tmp_path) -> Path:
    return tmp_path / "state" / "ledger.jsonl"


def note(history, predictions, results=False, day=1):
    return register(predictions, history, results, now=datetime(2026, 1, day, 12, tzinfo=UTC))


def read_history(history):
    return records_of(read_ledger(history))


def word(history, prediction, declared):
    return registration_of(prediction, declared, read_history(history)).word


def test_a_prediction_of_the_first_run_is_registered_before_results(history):
    note(history, {"a": FIRST})
    assert registration_of("a", FIRST, read_history(history)) == Registration(
        "before results", "2026-01-01T12:00:00Z"
    )


def test_nothing_is_written_where_nothing_is_new(history):
    note(history, {"a": FIRST})
    before = history.read_bytes()
    assert len(note(history, {"a": FIRST}, day=2)) == 1
    assert history.read_bytes() == before


def test_a_study_that_never_had_predictions_has_no_history(history):
    assert note(history, {}) == []
    assert not history.parent.exists()


def test_a_text_that_is_changed_after_results_is_told_from_one_that_is_new(history):
    note(history, {"a": FIRST})
    note(history, {"a": SECOND, "b": FIRST}, results=True, day=2)
    assert word(history, "a", SECOND) == "changed after results"
    assert word(history, "b", FIRST) == "after results"
    assert word(history, "a", FIRST) == "before results"


def test_a_text_may_be_changed_as_often_as_one_likes_before_results(history):
    note(history, {"a": FIRST})
    note(history, {"a": SECOND}, day=2)
    note(history, {"a": SECOND}, results=True, day=3)
    assert registration_of("a", SECOND, read_history(history)) == Registration(
        "before results", "2026-01-02T12:00:00Z"
    )


def test_a_text_that_is_put_back_is_the_one_that_was_registered(history):
    for day, text in enumerate((FIRST, SECOND, FIRST), start=1):
        note(history, {"a": text}, results=day > 1, day=day)
    assert word(history, "a", FIRST) == "before results"
    assert len(read_history(history)) == 3


def test_results_once_seen_are_remembered_when_they_are_deleted(history):
    note(history, {"a": FIRST})
    note(history, {"a": FIRST}, results=True, day=2)
    note(history, {"a": SECOND}, results=False, day=3)
    assert [record.results for record in read_history(history)] == [False, True, True]
    assert word(history, "a", SECOND) == "changed after results"


def test_a_prediction_taken_out_after_results_stays_known(history):
    note(history, {"a": FIRST, "b": FIRST, "c": FIRST})
    note(history, {"a": FIRST, "b": FIRST}, day=2)  # c: before anything was known
    note(history, {"a": FIRST}, results=True, day=3)
    assert withdrawn({"a": FIRST}, read_history(history)) == {
        "b": (FIRST, Registration("withdrawn", "2026-01-03T12:00:00Z"))
    }
    note(history, {}, results=True, day=4)
    assert list(withdrawn({}, read_history(history))) == ["a", "b"]
    assert withdrawn({"a": FIRST, "b": SECOND}, read_history(history)) == {}


def test_a_lost_history_counts_against_the_predictions_and_never_for_them(history):
    note(history, {"a": FIRST})
    history.unlink()
    note(history, {"a": FIRST}, results=True, day=2)
    assert word(history, "a", FIRST) == "after results"


def test_a_prediction_that_is_not_in_the_history_is_not_registered(history):
    assert registration_of("a", FIRST, []) == Registration("not registered", "")
    note(history, {"a": FIRST})
    assert word(history, "b", FIRST) == "not registered"


def _change_a_word(lines):
    return [lines[0].replace("greater", "less"), lines[1]]


def _drop_the_first(lines):
    return lines[1:]


def _swap(lines):
    return lines[::-1]


def _deny_results(lines):
    return [lines[0], lines[1].replace('"results":true', '"results":false'), lines[2]]


def _tear(lines):
    return [lines[0], lines[1][:40]]


@pytest.mark.parametrize("damage", [_change_a_word, _drop_the_first, _swap, _deny_results, _tear])
def test_an_edited_history_is_refused_with_its_line_and_a_fix(history, damage):
    note(history, {"a": FIRST})
    note(history, {"a": SECOND}, results=True, day=2)
    note(history, {"a": FIRST}, results=True, day=3)
    lines = damage(history.read_text(encoding="utf-8").splitlines())
    history.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"{history}:\d: found 'a line that was changed or lost'.*copy"):
        note(history, {"a": FIRST}, day=4)


def test_a_history_that_is_no_text_is_refused(history):
    history.parent.mkdir()
    history.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="a readable ledger"):
        read_history(history)


def test_a_kill_while_writing_leaves_the_history_as_it_was(history, monkeypatch):
    note(history, {"a": FIRST})
    before = history.read_bytes()

    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        note(history, {"a": SECOND}, day=2)
    assert history.read_bytes() == before
    assert list(history.parent.iterdir()) == [history]


def test_a_full_disk_is_told_and_leaves_nothing_behind(history, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"No space left on device.*a writable state folder"):
        note(history, {"a": FIRST})
    assert list(history.parent.iterdir()) == []


def test_each_line_is_json_with_the_digest_of_the_line_before(history):
    note(history, {"a": FIRST})
    note(history, {"a": SECOND}, day=2)
    first, second = history.read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["previous"] == ""
    assert json.loads(second)["previous"] == hashlib.sha256(first.encode()).hexdigest()


@pytest.mark.parametrize("part", ["episodes/s/base.parquet", "verdicts/judge/s/base.parquet"])
def test_an_episode_or_a_verdict_is_a_result(tmp_path, part):
    assert not results_exist(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "tasks.parquet").touch()
    assert not results_exist(tmp_path)
    (tmp_path / part).parent.mkdir(parents=True)
    assert not results_exist(tmp_path)
    (tmp_path / part).touch()
    assert results_exist(tmp_path)
