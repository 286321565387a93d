"""Claims about the command `select_corpus.py`."""

from __future__ import annotations

import json

import polars as pl
import pytest
from score_tables import make_tasks

from corpus import select_corpus
from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table, write_table


@pytest.fixture
def select(tmp_path):
    tasks = make_tasks(n_skills=3, per_skill=4, suite="train")
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    demonstrations = tasks.select(
        "task_id",
        attempt=pl.lit(0, pl.Int64),
        teacher=pl.lit("worked_solution"),
        prompt=pl.format("steps\n{}", "prompt"),
        response=pl.format("Step 1: Think\nANSWER: {}", "reference"),
        passed=pl.col("task_id") != "t0000",
        reason=pl.lit("the judge read: it"),
        cost_usd=pl.lit(0.0),
    )
    write_table(demonstrations, tmp_path / "demonstrations.parquet", DEMONSTRATIONS)

    def run(out, options=None, **spec):
        more = options or {}
        spec = {"rows": 6, "condition": "curated", "form": "worked", "seed": 0, "prompt_seed": 0, **spec}
        options = {name: tmp_path / f"{name}.parquet" for name in ("tasks", "demonstrations")}
        options |= {"spec": json.dumps(spec), "out": tmp_path / out, **more}
        select_corpus.main([part for k, v in options.items() for part in (f"--{k}", str(v))])
        return tmp_path / out

    return run


def test_a_corpus_is_written_and_twice_the_same_bytes(select):
    first, second = select("a.parquet"), select("b.parquet")
    assert read_table(first, CORPUS).height == 6
    assert first.read_bytes() == second.read_bytes()


def test_the_form_answer_only_keeps_the_answer_line_alone(select):
    for user, assistant in read_table(select("a.parquet", form="answer_only"), CORPUS)["messages"].to_list():
        number = user["content"].removeprefix("steps\nQuestion ").removesuffix("?")
        assert assistant["content"] == f"ANSWER: {number}"


def test_a_corpus_that_is_like_another_is_given_that_one_and_no_other_is(select, tmp_path):
    first = select("a.parquet")
    matched = select("b.parquet", options={"like": first}, like="worked", form="answer_only", seed=5)
    assert read_table(matched, CORPUS)["task_id"].equals(read_table(first, CORPUS)["task_id"])
    for options, spec in (({}, {"like": "worked"}), ({"like": first}, {})):
        with pytest.raises(UserError, match="--spec, key like"):
            select("c.parquet", options=options, **spec)
    assert not (tmp_path / "c.parquet").exists()


def test_more_rows_than_passes_stop_the_command(select):
    with pytest.raises(UserError, match=r"11 passed of 12 demonstrated tasks.*at least 12"):
        select("a.parquet", rows=12)
