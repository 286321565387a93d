"""Checkpoints that do not stay: nothing runs again without them, until something more is asked of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from projects import copy_finished, planned_jobs, replace_in
from rerun_sets import RUNS, TRAINED, answered, trained

from skillift.running.verification import check_results

RESULTS = Path("results/smoke")


@pytest.fixture
def project(finished_smoke, tmp_path) -> Path:
    """A copy of the finished smoke study whose checkpoints were deleted."""
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    replace_in(folder / "config.yaml", "keep_checkpoints: true", "keep_checkpoints: false")
    for checkpoints in folder.glob(f"{RESULTS}/runs/*/*/checkpoints"):
        shutil.rmtree(checkpoints)
    return folder


def test_without_checkpoints_that_were_asked_nothing_runs(project):
    assert planned_jobs(project) == set()


def test_what_is_asked_of_them_later_trains_them_again(project):
    replace_in(project / "studies/smoke.yaml", "curated, placebo]", "curated, placebo, shuffled]")
    assert planned_jobs(project) == answered(*RUNS) | trained(*TRAINED)


def test_verify_takes_them_for_deleted_where_they_do_not_stay_and_for_lost_where_they_do(
    project, monkeypatch
):
    monkeypatch.chdir(project)
    gone = {f"{RESULTS}/runs/{student}/sft-s0/checkpoints" for student in "sm"}
    assert check_results(RESULTS, gone.__contains__).problems == []
    lost = check_results(RESULTS).problems
    assert lost and all(any(path in line or "checkpoint" in line for path in gone) for line in lost)
