"""A study runs wherever its files stand, whoever starts it, and from any folder.

Jobs of a second run for real; that all commands of a study quote their paths is seen in a plan.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from planner import jobs_in
from preloaded import program
from projects import copy_project, replace_in, started_snakemake

STUDY = "studies/my é/a b.yaml"
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}  # no HOME, no activated environment


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A copy of the project, without git, in a folder with spaces and an accent, as is all that it names."""
    folder = copy_project(tmp_path_factory.mktemp("folders") / "My Étude 1")
    replace_in(folder / "config.yaml", "results: results", "results: my results")
    replace_in(folder / "config.yaml", "state: .skillift", "state: .my state")
    study = folder / STUDY
    study.parent.mkdir()
    shutil.copy2(folder / "studies/smoke.yaml", study)
    return folder


@pytest.fixture
def project(made, tmp_path) -> Path:
    folder = tmp_path / made.name
    shutil.copytree(made, folder)
    return folder


def run(folder: Path, *options: str, env: dict[str, str] | None = None) -> str:
    command = ("-m", "snakemake", "--cores", "2", *options)
    done = program(folder, *command, env=BARE if env is None else env, together=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_spaces_and_accents_are_kept_and_jobs_run_by_the_python_that_runs_snakemake(project, tmp_path):
    """Though another `python` comes first, as of an environment that is activated."""
    other = tmp_path / "bin"
    other.mkdir()
    (other / "python").write_text("#!/bin/sh\necho another Python >&2\nexit 1\n")
    (other / "python").chmod(0o755)
    before = {path.name for path in project.iterdir()}
    target = ("--config", f"study={STUDY}", "--", "my results/smoke/tasks/holdout.parquet")
    run(project, *target, env={**BARE, "PATH": f"{other}:{BARE['PATH']}"})
    assert (project / "my results/smoke/logs/build_tasks/holdout.log").read_text() == ""
    assert (project / ".my state/smoke").is_dir()
    assert {path.name for path in project.iterdir()} - before == {"my results", ".my state", ".snakemake"}


def test_every_command_of_a_study_quotes_its_paths(made):
    printed = run(made, "--dry-run", "--printshellcmds", "--config", f"study={STUDY}")
    commands = re.findall(r"^ +((?:printf|python|HF_).*?2>&1)$", printed, re.MULTILINE | re.DOTALL)
    assert len(commands) == len(jobs_in(printed) - {"all"})
    for command in commands:
        assert not {"my", "results"} & set(shlex.split(command)), command


def test_a_study_runs_in_another_folder_than_the_project(project, tmp_path):
    there = tmp_path / "else where"
    there.mkdir()
    shutil.copy2(project / STUDY, there / "own.yaml")
    away = ("--snakefile", str(project / "Snakefile"), "--directory", str(there))
    target = "my results/smoke/certification/tail.parquet"  # by templates and cases of the project
    run(Path("/"), *away, "--config", "study=own.yaml", "--", target)
    assert (there / target).exists()
    assert not (project / "my results").exists()
    assert "Nothing to be done" in run(there, *away[:2], "--config", "study=own.yaml", "--", target)
    run(there, *away[:2], "--config", "study=own.yaml", "--report", "r.html", "--", target)
    own_style = (project / "rules/report.css").read_text(encoding="utf-8").splitlines()[0]
    assert own_style in (there / "r.html").read_text(encoding="utf-8")


def test_a_study_of_the_project_is_found_from_elsewhere_and_a_missing_one_says_where_it_was_looked_for(
    project, tmp_path
):
    away = ("--snakefile", str(project / "Snakefile"), "--dry-run")
    assert "build_tasks" in run(tmp_path, *away, "--config", "study=studies/smoke.yaml")
    done = program(
        tmp_path, "-m", "snakemake", *away, "--config", "study=studies/no.yaml", env=BARE, together=True
    )
    assert done.returncode == 1
    looked = f"(looked for {tmp_path}/studies/no.yaml and {project}/studies/no.yaml)"
    assert looked in done.stdout and "Traceback" not in done.stdout


def test_what_is_wrong_is_said_alone(project, monkeypatch):
    """No place in the Snakefile, no traceback: the list alone."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    replace_in(project / STUDY, "model: offline/tail,", "model: anthropic/claude-haiku-4-5,")
    done = started_snakemake(project, study=STUDY)
    listed = done.stdout.rpartition("error: The study needs:\n")[2].splitlines()
    assert done.returncode == 1
    assert [line.partition(",")[0] for line in listed[:1]] == ["judges.tail"]
    assert listed[1:] == ["Where all answers are kept from an earlier run, --no-hooks leaves this check out."]
