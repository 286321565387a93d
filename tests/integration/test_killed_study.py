"""A study that is killed again and again from its first job on ends with the tables of one that was not.

By day the study ends with the verdicts on one student (`short_targets`), at night it is the whole one. It
serves as the second run from scratch, too, which shows that the same seeds give the same bytes.
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

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800), pytest.mark.waits]

RESULTS = "results/smoke"


def short_targets(made: Path) -> list[str]:
    """For the short form of the kills: students, trainings, and one student's way up to its verdicts.

    What is made of all runs together (scores, analysis, figures) and the other student's episodes are left to
    the long form. That the same inputs give the same analysis on another machine: test_slurm.py.
    """
    tables = [path.relative_to(made) for path in made.rglob("*.parquet")]
    of_all_runs = {
        "scores.parquet",
        "costs.parquet",
        *(f"analysis/{path.name}" for path in made.glob("analysis/*")),
    }
    of_all_runs -= {"analysis/certification.parquet"}
    kept = [
        path
        for path in map(str, tables)
        if path not in of_all_runs and ("/m/" not in path or path.startswith(("students/", "runs/")))
    ]
    return sorted(f"{RESULTS}/{path}" for path in kept)


@dataclass
class Killed:
    """A study that was killed again and again, and then finished."""

    folder: Path
    targets: list[str]  # none: the whole study
    strays: list[str] = field(default_factory=list)  # processes that outlived their Snakemake

    @property
    def results(self) -> Path:
        return self.folder / RESULTS


@pytest.fixture(
    scope="module", params=[8, pytest.param(20, marks=pytest.mark.nightly)], ids="{}-kills".format
)
def killed(request, finished_smoke, tmp_path_factory) -> Killed:
    """A study from scratch; every other kill is a Ctrl-C.

    Counted in finished jobs, the moments spread over all that is made.
    """
    n_kills, targets = request.param, []
    if n_kills < 20:
        targets = short_targets(finished_smoke / RESULTS)
    killed = Killed(copy_project(tmp_path_factory.mktemp("killed") / "project"), targets)
    draw = random.Random(0)
    for number in range(n_kills):
        run, share = Run(killed.folder, *targets), draw.uniform(0.5, 1) / (n_kills - number + 1)
        run.wait_for(
            lambda run=run, share=share: run.finished_jobs() >= max(1, int(share * run.planned_jobs()))
        )
        with pytest.raises(subprocess.TimeoutExpired):  # else the study was finished before the last kill
            run.process.wait(timeout=draw.uniform(0, 0.5))
        run.interrupt() if number % 2 else run.kill()
        run.end()
        killed.strays += run.strays()
    finished = snakemake(killed.folder, *targets)
    assert finished.returncode == 0, finished.stdout
    return killed


def test_kills_at_random_moments_change_no_table(killed, finished_smoke):
    expected = tables(finished_smoke / RESULTS)
    if killed.targets:
        expected = {name: text for name, text in expected.items() if f"{RESULTS}/{name}" in killed.targets}
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
    planned = snakemake(killed.folder, "--dry-run", *killed.targets)
    assert planned.returncode == 0, planned.stdout
    assert jobs_in(planned.stdout) == set()
