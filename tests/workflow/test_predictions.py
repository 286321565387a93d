"""Predictions and the design in a run: registered before the first answer, and how edits are told."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from edits_of_studies import remove_all_predictions
from projects import copy_finished, copy_project, planned_jobs, replace_in, started_snakemake

STATE = ".skillift/smoke/ledger.jsonl"
TABLE = "results/smoke/analysis/predictions.parquet"


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / STATE).read_text(encoding="utf-8").splitlines()]


def history(folder: Path) -> list[dict]:
    """The lines of the ledger that say what was declared."""
    return [line for line in lines(folder) if "look" not in line]


def run(folder: Path, *options: str):
    finished = started_snakemake(folder, *options)
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def registration(folder: Path) -> str:
    return pl.read_parquet(folder / TABLE)["registration"].item()


@pytest.fixture
def project(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    return folder


def other_direction(folder: Path) -> None:
    replace_in(folder / "studies/smoke.yaml", "direction: greater", "direction: less")


@pytest.mark.integration
def test_a_first_run_registers_before_its_first_answer(finished_smoke):
    registered, seen, look = lines(finished_smoke)
    assert (registered["results"], seen["results"]) == (False, True)
    assert list(registered["predictions"]) == ["lift_at_s"]
    assert registered["design"] == seen["design"]
    assert (registered["design"]["tasks.holdout"], registered["design"]["headline_path"]) == (
        look["n_tasks"],
        "judge:conclusion",
    )
    assert (look["look"], look["alpha"]) == (1, 0.025)
    assert registration(finished_smoke) == "before results"
    answers = (finished_smoke / "results/smoke/episodes").rglob("*.parquet")
    first = min(path.stat().st_mtime for path in answers)
    times = pl.Series([registered["time"]]).str.to_datetime(time_zone="UTC").dt.epoch("s")
    assert times.item() <= first
    copy = finished_smoke / "results/smoke/analysis/ledger.jsonl"
    assert copy.read_bytes() == (finished_smoke / STATE).read_bytes()


@pytest.mark.integration
def test_a_text_edited_after_results_is_judged_again_and_said_to_be_edited(project):
    other_direction(project)
    told = run(project, "--until", "make_table_predictions")
    assert "rule generate" not in told and "rule judge" not in told
    assert registration(project) == "changed after results"
    assert [record["results"] for record in history(project)] == [False, True, True]
    page = (project / "results/smoke/tables/predictions.html").read_text(encoding="utf-8")
    assert "text changed after results existed" in page


@pytest.mark.integration
def test_a_margin_changed_after_results_is_another_look(project):
    """What the page says of both: unit/findings/test_findings_looks.py."""
    replace_in(
        project / "studies/smoke.yaml",
        "bootstrap_samples: 200",
        "bootstrap_samples: 200, margins: {recipe_tie: 0.1}",
    )
    told = run(project, "--until", "count_look")
    assert "rule generate" not in told and "rule judge" not in told
    looks = [line for line in lines(project) if "look" in line]
    assert [line["look"] for line in looks] == [1, 2]
    assert looks[1]["alpha"] == pytest.approx(0.05 / 6)
    declared = [line["design"]["margins.recipe_tie"] for line in history(project)]
    assert declared[0] == 0.02 and declared[-1] == 0.1


@pytest.mark.integration
def test_deleted_results_do_not_make_a_new_text_a_prediction(project):
    shutil.rmtree(project / "results")
    other_direction(project)
    run(project, "--until", "build_tasks")
    assert [record["results"] for record in history(project)] == [False, True, True]


@pytest.mark.integration
def test_a_deleted_history_counts_against_the_predictions(project):
    (project / STATE).unlink()
    assert planned_jobs(project) == set()
    other_direction(project)
    run(project, "--until", "check_predictions")
    assert registration(project) == "after results"


def test_a_damaged_history_ends_the_run_before_its_first_job(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / STATE).parent.mkdir(parents=True)
    (project / STATE).write_text('{"time": "then"}\n', encoding="utf-8")
    finished = started_snakemake(project, "--until", "build_tasks")
    assert finished.returncode != 0
    assert re.search(r"ledger\.jsonl:1: found 'a line that was changed or lost'.*Put back", finished.stdout)
    assert not (project / "results/smoke/tasks/holdout.parquet").exists()


def test_a_dry_run_registers_nothing(tmp_path):
    project = copy_project(tmp_path / "project")
    assert "check_predictions" in planned_jobs(project)
    assert not (project / ".skillift").exists()


def test_a_study_without_predictions_has_no_jobs_of_them_and_its_design_is_registered(tmp_path):
    project = copy_project(tmp_path / "project")
    remove_all_predictions(project)
    jobs = planned_jobs(project)
    assert jobs
    assert not jobs & {"check_predictions", "make_table_predictions"}
    run(project, "--until", "build_tasks")
    (registered,) = lines(project)
    assert (registered["predictions"], registered["results"]) == ({}, False)
    assert registered["design"]["samples"] == 1
