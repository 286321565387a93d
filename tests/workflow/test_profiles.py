"""What profiles/slurm has jobs ask for. Needs no cluster: nothing is started."""

from __future__ import annotations

import re

import pytest
from projects import copy_project, started_snakemake

ON_SLURM = ("--dry-run", "--workflow-profile", "profiles/slurm")
CALLS_MODELS = {"judge", "certify_judge", "collect_demonstrations"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("profiles") / "project")


def plan(project, *options, study="studies/smoke.yaml") -> dict[str, str]:
    """Resources of the jobs of each rule. A dry run does not tell where they would run."""
    done = started_snakemake(project, *options, study=study)
    assert done.returncode == 0, done.stdout
    blocks = re.findall(r"^ *(?:local)?rule (\w+):\n((?: +\w.*\n)+)", done.stdout, re.MULTILINE)
    lines = {rule: re.search(r"^ +resources: (.*)$", block, re.MULTILINE) for rule, block in blocks}
    return {rule: line.group(1) if line else "" for rule, line in lines.items()}


@pytest.fixture(scope="module")
def on_slurm(project):
    return plan(project, *ON_SLURM)


def test_jobs_that_load_a_student_ask_for_an_accelerator_of_its_partition(on_slurm):
    asking = {rule for rule, resources in on_slurm.items() if "gpu=1" in resources}
    assert asking == {"train", "generate"}
    assert all("slurm_partition=gpu" in on_slurm[rule] for rule in asking)


def test_their_memory_and_time_wait_for_the_students_size(on_slurm):
    assert "mem_mb=<TBD>" in on_slurm["train"]
    assert "runtime=<TBD>" in on_slurm["generate"]


def test_calls_of_models_share_a_limit(on_slurm):
    sharing = {rule for rule, resources in on_slurm.items() if "api=1" in resources}
    assert sharing == CALLS_MODELS


def test_reference_models_share_it_too(project):
    assert "api=1" in plan(project, *ON_SLURM, study="studies/paper.yaml")["ask_reference"]


@pytest.mark.integration
def test_a_study_that_was_finished_locally_has_nothing_to_do_on_a_cluster(finished_smoke):
    done = started_snakemake(finished_smoke, *ON_SLURM)
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout
