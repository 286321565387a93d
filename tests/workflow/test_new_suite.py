"""A worked example: a new suite of own tasks is its name and its test, and everything else knows it.

`multilingual` of docs/how-to/extending.md is added to a copy of the project.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from planner import jobs_in
from projects import dry_run
from worked_examples import command, files_said, project_with, run_tests

TASKS = """task_id,skill_id,suite,prompt,reference,worked_solution
a1,sums,train,What is 1 + 1?,2,ANSWER: 2
a2,turns,train,Turn ab.,ba,ANSWER: ba
b1,sums,multilingual,Quanto fa 1 + 2?,3,
b2,turns,multilingual,Gira bc.,cb,
"""
SKILLS = """sums:
  name: sums
  steps: [Look at both., Add them.]
turns:
  name: turns
  steps: [Look at all., Turn them.]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project, to which the suite is added, with a study that asks it of own tasks."""
    folder, touched = project_with(
        "A suite", tmp_path_factory.mktemp("new-suite") / "project", ["CONTRIBUTING.md"]
    )
    assert len(touched) == files_said("a suite") == 2
    (folder / "tasks.csv").write_text(TASKS, encoding="utf-8")
    (folder / "skills.yaml").write_text(SKILLS, encoding="utf-8")
    study = (folder / "studies/smoke.yaml").read_text(encoding="utf-8")
    study, cut = re.subn(
        r"(?m)^tasks:\n(?:[ -].*\n)+",
        "tasks:\n  files: {tasks: ../tasks.csv, skills: ../skills.yaml}\n",
        re.sub(r"(?m)^predictions:\n(?:[ -].*\n)+", "", study),
    )
    study = study.replace("suites: [holdout]", "suites: [multilingual]").replace("rows: 26", "rows: 2")
    assert cut == 1 and "multilingual" in study and "rows: 2," in study
    (folder / "studies/own.yaml").write_text(study, encoding="utf-8")
    return folder


def test_a_study_asks_it_and_its_tables_are_built(project):
    done = dry_run(project, study="studies/own.yaml")
    assert done.returncode == 0, done.stdout
    assert {"build_tasks train", "build_tasks multilingual", "analyse"} <= jobs_in(done.stdout)


def test_own_tasks_of_it_become_its_table(project):
    spec = json.dumps({"files": {"tasks": "tasks.csv", "skills": "skills.yaml"}})
    files = ("--tasks", "tasks.parquet", "--skills", "skills.parquet")
    status, said = command(project, "tasks/build_tasks.py", "--spec", spec, "--suite", "multilingual", *files)
    assert status == 0, said
    assert pl.read_parquet(project / "tasks.parquet")["task_id"].to_list() == ["b1", "b2"]


def test_editors_complete_it_and_the_reference_page_names_it(project, repository):
    docs, schemas = project / "made", project / "schemas"
    for name in ("reference/figures-and-tables.md", "explanation/words.md"):
        (docs / name).parent.mkdir(parents=True)
        shutil.copy(repository / "docs" / name, docs / name)
    made = ("--docs", str(docs), "--schemas", str(schemas))
    status, said = command(project, "study/document_study.py", *made)
    assert status == 0, said
    assert '"multilingual"' in (schemas / "study.schema.json").read_text(encoding="utf-8")
    asked = re.search(
        r"\| `inference.suites` \|.*", (docs / "reference/study.md").read_text(encoding="utf-8")
    )[0]
    assert "multilingual" in asked


def test_its_own_test_passes(project):
    done = run_tests(project, "tests/unit/tasks/test_multilingual.py")
    assert "1 passed" in done.stdout, done.stdout
