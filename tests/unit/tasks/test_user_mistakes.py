"""Mistakes in own tasks and skills are named by file, line and field, with what was expected."""

from __future__ import annotations

import json

import pytest
from own_task_files import SKILLS, task

from skillift.errors import UserError
from skillift.tasks.user_tasks import MOST_PROBLEMS, read_own

BAD_TASKS = {
    "a malformed line": ('{"task_id": "x", ', "tasks.jsonl:2, column", "found text that is not JSON"),
    "a line that is no object": ("[1, 2]", "tasks.jsonl:2: found [1, 2]", "a JSON object"),
    "a duplicate id": (task(), "tasks.jsonl:2: task_id: found 'h-1'", "every id once (first on line 1)"),
    "an unknown skill": (
        task(task_id="x", skill_id="harbour"),
        "2: skill_id: found 'harbour'",
        "mean 'harbor'?",
    ),
    "an empty reference": (task(task_id="x", reference=" "), "2: reference: found ' '", "text, not empty"),
    "a missing reference": (task(task_id="x", reference=...), "2: reference: found no such field", "Add"),
    "a truth for text": (task(task_id="x", reference=True), "2: reference: found true", 'quotes: "true".'),
    "a number of unknown form": (
        task(task_id="x", reference=7.0),
        "2: reference: found the number 7.0",
        "lost",
    ),
    "no number": (
        task(task_id="x", reference=float("nan")),
        "2: reference: found NaN",
        "Leave the field out",
    ),
    "half a character": (
        task(task_id="x", prompt="\ud83d?"),
        "tasks.jsonl:2: prompt: found half a character (\\ud83d, one of two surrogates)",
        "write the whole character",
    ),
    "a gap written as text": (
        task(task_id="x", worked_solution="nan"),
        "2: worked_solution: found 'nan'",
        "gap",
    ),
    "a null": (task(task_id="x", prompt=None), "2: prompt: found nothing", "text, not empty"),
    "a wrong suite": (task(task_id="x", suite="hold-out"), "2: suite: found 'hold-out'", "mean 'holdout'?"),
    "a wrong scorer": (
        task(task_id="x", scorer="regex"),
        "2: scorer: found 'regex'",
        "one of answer_line, constraints",
    ),
    "a list for a suite": (task(task_id="x", suite=["train"]), "2: suite: found ['train']", "one of train"),
    "a misspelt field": (
        task(task_id="x", prompt=..., promt="p"),  # codespell:ignore promt
        "2: prompt: found no such",
        "Rename 'promt'",
    ),
    "a field twice": (
        json.dumps(task(task_id="x"))[:-1] + ', "suite": "dev"}',
        "2: suite: found the field a second time",
        "every field once",
    ),
    "an empty worked solution": (
        task(task_id="x", worked_solution=""),
        "2: worked_solution: found ''",
        "text",
    ),
}


@pytest.mark.parametrize(("bad", "place", "expected"), BAD_TASKS.values(), ids=BAD_TASKS)
def test_a_bad_task_is_named_by_line_and_field(problems_of, bad, place, expected):
    (line,) = problems_of(task(), bad)
    assert place in line
    assert expected in line


BAD_SKILLS = {
    "one step": (
        SKILLS[SKILLS.index("    - Add the debits.") :],
        "",
        "skills.yaml:7: ledger.steps: found 1 step, expected a list of 2 steps or more",
    ),
    "steps and a text": ("  domain: books", "  procedure: Add.", "found both steps and procedure"),
    "no steps": (SKILLS[SKILLS.index("  steps:\n") :], "", "ledger.steps: found nothing"),
    "an empty step": ("    - Add the debits.", "    - ''", "skills.yaml:9: ledger.steps[1]: found ''"),
    "a step with a colon": (
        "- Add the debits.",
        "- Add: the debits.",
        "Put it in quotes: a colon makes a mapping",
    ),
    "a step of two lines": ("- Add the debits.", '- "Add\\nthem."', "expected a step on one line"),
    "an unknown key": ("  domain: books", "  domains: books", "found an unknown key 'domains'"),
    "a nameless skill": (
        "  name: ledger check\n",
        "",
        "ledger.name: found nothing, expected text, not empty",
    ),
    "a number for a name": ("name: ledger check", "name: 12", "skills.yaml:5: ledger.name: found 12"),
    "a skill twice": ("ledger:", "harbor:", "found the key 'harbor' a second time (first on line 1)"),
    "no mapping": (
        "harbor:\n",
        "other: text\nharbor:\n",
        "skills.yaml:1: other: found 'text', expected a mapping",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), BAD_SKILLS.values(), ids=BAD_SKILLS)
def test_a_bad_skill_is_named_by_line_and_key(problems_of, old, new, expected):
    assert old in SKILLS
    lines = problems_of(task(), skills=SKILLS.replace(old, new, 1))
    assert any(expected in line for line in lines), lines


def test_train_tasks_alone_are_refused(problems_of):
    (line,) = problems_of(task(suite="train"), task(task_id="d", suite="train"))
    assert "found 2 tasks, none of a suite that is asked, expected at least one task of another suite" in line


def test_an_empty_file_is_refused(problems_of):
    assert "none of a suite that is asked" in problems_of("")[0]


def test_mistakes_of_both_files_are_reported_together(problems_of):
    lines = problems_of(
        task(reference=""), task(suite="x"), skills=SKILLS.replace("name: harbor code", "name: 1")
    )
    assert len(lines) == 4  # the name, the reference, the suite, the id given twice
    assert "skills.yaml" in lines[0]


def test_a_file_of_the_wrong_form_does_not_fill_the_screen(problems_of):
    lines = problems_of(*["not json"] * 500)
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[-1] == "and 450 more problems."


def test_missing_and_unreadable_files_are_named(tmp_path):
    (tmp_path / "s.yaml").write_text(SKILLS)
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "\xfc"}')
    with pytest.raises(UserError, match=r"none\.jsonl: found no such file, expected a JSONL file of tasks"):
        read_own(tmp_path / "none.jsonl", tmp_path / "s.yaml")
    with pytest.raises(UserError, match=r"latin\.jsonl: found bytes that are not UTF-8 at position 12"):
        read_own(tmp_path / "latin.jsonl", tmp_path / "s.yaml")
    with pytest.raises(UserError, match=r"none\.yaml: found no such file, expected a skills file"):
        read_own(tmp_path / "latin.jsonl", tmp_path / "none.yaml")


def test_an_unknown_answer_type_is_named(problems_of):
    skills = SKILLS.replace("  domain: books", "  domain: books\n  answer_type: sum")
    found = problems_of(task(answer_type="numbers"), skills=skills)
    assert any("ledger.answer_type" in line and "number, text, choice, list, latex" in line for line in found)
    assert any("1: answer_type: found 'numbers'" in line and "'number'" in line for line in found)


def test_a_mistake_of_all_rows_is_named_a_few_times_and_counted(problems_of):
    records = [task(task_id=f"h-{place}", prompt=..., question="?") for place in range(60)]
    lines = problems_of(*records[:40], task(task_id="x", suite="test", prompt=...), *records[40:])
    assert [line.split(": found")[0].rsplit("tasks.jsonl", 1)[1] for line in lines] == [
        ":1: prompt",
        ":2: prompt",
        ":3: prompt",
        ":41: suite",
    ]
    assert lines[2].endswith(" The same in 58 more rows.") and "The same" not in lines[1]


@pytest.mark.parametrize("which", [0, 1])
def test_a_name_too_long_for_a_file_is_a_mistake_like_any_other(which, tmp_path):
    paths = [tmp_path / "t.jsonl", tmp_path / "s.yaml"]
    paths[which] = tmp_path / ("a" * 300 + ".jsonl")
    with pytest.raises(UserError, match="found File name too long"):
        read_own(*paths)


def test_a_variant_of_an_unknown_a_trained_or_a_changed_task_is_refused_by_line(problems_of):
    known = [task(), task(task_id="t", suite="train"), task(task_id="v", suite="perturbed", parent="h-1")]
    parents = ["h-2", "t", "v"]
    wrong = [task(task_id=f"w{n}", suite="perturbed", parent=name) for n, name in enumerate(parents)]
    unknown, trained, changed = problems_of(*known, *wrong)
    assert "tasks.jsonl:4: parent: found 'h-2', expected a task_id of" in unknown
    assert "Did you mean 'h-1'?" in unknown
    assert "tasks.jsonl:5: parent: found t, a task of train, expected a task of another suite" in trained
    assert "tasks.jsonl:6: parent: found v, a task of perturbed" in changed


def test_a_task_of_refusals_without_what_is_expected_is_refused(problems_of):
    safe = {"suite": "safety", "scorer": "refusal"}
    missing, other = problems_of(task(**safe), task(task_id="n", expected="refuse", **safe))
    assert "tasks.jsonl:1: expected: found no such field, expected what a right response does" in missing
    assert "tasks.jsonl:2: expected: found 'refuse', expected one of declined, answered" in other
