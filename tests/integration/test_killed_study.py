"""A study that is killed again and again from its first job on ends with the tables of one that was not.

It serves as the second run from scratch, too, which shows that the same seeds give the same bytes. By day,
test_survival.py kills one Snakemake.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from interruptions import Run, manifests, tables, unfinished_files
from planner import jobs_in
from projects import copy_project, snakemake

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800), pytest.mark.nightly]

RESULTS = "results/smoke"
KILLS = 20


@dataclass
class Killed:
    """A study that was killed again and again, and then finished."""

    folder: Path
    strays: list[str] = field(default_factory=list)  # processes that outlived their Snakemake

    @property
    def results(self) -> Path:
        return self.folder / RESULTS


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Killed:
    """A study from scratch; every other kill is a Ctrl-C.

    Counted in finished jobs, the moments spread over all that is made.
    """
    killed = Killed(copy_project(tmp_path_factory.mktemp("killed") / "project"))
    draw = random.Random(0)
    for number in range(KILLS):
        run, share = Run(killed.folder), draw.uniform(0.5, 1) / (KILLS - number + 1)
        run.wait_for(
            lambda run=run, share=share: run.finished_jobs() >= max(1, int(share * run.planned_jobs()))
        )
        with pytest.raises(subprocess.TimeoutExpired):  # else the study was finished before the last kill
            run.process.wait(timeout=draw.uniform(0, 0.5))
        run.interrupt() if number % 2 else run.kill()
        run.end()
        killed.strays += run.strays()
    finished = snakemake(killed.folder)
    assert finished.returncode == 0, finished.stdout
    return killed


def test_kills_at_random_moments_change_no_table(killed, finished_smoke):
    expected = tables(finished_smoke / RESULTS)
    assert len(expected) > 15
    assert tables(killed.results) == expected


def test_another_run_from_scratch_has_the_same_students(killed, finished_smoke):
    expected = manifests(finished_smoke / RESULTS)
    assert {f"{folder}/manifest.json" for folder in ("students/s", "runs/s/sft-s0", "runs/m/sft-s0")} < set(
        expected
    )
    assert manifests(killed.results) == expected


def test_no_process_outlives_a_killed_snakemake(killed):
    assert killed.strays == []


def test_kills_leave_no_half_written_file(killed):
    assert unfinished_files(killed.folder / "results") == []


def test_after_kills_nothing_is_left_to_do(killed):
    planned = snakemake(killed.folder, "--dry-run")
    assert planned.returncode == 0, planned.stdout
    assert jobs_in(planned.stdout) == set()
