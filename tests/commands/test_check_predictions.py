"""The command check_predictions: verdicts with their registration, at the level of the look."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from score_tables import make_scores, make_tasks, passes

from predictions import check_predictions
from skillift.contracts.pipeline import SCORES, TASKS
from skillift.contracts.predictions import PREDICTIONS
from skillift.errors import UserError
from skillift.ledger.entries import read_ledger
from skillift.ledger.registration import records_of, register
from skillift.tables import read_table, write_json, write_table

PREDICTION = {
    "text": "The procedure helps.",
    "path": "bench",
    "suite": "holdout",
    "effect": {"contrast": "curated-none", "student": "s", "recipe": None},
    "minus": None,
    "direction": "greater",
    "than": 0.0,
    "margin": 0.0,
    "confidence": 0.95,
}
RUNS = [{"student": "s", "run": "base", "recipe": None, "seed": None}]


@pytest.fixture
def folder(tmp_path):
    arms = {("bench", "s", "base", 0, "none"): passes(60), ("bench", "s", "base", 0, "curated"): passes(110)}
    write_table(make_tasks(), tmp_path / "tasks.parquet", TASKS)
    write_table(make_scores(arms), tmp_path / "scores.parquet", SCORES)
    return tmp_path


def check(folder, predictions, *options):
    spec = json.dumps({"predictions": predictions, "runs": RUNS})
    files = ["--tasks", str(folder / "tasks.parquet"), "--scores", str(folder / "scores.parquet")]
    check_predictions.main(["--spec", spec, *files, "--out", str(folder / "out.parquet"), *options])
    return read_table(folder / "out.parquet", PREDICTIONS).row(0, named=True)


def with_ledger(folder):
    return "--ledger", str(folder / "ledger.jsonl")


def test_a_prediction_that_was_registered_before_results_gets_its_verdict(folder):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    register({"helps": PREDICTION}, folder / "ledger.jsonl", False, now=now)
    row = check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    assert (row["prediction"], row["verdict"], row["text"]) == ("helps", "held", "The procedure helps.")
    assert (row["registration"], row["registered_at"]) == ("before results", "2026-01-01T00:00:00Z")
    assert row["estimate"] == 0.25


def test_it_notes_that_results_exist(folder):
    register({"helps": PREDICTION}, folder / "ledger.jsonl", False)
    check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    assert [record.results for record in records_of(read_ledger(folder / "ledger.jsonl"))] == [False, True]


def test_what_was_not_registered_before_counts_as_written_after_results(folder):
    row = check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    assert row["registration"] == "after results"


def test_without_a_history_nothing_is_registered(folder):
    row = check(folder, {"helps": PREDICTION})
    assert (row["registration"], row["verdict"]) == ("not registered", "held")


def test_a_second_run_writes_the_same_bytes(folder):
    check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    first = (folder / "out.parquet").read_bytes(), (folder / "ledger.jsonl").read_bytes()
    check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    assert ((folder / "out.parquet").read_bytes(), (folder / "ledger.jsonl").read_bytes()) == first


def test_a_damaged_history_is_refused_and_no_verdict_is_written(folder):
    (folder / "ledger.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"ledger\.jsonl:1"):
        check(folder, {"helps": PREDICTION}, *with_ledger(folder))
    assert not (folder / "out.parquet").exists()


def test_the_verdict_is_at_the_level_of_the_look(folder):
    write_json({"look": 2, "alpha": 0.05 / 6}, folder / "look.json")
    at_first = check(folder, {"helps": PREDICTION})
    later = check(folder, {"helps": PREDICTION}, *with_ledger(folder), "--look", str(folder / "look.json"))
    assert later["estimate"] == at_first["estimate"]
    assert later["ci_low"] < at_first["ci_low"] and later["ci_high"] > at_first["ci_high"]


def test_one_that_was_known_is_post_hoc_even_if_registered_before_results(folder):
    known = PREDICTION | {"known": True}
    register({"helps": known}, folder / "ledger.jsonl", False, now=datetime(2026, 1, 1, tzinfo=UTC))
    row = check(folder, {"helps": known}, *with_ledger(folder))
    assert (row["registration"], row["registered_at"]) == ("post hoc", "2026-01-01T00:00:00Z")


def test_a_task_that_is_not_among_the_tasks_is_refused(folder):
    tasks = pl.read_parquet(folder / "tasks.parquet").head(10)
    write_table(tasks, folder / "tasks.parquet", TASKS)
    with pytest.raises(UserError, match="column task_id"):
        check(folder, {"helps": PREDICTION})
