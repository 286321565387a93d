"""What recipes depend on that start from another, or borrow a training: that one of the same seed alone."""

from __future__ import annotations

import pytest
from edits_of_studies import PAIRS, PREFERENCES, SAME_TASKS
from planner import jobs_in
from projects import copy_project, dry_run, replace_in

OF_CORPUS = {"build_tasks train", "collect_demonstrations", "select_corpus worked"}
STARTED = {*OF_CORPUS, "build_tokenizer", "pretrain s", "train s sft-s1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The smoke study with preference training of one student by two seeds."""
    folder = copy_project(tmp_path_factory.mktemp("starts") / "project")
    study = folder / "studies/smoke.yaml"
    replace_in(study, SAME_TASKS, f"{SAME_TASKS}{PAIRS}")
    replace_in(study, "\nruns:", f"\n{PREFERENCES}")
    replace_in(study, "students: [s], seeds: [0]}", "students: [s], seeds: [0, 1]}")
    replace_in(study, "students: [s, m], seeds: [0]}", "students: [s, m], seeds: [0, 1]}")
    return folder


@pytest.mark.parametrize(
    ("run", "jobs"),
    [
        ("sft-s1", STARTED),
        ("preferred-s1", {*STARTED, "select_corpus pairs", "train s preferred-s1"}),
    ],
)
def test_what_a_training_needs(project, run, jobs):
    planned = dry_run(project, f"results/smoke/runs/s/{run}/manifest.json")
    assert planned.returncode == 0, planned.stdout
    assert jobs_in(planned.stdout) == jobs


EMULATED = """
  borrowed: {objective: emulated, from: {student: s, recipe: sft}}

runs:
  - {recipe: borrowed, students: [m], seeds: [0]}"""


def test_what_an_emulated_run_needs(tmp_path):
    folder = copy_project(tmp_path / "project")
    study = folder / "studies/smoke.yaml"
    replace_in(study, "engine: vllm", "engine: transformers")
    replace_in(study, "\nruns:", EMULATED)
    planned = dry_run(folder, "results/smoke/checks/served/m/borrowed-s0.parquet")
    assert planned.returncode == 0, planned.stdout
    answered = {"build_tasks holdout", "pretrain m", "generate m base", "generate m borrowed-s0"}
    assert jobs_in(planned.stdout) == STARTED - {"train s sft-s1"} | answered | {
        "train s sft-s0",
        "check_served m borrowed-s0",
    }
