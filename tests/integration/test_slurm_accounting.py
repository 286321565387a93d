"""The profile on a SLURM cluster that keeps accounts: real slurmdbd over a real database."""

from __future__ import annotations

import pytest
from projects import copy_project
from slurm_processes import wait_until
from slurm_runs import end, running_cluster, start

pytestmark = [pytest.mark.integration, pytest.mark.waits]

TASKS, CONTAMINATION = "results/smoke/tasks/holdout.parquet", "results/smoke/checks/contamination.parquet"
ASKED = "Falling back to 'sacct'"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("slurm"), accounts=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("on-slurm") / "project")


def finished(folder, cluster, target: str) -> str:
    """What Snakemake prints that makes a target on the cluster."""
    run = start(folder, cluster, "run.log", target)
    try:
        assert run.wait(timeout=600) == 0, (folder / "run.log").read_text()
    finally:
        end(run)
    assert (folder / target).exists()
    return (folder / "run.log").read_text()


def await_accounts(cluster, states: list[str]) -> None:
    """Wait until the accounts give all jobs these states; SLURM writes them when it comes to it."""
    asked = ("sacct", "--allocations", "--noheader", "--parsable2", "--format=State")
    wait_until(lambda: cluster.client(*asked).split() == states, 120, f"states {states} in the accounts")


def test_while_slurm_remembers_a_finished_job_it_is_asked_itself(folder, cluster):
    assert ASKED not in finished(folder, cluster, TASKS)
    await_accounts(cluster, ["COMPLETED"])


def test_where_slurm_soon_forgets_a_finished_job_the_accounts_are_asked(folder, cluster):
    cluster.forget_jobs_after(2)
    assert ASKED in finished(folder, cluster, CONTAMINATION)
    await_accounts(cluster, ["COMPLETED"] * 3)
    assert cluster.queue() == []


def test_a_job_that_slurm_kills_for_memory_ends_the_run_with_what_to_change(folder, cluster):
    few = ("--set-resources", "pretrain:mem_mb=200", "--retries", "0")  # importing torch takes more
    run = start(folder, cluster, "killed.log", "results/smoke/students/s/manifest.json", options=few)
    try:
        assert run.wait(timeout=600) == 1
    finally:
        end(run)
    lines = (folder / "killed.log").read_text().splitlines()
    (said,) = [line for line in lines if line.startswith("error: pretrain s: ended without")]
    assert "exceeded memory limit" in said and "It had declared 200 MB (`mem_mb`)" in said
    assert "give the student a smaller `architecture`" in said
