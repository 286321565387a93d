"""No input of a reader of own data ends in a traceback: it is read, or refused with the file's name."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillift.contracts.pipeline import SCORES, SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import check, read_table
from skillift.tasks.conditions import condition_steps
from skillift.tasks.own_values import text_of
from skillift.tasks.skill_documents import procedure_of
from skillift.tasks.step_labels import split_labels
from skillift.tasks.user_rows import READERS
from skillift.tasks.user_tasks import look_at_own

pytestmark = pytest.mark.slow  # hundreds of examples

CHEAP = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = [
    "task_id",
    "skill_id",
    "suite",
    "prompt",
    "reference",
    "scorer",
    "worked_solution",
    "note",
    " task_id",
]
ODD = [
    "",
    "\x00",
    "\u2028",
    "\x85",
    "\r\n",
    "\ud83d",
    "é",
    "e\u0301",
    "nan",
    "1.0",
    '"',
    ";",
    "train",
    "holdout",
    "a",
]

texts = st.one_of(st.sampled_from(ODD), st.text(st.characters(codec=None), max_size=12))
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
rows = st.lists(st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), values, max_size=9), max_size=4)
MARKDOWN = [
    "# ",
    "## Steps\n",
    "1. ",
    "2. ",
    "- ",
    "a b c\n",
    "\n",
    "```\n",
    "---\n",
    "**Step 1:** ",
    "   ",
    "| a |\n",
]
documents = st.lists(st.one_of(st.sampled_from(MARKDOWN), texts), max_size=25).map("".join)
STEPS = "a:\n  name: a\n  steps: [One., Two.]\nb:\n  name: b\n  steps: [Three., Four.]\n"


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def look(folder: Path, tasks: str | None = None, skills: str = "skills.yaml") -> None:
    """Read both; whatever is found is a table that keeps its contract, or lines that name a file."""
    if skills == "skills.yaml":
        (folder / skills).write_text(STEPS)
    own = look_at_own(folder / (tasks or "none.jsonl"), folder / skills)
    if own.mistakes:
        assert all(str(folder) in line for line in own.mistakes)
    else:
        check(own.tasks, TASKS, "tasks")
        check(own.skills, SKILLS, "skills")
    for line in [*own.mistakes, *own.warnings]:
        line.encode()  # can be printed


@CHEAP
@given(rows=rows, indent=st.sampled_from([None, 1]), array=st.booleans())
def test_any_objects_in_json_are_read_or_refused(rows, indent, array, folder):
    lines = [json.dumps(row, indent=indent) for row in rows]
    (folder / "t.jsonl").write_text(json.dumps(rows) if array else "\n".join(lines))
    look(folder, "t.jsonl")


@CHEAP
@given(rows=st.lists(st.lists(texts, max_size=8), max_size=5), delimiter=st.sampled_from(",;\t|"))
def test_any_cells_in_csv_are_read_or_refused(rows, delimiter, folder):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, escapechar="\\").writerows([NAMES[:8], *rows])
    (folder / "t.csv").write_bytes(encoded(file.getvalue()))
    look(folder, "t.csv")


@CHEAP
@given(
    content=st.one_of(st.binary(max_size=80), documents.map(encoded)), ending=st.sampled_from(sorted(READERS))
)
def test_any_bytes_are_read_or_refused(content, ending, folder):
    (folder / f"t{ending}").write_bytes(content)
    look(folder, f"t{ending}")


@CHEAP
@given(
    columns=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(range(8)), max_size=8),
    n=st.integers(0, 3),
)
def test_any_types_in_parquet_are_read_or_refused(columns, n, folder):
    kinds = [
        pl.Series(["a", "train", "holdout"]),
        pl.Series([1, None, 3], dtype=pl.Int8),
        pl.Series([1.0, float("nan"), 0.5], dtype=pl.Float32),
        pl.Series([True, None, False]),
        pl.Series([None, None, None]),
        pl.Series([["a"], None, []]),
        pl.Series([{"a": 1.5}, {"a": None}, {"a": 2.0}]),
        pl.Series([0, 10**6, None]).cast(pl.Datetime("ms")),
    ]
    frame = pl.DataFrame({name: kinds[kind].head(n) for name, kind in columns.items()})
    frame.write_parquet(folder / "t.parquet")
    look(folder, "t.parquet")


@CHEAP
@given(cut=st.integers(0, 700), flipped=st.integers(0, 699))
def test_a_damaged_parquet_file_is_read_or_refused(cut, flipped, folder):
    pl.DataFrame({name: ["a", "b"] for name in NAMES[:7]}).write_parquet(folder / "whole.parquet")
    content = bytearray((folder / "whole.parquet").read_bytes())
    content[flipped % len(content)] ^= 0x55
    (folder / "t.parquet").write_bytes(content[: max(len(content) - cut, 0)])
    look(folder, "t.parquet")
    try:
        read_table(folder / "t.parquet", SCORES)
    except UserError as error:
        assert "t.parquet" in str(error)


@CHEAP
@given(front=st.one_of(st.just("name: a\ndescription: b\n"), documents), body=documents)
def test_any_skill_file_is_read_or_refused(front, body, folder):
    (folder / "t.jsonl").write_text("")
    for skill, text in (("a", f"---\n{front}---\n{body}"), ("b", body)):
        (folder / "skills" / skill).mkdir(parents=True, exist_ok=True)
        (folder / "skills" / skill / "SKILL.md").write_bytes(encoded(text))
    look(folder, "t.jsonl", "skills")


@CHEAP
@given(entries=values)
def test_any_yaml_file_of_skills_is_read_or_refused(entries, folder):
    (folder / "any.yaml").write_text(json.dumps({"a": entries, "b": {"name": "b", "steps": entries}}))
    look(folder, None, "any.yaml")


@CHEAP
@given(body=documents.map(lambda text: text.encode("utf-8", "replace").decode()))
def test_a_document_loses_no_word_and_can_be_shuffled_or_says_why_not(body):
    procedure = procedure_of(body)
    if not procedure.is_list:
        assert "".join("".join(procedure.steps).split()) == "".join(body.split())
    skills = pl.DataFrame({"skill_id": ["a", "b"], "steps": [procedure.steps, ["One two.", "Three."]]})
    for condition in ("curated", "placebo", "shuffled"):
        try:
            shown = condition_steps(skills, "a", condition, 0)
        except UserError as error:
            assert "skill a" in str(error)
        else:
            assert condition != "shuffled" or shown != procedure.steps


@CHEAP
@given(
    steps=st.lists(
        st.one_of(st.sampled_from(["Step 1: a", "2. b", "**Step 2:** c", "## 3. d"]), texts), max_size=7
    )
)
def test_labels_and_texts_are_the_steps(steps):
    assert [label + text for label, text in split_labels(steps)] == steps


@CHEAP
@given(value=values)
def test_text_of_a_value_has_line_feeds_alone(value):
    text = text_of(value)
    assert not isinstance(text, str) or "\r" not in text
