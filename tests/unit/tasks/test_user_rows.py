"""Own tasks come as JSONL, CSV or Parquet and mean the same; a bad row is named by its place in the file."""

from __future__ import annotations

import csv
import gzip
import json
import time
from datetime import date

import polars as pl
import pytest

from skillift.contracts.pipeline import TASKS as TABLE
from skillift.errors import UserError
from skillift.tables import read_table, write_table
from skillift.tasks.user_tasks import look_at_own, read_own

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


def _read_back(read, name) -> dict[str, dict]:
    return {row["task_id"]: row for row in read(name)[1].iter_rows(named=True)}


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
    "nothing": ("", "none of a suite that is asked"),
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


ODD = "one\u2028two\x85three\x0bfour\x0cfive\x1csix"  # Python calls each of these the end of a line


@pytest.mark.parametrize("name", WRITERS)
def test_only_line_feeds_and_carriage_returns_end_a_line(name, read, tmp_path):
    WRITERS[name](tmp_path / name, [TASKS[0], {**TASKS[1], "prompt": ODD, "reference": "a\u2028b"}])
    back = _read_back(read, name)
    assert (back["h-1"]["prompt"], back["h-1"]["reference"]) == (ODD, "a\u2028b")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", WRITERS)
def test_texts_have_line_feeds_whatever_wrote_them(name, end, read, tmp_path):
    texts = {
        "prompt": f"One{end}two{end}",
        "reference": f"a{end}b",
        "worked_solution": f"Take 1{end}ANSWER: 1",
    }
    WRITERS[name](tmp_path / name, [{**TASKS[0], **texts, "suite": "holdout"}])
    back = _read_back(read, name)["t-1"]
    assert [back[field] for field in texts] == ["One\ntwo\n", "a\nb", "Take 1\nANSWER: 1"]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.csv"])
def test_files_of_windows_and_of_old_macs_have_the_same_rows(name, end, read, tmp_path):
    WRITERS[name](tmp_path / name)
    right = read(name)[1]
    content = (tmp_path / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end.encode())
    (tmp_path / name).write_bytes(content)
    assert read(name)[1].equals(right)


SIMPLE = "task_id,skill_id,suite,prompt,reference\nh-1,harbor,holdout,Which?,1\n"
FORMS = {
    "semicolons": ("tasks.csv", SIMPLE.replace(",", ";")),
    "tabs": ("tasks.tsv", SIMPLE.replace(",", "\t")),
    "bars": ("tasks.csv", SIMPLE.replace(",", "|")),
    "the line that Excel puts first": ("tasks.csv", "sep=;\r\n" + SIMPLE.replace(",", ";")),
    "spaces in the header": ("tasks.csv", SIMPLE.replace("skill_id,suite", " skill_id , suite ")),
    "spaces around ids": ("tasks.csv", SIMPLE.replace("h-1,harbor,holdout", " h-1,harbor ,holdout ")),
    "the index of pandas": ("tasks.csv", "," + SIMPLE.replace("\nh-1", "\n0,h-1")),
    "columns without a name": ("tasks.csv", SIMPLE.replace("\n", ",,\n")),
    "Excel's Unicode text": ("tasks.tsv", SIMPLE.replace(",", "\t").encode("utf-16")),
    "capital letters": ("tasks.CSV", SIMPLE),
    "gzip": ("tasks.csv.gz", gzip.compress(SIMPLE.encode())),
    "an array": (
        "tasks.json",
        json.dumps([SIMPLE_TASK := {**TASKS[1], "prompt": "Which?", "reference": "1"}]),
    ),
    "an array over lines": ("tasks.jsonl", json.dumps([SIMPLE_TASK], indent=2)),
    "objects over lines": ("tasks.jsonl", json.dumps(SIMPLE_TASK, indent=2) + "\n"),
    "a compressed table of lines": ("tasks.jsonl.gz", gzip.compress(json.dumps(SIMPLE_TASK).encode())),
    "another name of the same": ("tasks.ndjson", json.dumps(SIMPLE_TASK)),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_usual_forms_are_read(name, content, read, tmp_path):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    _, tasks = read(name)
    assert tasks.select("task_id", "skill_id", "suite", "prompt", "reference").rows() == [
        ("h-1", "harbor", "holdout", "Which?", "1")
    ]
    assert "metadata" not in tasks.columns


def test_rows_of_an_array_and_after_the_line_of_excel_are_named_by_their_lines(read, tmp_path):
    (tmp_path / "tasks.json").write_text(json.dumps([TASKS[1], {**TASKS[1], "suite": "x"}], indent=1))
    (tmp_path / "tasks.csv").write_text("sep=;\n" + SIMPLE.replace(",", ";").replace("holdout", "x"))
    for name, line in (("tasks.json", 10), ("tasks.csv", 3)):
        with pytest.raises(UserError, match=rf"{name}:{line}: suite: found 'x'"):
            read(name)


def test_an_array_with_a_mistake_is_one_mistake_with_its_line(read, tmp_path):
    (tmp_path / "tasks.json").write_text(
        json.dumps(TASKS, indent=1).replace('"suite": "train",', '"suite": train,')
    )
    with pytest.raises(UserError) as caught:
        read("tasks.json")
    assert str(caught.value).count("\n") == 0
    assert "tasks.json:5, column 12: found text that is not JSON" in str(caught.value)


def test_further_columns_are_kept_as_metadata(read, tmp_path):
    further = {"source": "handbook", "level": 3, "weight": 0.5, "tags": ["a", "é"]}
    for name in ("tasks.jsonl", "tasks.parquet"):
        WRITERS[name](tmp_path / name, [TASKS[0], {**TASKS[1], **further}])
        assert json.loads(_read_back(read, name)["h-1"]["metadata"]) == further
    assert _read_back(read, "tasks.jsonl")["t-1"]["metadata"] is None
    _csv(tmp_path / "tasks.csv", [{**TASKS[1], "source": "handbook"}])
    assert _read_back(read, "tasks.csv")["h-1"]["metadata"] == '{"source": "handbook"}'


def test_a_table_that_skillift_wrote_can_be_the_file_of_own_tasks(read, tmp_path):
    _jsonl(tmp_path / "tasks.jsonl", [TASKS[0], {**TASKS[1], "level": 3}])
    written = read("tasks.jsonl")[1]
    write_table(written, tmp_path / "tasks.parquet", TABLE)
    assert read_table(tmp_path / "tasks.parquet", TABLE).equals(written)
    assert read("tasks.parquet")[1].equals(written)


def test_a_further_column_that_may_be_a_slip_is_a_warning(read, tmp_path):
    _jsonl(tmp_path / "tasks.jsonl", [{**TASKS[1], "worked_soluton": "1", "level": 2}])
    own = look_at_own(tmp_path / "tasks.jsonl", tmp_path / "skills.yaml")
    (line,) = own.warnings
    assert "worked_soluton: found a field that no task has" in line
    assert line.endswith("It is kept as metadata. Did you mean 'worked_solution'?")


NUMBERS = {"whole": (7, "7"), "a fraction": (0.5, "0.5")}


@pytest.mark.parametrize(("number", "text"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.parquet"])
def test_numbers_are_the_text_that_they_were_written_as(name, number, text, read, tmp_path):
    WRITERS[name](tmp_path / name, [{**TASKS[1], "reference": number}])
    assert _read_back(read, name)["h-1"]["reference"] == text


def test_json_keeps_every_digit(read, tmp_path):
    for written in ("0.50", "123456789012345678901234567890", "-0.10"):
        (tmp_path / "tasks.jsonl").write_text(
            json.dumps({**TASKS[1], "reference": "?"}).replace('"?"', written)
        )
        assert _read_back(read, "tasks.jsonl")["h-1"]["reference"] == written


PARQUET = {
    "ids that a gap made floats": ([1.0, 2.0], "found the number 1.0, expected text", "lost"),
    "dates": (
        [date(2026, 1, 2)] * 2,
        "found the date or time 2026-01-02",
        "Save the column as text",
    ),
    "truths": ([True, False], "found true", 'quotes: "true"'),
    "lists": ([["a"], ["b"]], "found ['a']", "text"),
    "bytes": ([b"a", b"b"], "found b'a'", "text"),
}


@pytest.mark.parametrize(("values", "found", "expected"), PARQUET.values(), ids=PARQUET)
def test_what_would_be_lost_in_text_is_refused(values, found, expected, read, tmp_path):
    pl.DataFrame(TASKS).with_columns(reference=pl.Series(values)).write_parquet(tmp_path / "tasks.parquet")
    with pytest.raises(UserError) as caught:
        read("tasks.parquet")
    first = str(caught.value).splitlines()[0]
    assert f"row 1: reference: {found}" in first
    assert expected in first


def test_categories_and_an_index_of_pandas_are_read(read, tmp_path):
    import pandas  # takes long to import

    frame = pandas.DataFrame(TASKS, index=[7, 3]).astype({"suite": "category", "skill_id": "category"})
    frame.to_parquet(tmp_path / "tasks.parquet")
    _jsonl(tmp_path / "tasks.jsonl")
    right = read("tasks.jsonl")[1]
    assert set(pl.read_parquet(tmp_path / "tasks.parquet").columns) - set(right.columns) == {
        "__index_level_0__"
    }
    # pandas writes a missing scorer as null, which is the default
    assert read("tasks.parquet")[1].equals(right)


def test_ids_are_the_same_however_their_letters_are_composed(read, tmp_path):
    (tmp_path / "skills.yaml").write_text(json.dumps({"caf\u00e9": {"name": "c", "steps": STEPS}}))
    twice = [{**TASKS[1], "skill_id": "cafe\u0301", "task_id": task_id} for task_id in ("\u00fc", "u\u0308")]
    _jsonl(tmp_path / "tasks.jsonl", twice[:1])
    assert read("tasks.jsonl")[1]["skill_id"].to_list() == ["caf\u00e9"]
    _jsonl(tmp_path / "tasks.jsonl", twice)
    with pytest.raises(UserError, match="task_id: found '\u00fc', expected every id once"):
        read("tasks.jsonl")


def test_a_row_after_a_mistake_in_csv_is_read_too(read, tmp_path):
    (tmp_path / "tasks.csv").write_text(
        SIMPLE + 'h-2,harbor,"holdout"x,Which?,1\nh-3,harbor,holdoot,Which?,1\n'
    )
    with pytest.raises(UserError) as caught:
        read("tasks.csv")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        f"{tmp_path}/tasks.csv:3:",
        f"{tmp_path}/tasks.csv:4:",
    ]


def test_thousands_of_rows_are_read_within_seconds(read, tmp_path):
    _jsonl(
        tmp_path / "tasks.jsonl", [{**TASKS[1], "task_id": f"h-{place}", "level": 1} for place in range(5000)]
    )
    start = time.process_time()
    assert read("tasks.jsonl")[1].height == 5000
    assert time.process_time() - start < 20
