"""Claims about the command `audit.py`: it tells what would run and changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from preloaded import program
from projects import copy_finished, copy_project, link_finished, replace_in

from audit import audit

pytestmark = pytest.mark.slow  # starts Snakemake

STUDY = ("--config", "study=studies/smoke.yaml")


def run(folder: Path, *options: str) -> subprocess.CompletedProcess:
    """The audit of a copied project, by its own command."""
    return subprocess.run(
        [sys.executable, "-B", *command(folder, *options)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def run_at_once(folder: Path, *options: str) -> subprocess.CompletedProcess:
    """The same, in a fork of a process that has imported Snakemake already."""
    return program(folder, *command(folder, *options), env={**os.environ, "PYTHONPATH": ""})


def command(folder: Path, *options: str) -> list[str | Path]:
    return [folder / "workflow_scripts/audit/audit.py", "--cores", "2", *STUDY, *options]


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of every file below a folder, and the names of its folders."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns if path.is_file() else 0,
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    return copy_project(tmp_path_factory.mktemp("fresh") / "project")


@pytest.fixture(scope="module")
def audited(fresh) -> dict:
    """The audit of a project in which nothing was ever run, as JSON; the folder is left as it was."""
    before = state(fresh)
    done = run(fresh, "--json")
    assert done.returncode == 0, done.stderr
    assert state(fresh) == before
    return json.loads(done.stdout)


def test_a_fresh_project_is_all_new_and_nobody_knows_how_long_it_takes(audited):
    counts, costs = audited["counts"], audited["costs"]
    assert counts["reused"] == 0 and counts["planned"] == counts["new"] > 40
    assert costs["unknown_jobs"] == counts["planned"]
    assert costs["device_hours"] is None
    assert (costs["calls"], costs["usd"]) == (0, 0)
    assert all(job["reasons"] == ["new"] for job in audited["jobs"])


def test_the_page_of_the_docs_names_every_key(audited, repository):
    page = (repository / "docs/how-to/audit.md").read_text(encoding="utf-8").split("## JSON")[1]
    named = set(re.findall(r"`(\w+)`", page))
    keys = {*audited, *audited["counts"], *audited["costs"], *audited["groups"][0], *audited["jobs"][0]}
    assert keys <= named


def test_declared_minutes_stand_in_for_benchmarks(fresh):
    minutes = ("train=30", "pretrain=60", "generate=0")
    done = run_at_once(fresh, "--json", *(part for each in minutes for part in ("--minutes", each)))
    costs = json.loads(done.stdout)["costs"]
    assert costs["device_hours"] == pytest.approx(2 * 0.5 + 2 * 1.0)
    assert costs["duration_bases"]["declared"] == 8
    assert costs["wall_minutes"] == pytest.approx(90, abs=1)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--minutes", "trains=3"], "--minutes: found ['trains']"),
        (["--minutes", "train"], "expected RULE=MINUTES"),
        (["--cores", "0"], "expected a whole number from 1"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_a_wrong_option_is_named(fresh, options, text):
    done = run_at_once(fresh, *options)
    assert done.returncode != 0
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_study_ends_as_it_does_in_snakemake(tmp_path):
    folder = copy_project(tmp_path / "project")
    replace_in(folder / "studies/smoke.yaml", "learning_rate: 5.0e-3", "learning_rate: fast")
    done = run_at_once(folder)
    assert done.returncode == 1
    assert "recipes.sft.learning_rate" in done.stderr and "'fast'" in done.stderr


def test_minutes_are_read_as_they_are_written():
    assert audit._rate("train=1.5") == ("train", 1.5)


@pytest.mark.integration
def test_the_audit_of_a_finished_study_changes_nothing_and_names_what_an_edit_costs(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    replace_in(folder / "studies/smoke.yaml", "learning_rate: 5.0e-3", "learning_rate: 4.0e-3")
    replace_in(folder / "envs/cpu.yaml", "- polars==2.1.0", "- polars==2.1.1")
    before = state(folder)
    done = run(folder, "--html", str(tmp_path / "audit.html"))
    assert done.returncode == 0, done.stderr
    assert state(folder) == before
    said = " ".join(done.stdout.split())
    assert "2 2" in said and "learning_rate: 5.0e-3 -> 4.0e-3" in said
    assert "polars 2.1.0 -> 2.1.1" in said
    assert "as this job took when it last ran" in said
    assert "Calls over APIs: none; 0 USD." in said
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "learning_rate: 5.0e-3 -&gt; 4.0e-3" in page


@pytest.mark.integration
def test_records_that_snakemake_lost_are_put_back_for_the_plan_alone(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    link_finished(finished_smoke, folder)
    replace_in(folder / "studies/smoke.yaml", "learning_rate: 5.0e-3", "learning_rate: 4.0e-3")
    kept = json.loads(run_at_once(folder, "--json").stdout)
    shutil.rmtree(folder / ".snakemake/metadata")
    before = state(folder)
    lost = json.loads(run_at_once(folder, "--json").stdout)
    assert state(folder) == before
    assert [job["fate"] for job in lost["jobs"]] == [job["fate"] for job in kept["jobs"]]
    assert lost["counts"]["planned"] > 0 and lost["counts"]["reused"] > 0
