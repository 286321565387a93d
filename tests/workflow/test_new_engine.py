"""A worked example: a new engine is its module and its test, and answers a study that names it.

`echo` of docs/how-to/extending.md is added to a copy of the project.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT, planned_jobs, replace_in
from worked_examples import files_said, project_with, run_tests

from skillift.provenance import code_digest

WITH_THE_COMMAND = '''"""Episodes of the engine, by the command."""

from episodes import generate
from test_generate import arguments_of, study

from skillift.contracts.pipeline import EPISODES
from skillift.tables import read_table

__all__ = ["study"]


def test_its_answers_are_episodes(study):
    generate.main(arguments_of(study, [0], "echo"))
    episodes = read_table(study / "episodes.parquet", EPISODES)
    assert set(episodes["engine"]) == {"echo"}
    ends = {text.strip() for text in episodes["response"]}  # of prompts that end where the answer begins
    assert len(ends) == 1 and "assistant".endswith(*ends), ends
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with its tests, to which two files are added."""
    target = tmp_path_factory.mktemp("new-engine") / "project"
    folder, touched = project_with("An engine", target, ("tests",))
    assert len(touched) == files_said("an engine") == 2
    return folder


@pytest.mark.models
def test_its_own_test_passes_and_it_answers_the_command(project):
    (project / "tests/commands/test_echo.py").write_text(WITH_THE_COMMAND, encoding="utf-8")
    tests = ("tests/unit/engines/test_echo_engine.py", "tests/commands/test_echo.py")
    done = run_tests(project, *tests, "-o", "pythonpath=tests tests/helpers tests/commands workflow_scripts")
    assert "2 passed" in done.stdout, done.stdout


def test_a_study_may_name_it_and_one_that_there_is_not_is_refused_with_all(project):
    study = project / "studies/smoke.yaml"
    replace_in(study, "engine: vllm", "engine: echo")
    assert {"generate s base", "generate m sft-s0"} <= planned_jobs(project)
    replace_in(study, "engine: echo", "engine: ech")
    with pytest.raises(AssertionError, match=r"engine: found 'ech', expected .*echo.*transformers.*vllm"):
        planned_jobs(project)
    replace_in(study, "engine: ech", "engine: vllm")


def test_answers_of_another_engine_are_as_they_were(project):
    digests = [
        code_digest(
            "episodes/generate.py", f"skillift.engines.{kind}_engine", scripts=folder / "workflow_scripts"
        )
        for folder, kind in ((project, "vllm"), (ROOT, "vllm"), (project, "echo"))
    ]
    assert digests[0] == digests[1] != digests[2]
