"""The template for a user's own study is short, asks for three paths, and is a study once these are there."""

from __future__ import annotations

import re

import pytest
from study_files import REPOSITORY

from skillift.errors import UserError
from skillift.preflight.mistakes import checked_study
from skillift.study.study import load_config, load_study

TEMPLATE = (REPOSITORY / "studies/template.yaml").read_text(encoding="utf-8")
ASKED = {"tasks.files.tasks", "tasks.files.skills", "students.small.path"}


def test_it_has_twenty_lines():
    assert len(TEMPLATE.splitlines()) <= 20


def test_as_it_comes_it_says_what_to_put_where():
    with pytest.raises(UserError) as raised:
        checked_study(
            str(REPOSITORY / "studies/template.yaml"), load_config({"study": "studies/template.yaml"})
        )
    lines = str(raised.value).splitlines()
    assert {re.match(r"[^:]+:\d+: (\S+): found", line).group(1) for line in lines} == ASKED
    assert all("looked for" in line for line in lines)


def test_with_a_users_files_it_is_a_study(tmp_path):
    (tmp_path / "studies").mkdir()
    (tmp_path / "my/model").mkdir(parents=True)
    (tmp_path / "my/model/config.json").write_text("{}")
    (tmp_path / "my/tasks.jsonl").write_text("{}\n")
    (tmp_path / "my/skills.yaml").write_text("tip: {}\n")
    path = tmp_path / "studies/mine.yaml"
    path.write_text(TEMPLATE)
    study = load_study(path)
    assert [run.run for run in study.runs] == ["base", "sft-s0"]
    assert study.students_from("path") == study.students


def test_it_brings_nothing_of_ours():
    """No predictions, no students of ours, no corruption of a user's own solutions."""
    assert not [word for word in ("predictions", "scratch", "pack", "corrupted_share") if word in TEMPLATE]


def test_every_line_that_a_user_edits_has_an_arrow():
    words = re.compile(r"\.\./my|^name:|rows:|learning_rate|max_tokens")
    edited = [line for line in TEMPLATE.splitlines() if words.search(line)]
    assert len(edited) == 6 and all("# <-" in line for line in edited)
