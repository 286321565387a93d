"""`make try` for real: a trial of the smoke study, to its forecast."""

from __future__ import annotations

import subprocess
import sys

import pytest
from projects import copy_project

pytestmark = [pytest.mark.integration, pytest.mark.nightly]


def test_a_trial_of_the_smoke_study_runs_whole_and_leaves_the_study_alone(tmp_path):
    project = copy_project(tmp_path / "project")
    command = [
        sys.executable,
        str(project / "workflow_scripts/study/try_study.py"),
        "--tasks",
        "8",
        "--cores",
        "2",
    ]
    done = subprocess.run(
        [*command, "--study", "studies/smoke.yaml"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (project / "results/smoke-trial/report.html").exists()
    assert not (project / "results/smoke").exists() and not (project / ".skillift/smoke").exists()
    last = done.stdout.partition("The real run would take about:")[2]
    for part in ("time ", "memory ", "disk ", "calls   none over APIs"):
        assert part in last, done.stdout
    assert "no such job" not in last
