"""Own tasks come as JSONL, CSV or Parquet and mean the same; a bad row is named by its place in the file."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest

from skillift.errors import UserError
from skillift.tasks.own import read_own

STEPS = [f"Step {number}: Do {number}." for number in range(1, 6)]
SKILLS = json.dumps({"harbor": {"name": "harbor code", "steps": STEPS}})  # JSON is YAML
TASKS = [
    {
        "task_id": "t-1",
        "skill_id": "harbor",
        "suite": "train",
        "prompt": 'Code of 3, "1"?\nOn two lines.',
        "reference": "1",
        "worked_solution": "Take 1\nANSWER: 1",
    },
    {
        "task_id": "h-1",
        "skill_id": "harbor",
        "suite": "holdout",
        "prompt": "Übertrag?",
        "reference": "2",
        "scorer": "judge",
    },
]


def _csv(path, rows=TASKS):
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def _jsonl(path, rows=TASKS):
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def _parquet(path, rows=TASKS):
    pl.DataFrame(rows).write_parquet(path)


WRITERS = {"tasks.jsonl": _jsonl, "tasks.csv": _csv, "tasks.parquet": _parquet}


@pytest.fixture
def read(tmp_path):
    """Reads the tasks file of that name; skills stand beside it."""
    (tmp_path / "skills.yaml").write_text(SKILLS)
    return lambda name: read_own(tmp_path / name, tmp_path / "skills.yaml")


def test_every_form_gives_the_same_tables(read, tmp_path):
    for name, write in WRITERS.items():
        write(tmp_path / name)
    (skills, tasks), *others = [read(name) for name in WRITERS]
    for other_skills, other_tasks in others:
        assert other_skills.equals(skills)
        assert other_tasks.equals(tasks)
    assert tasks.select("task_id", "scorer", "worked_solution").rows() == [
        ("h-1", "judge", None),
        ("t-1", "answer_line", "Take 1\nANSWER: 1"),
    ]
    assert tasks["prompt"][1] == TASKS[0]["prompt"]


@pytest.mark.parametrize(
    ("name", "place", "first"),
    [
        ("tasks.jsonl", "tasks.jsonl:3: ", "line 2"),
        ("tasks.csv", "tasks.csv:6: ", "line 5"),  # the first task and its solution span lines
        ("tasks.parquet", "tasks.parquet, row 3: ", "row 2"),
    ],
)
def test_a_bad_row_is_named_by_its_place(name, place, first, read, tmp_path):
    WRITERS[name](tmp_path / name, [*TASKS, {**TASKS[1], "suite": "holdoutt"}])
    with pytest.raises(UserError) as caught:
        read(name)
    suite, task_id = sorted(str(caught.value).splitlines(), key=lambda line: "task_id" in line)
    assert f"{place}suite: found 'holdoutt', expected one of" in suite
    assert suite.endswith("mean 'holdout'?")
    assert f"{place}task_id: found 'h-1', expected every id once (first on {first})" in task_id


BAD_CSV = {
    "a cell too many": ("task_id,skill_id\n1,2,3\n", "tasks.csv:2: found 3 cells, expected 2, as in the"),
    "a column twice": ("task_id,suite,suite\n", "tasks.csv:1: suite: found the column twice"),
    "an open quote": ('task_id,prompt\n1,"open\n', "tasks.csv:2: found unexpected end of data, expected CSV"),
    "a missing column": ("task_id\nx\n", "tasks.csv:2: prompt: found no such field"),
    "nothing": ("", "none of the suite holdout"),
}


@pytest.mark.parametrize(("text", "expected"), BAD_CSV.values(), ids=BAD_CSV)
def test_bad_csv_is_named_by_line(text, expected, read, tmp_path):
    (tmp_path / "tasks.csv").write_text(text)
    with pytest.raises(UserError) as caught:
        read("tasks.csv")
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["tasks.csv", "tasks.parquet"])
def test_missing_and_unreadable_files_are_named(name, read, tmp_path):
    with pytest.raises(UserError, match=rf"{name}: found no such file"):
        read(name)
    (tmp_path / name).write_bytes(b"\xfc\xff")
    with pytest.raises(UserError, match=rf"{name}: found .*expected a (readable Parquet|CSV) file"):
        read(name)


def test_another_ending_is_refused(read, tmp_path):
    (tmp_path / "tasks.xlsx").write_bytes(b"")
    with pytest.raises(
        UserError, match=r"found the ending '\.xlsx', expected one of \.jsonl, .*\.csv, \.tsv, \.parquet"
    ):
        read("tasks.xlsx")
