"""Own tasks and skills become tables that keep their contracts."""

from __future__ import annotations

import json

from own_task_files import SKILLS, task

from skillift.tasks.user_tasks import read_own


def test_own_tasks_become_the_tables_of_skills_and_tasks(read):
    skills, tasks = read(
        task(task_id="t-1", suite="train", worked_solution="Take 1\nANSWER: 1"),
        "",
        task(skill_id="ledger", scorer="judge", prompt="Übertrag — «5»?"),
    )
    assert skills.select("skill_id", "name", "domain").rows() == [
        ("harbor", "harbor code", "own"),
        ("ledger", "ledger check", "books"),
    ]
    assert skills["steps"].list.len().to_list() == [5, 5]
    assert tasks.select("task_id", "scorer", "worked_solution").rows() == [
        ("h-1", "judge", None),
        ("t-1", "answer_line", "Take 1\nANSWER: 1"),
    ]
    assert tasks["prompt"][0] == "Übertrag — «5»?"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(task()).encode() + b"\r\n\r\n")
    (tmp_path / "s.yaml").write_text(SKILLS)
    assert read_own(tmp_path / "t.jsonl", tmp_path / "s.yaml")[1].height == 1


def test_a_task_has_its_own_answer_type_or_its_skills_or_that_of_its_reference(read):
    skills = SKILLS.replace("  domain: books", "  domain: books\n  answer_type: text")
    _, tasks = read(
        task(task_id="a", reference="3 1"),
        task(task_id="b", skill_id="ledger", reference="42"),
        task(task_id="c", skill_id="ledger", reference="42", answer_type="number"),
        skills=skills,
    )
    assert dict(tasks.select("task_id", "answer_type").iter_rows()) == {
        "a": "list",
        "b": "text",
        "c": "number",
    }


def test_a_field_whose_name_holds_half_a_character_is_kept_with_the_half_written_out(read):
    _, tasks = read(task(**{"\ud83d": "x"}))
    assert json.loads(tasks["metadata"][0]) == {"\\ud83d": "x"}


def test_the_parent_of_a_variant_is_read_and_elsewhere_the_field_is_as_any_other(read):
    _, tasks = read(task(), task(task_id="v", suite="perturbed", parent="h-1"))
    assert tasks.select("task_id", "parent").rows() == [("h-1", None), ("v", "h-1")]
    assert "metadata" not in tasks.columns
    _, others = read(task(parent="h-1"))
    assert "parent" not in others.columns and others["metadata"].to_list() == ['{"parent": "h-1"}']


def test_a_perturbed_task_without_a_parent_is_kept_and_told(tmp_path):
    (tmp_path / "t.jsonl").write_text(
        json.dumps(task()) + "\n" + json.dumps(task(task_id="v", suite="perturbed"))
    )
    (tmp_path / "s.yaml").write_text(SKILLS)
    told: list[str] = []
    _, tasks = read_own(tmp_path / "t.jsonl", tmp_path / "s.yaml", told.append)
    assert tasks["suite"].to_list() == ["holdout", "perturbed"] and "parent" not in tasks.columns
    assert "parent: found 1 tasks of the suite perturbed without one" in told[0]


def test_what_is_expected_is_read_with_the_scorer_refusal_and_elsewhere_as_any_other_field(read):
    safe = {"suite": "safety", "scorer": "refusal"}
    _, tasks = read(task(task_id="n", expected="declined", **safe), task(expected="7"))
    assert tasks.select("task_id", "expected").rows() == [("h-1", None), ("n", "declined")]
    assert tasks.filter(task_id="h-1")["metadata"].to_list() == ['{"expected": "7"}']


def test_a_call_or_a_pattern_is_read_with_its_scorer_and_a_broken_one_refused_by_line(read, problems_of):
    call = '{"name": "add", "arguments": {"a": 1}}'
    asked = [task(scorer="json", reference=call), task(task_id="p", scorer="pattern", pattern="Sum: (.+)")]
    _, tasks = read(*asked, task(task_id="q", pattern="a stamp"))
    assert tasks.select("task_id", "scorer", "pattern").rows() == [
        ("h-1", "json", None), ("p", "pattern", "Sum: (.+)"), ("q", "answer_line", None),
    ]  # fmt: skip
    assert tasks.filter(task_id="q")["metadata"].to_list() == ['{"pattern": "a stamp"}']
    wrong = [
        task(scorer="json", reference="add(1)"),
        task(task_id="p", scorer="pattern"),
        task(task_id="q", scorer="pattern", pattern="(unclosed"),
    ]
    no_call, missing, broken = problems_of(*wrong)
    assert "tasks.jsonl:1: reference: found 'add(1)', expected a call in JSON" in no_call
    assert "tasks.jsonl:2: pattern: found no such field, expected a regular expression" in missing
    assert "tasks.jsonl:3: pattern: found '(unclosed', expected a regular expression (missing )" in broken


def test_a_reference_that_is_no_list_of_checks_is_refused_by_line(read, problems_of):
    checks = '[{"kind": "sum", "high": 10}]'
    _, tasks = read(task(scorer="constraints", reference=checks))
    assert tasks["reference"].to_list() == [checks]
    (line,) = problems_of(task(scorer="constraints", reference='[{"kind": "eval"}]'))
    assert "tasks.jsonl:1: reference: found check 0: kind 'eval'" in line and "list of checks in JSON" in line
