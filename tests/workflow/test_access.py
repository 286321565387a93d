"""What a study needs from outside is listed at once when it is started, and a plan needs none of it."""

from __future__ import annotations

import json

import pytest
from projects import copy_project, planned_jobs, replace_in, snakemake, started_snakemake


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the project that needs a key, a server and a hub, none of which can be had."""
    folder = copy_project(tmp_path / "project")
    study = folder / "studies/smoke.yaml"
    replace_in(study, "model: offline/conclusion,", "model: anthropic/claude-haiku-4-5,")
    replace_in(study, "model: offline/tail,", "model: hosted_vllm/x, api_base: 'http://127.0.0.1:9/v1',")
    text = study.read_text()
    scratch = text[text.index("    source: scratch\n    architecture: {hidden_size: 64") :]
    replace_in(study, scratch.partition("\nteacher")[0], "    source: hub\n    model: owner/tiny\n")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return folder


def test_everything_that_is_missing_is_listed_before_any_job(project):
    done = snakemake(project)
    assert done.returncode == 1
    listed = done.stdout.partition("The study needs:\n")[2]
    for words in (
        "judges.conclusion, key 'model' (anthropic/claude-haiku-4-5): found 'no ANTHROPIC_API_KEY",
        "judges.tail, key 'api_base': found 'http://127.0.0.1:9/v1",
        "students.m, key 'model': found 'owner/tiny is not in the cache",
        "--no-hooks",
    ):
        assert words in listed
    assert not (project / "results").exists()


def test_a_plan_and_a_job_that_needs_none_of_it_are_made_all_the_same(project):
    assert {"judge conclusion s base", "download_student m"} <= planned_jobs(project)
    done = started_snakemake(project, "results/smoke/tasks/holdout.parquet")
    assert done.returncode == 0, done.stdout


def test_the_reference_study_is_planned_whole_and_its_start_lists_what_it_lacks(tmp_path, monkeypatch):
    folder, study = copy_project(tmp_path / "project"), "studies/paper.yaml"
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    for name in ("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    jobs = planned_jobs(folder, study=study)
    assert {"download_student s", "train l sft-s2", "train s partial-s0", "ask_reference haiku base"} <= jobs
    assert {"judge cross l sft-s0", "judge primary haiku base", "write_findings"} <= jobs
    done = started_snakemake(folder, study=study)
    listed = done.stdout.partition("The study needs:\n")[2]
    assert done.returncode == 1
    keys = [line.split(",")[0] for line in listed.splitlines() if ", key 'model'" in line]
    assert keys == [
        *("judges.cross", "judges.primary", "references.haiku"),
        *("students.l", "students.m", "students.s", "teacher"),
    ]
    assert not (folder / "results").exists()


def test_the_next_tiers_are_planned_with_their_predictions(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    jobs = planned_jobs(copy_project(tmp_path / "project"), study="studies/paper-next-tiers.yaml")
    assert {"download_student xxl", "train xl sft-s2", "check_predictions"} <= jobs


def test_a_study_whose_students_would_be_asked_what_they_were_taught_ends_before_any_job(tmp_path):
    folder = copy_project(tmp_path / "project")
    study = folder / "studies/smoke.yaml"
    text = study.read_text()
    pack = text[text.index("tasks:") : text.index("conditions:")]
    replace_in(study, pack, "tasks:\n  files: {tasks: t.jsonl, skills: s.yaml}\n\n")
    replace_in(study, "rows: 26,", "rows: 1,")
    replace_in(study, "corrupted_share: 0.1", "corrupted_share: 0.0")
    replace_in(study, "suites: [holdout],", "suites: [holdout, dev],")
    tasks = [
        {"task_id": f"{suite}-{place}", "suite": suite, "skill_id": skill, "prompt": prompt, "reference": "1"}
        | {"worked_solution": "ANSWER: 1"}
        for place, (suite, skill, prompt) in enumerate(
            [("train", "a", "Take 1 2."), ("holdout", "a", "Take 2 1."), ("dev", "b", "take  1 2")]
        )
    ]
    (folder / "studies/t.jsonl").write_text("\n".join(map(json.dumps, tasks)))
    steps = "\n".join(f"{name}:\n  name: {name}\n  steps: [{name} one., Take it.]" for name in "ab")
    (folder / "studies/s.yaml").write_text(steps)
    done = started_snakemake(folder)
    assert done.returncode == 1
    assert "train task train-0 and dev task dev-2: same prompt (100%)" in done.stdout
    assert not (folder / "results").exists()
