"""Whose a job on a cluster is; that left jobs are ended is seen in tests/integration/test_slurm.py."""

from __future__ import annotations

import pytest

from skillift.running.orphaned_jobs import cancel_orphaned_jobs, orphaned_jobs, study_of

CALL = "python -m snakemake --snakefile '/a/Snakefile' --target-jobs 'train:student=s,run=sft-s0' --no-hooks "


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--config 'study=studies/mine.yaml' --latency-wait 60", "studies/mine.yaml"),
        ("--config 'results=elsewhere' 'study=studies/mine.yaml' --latency-wait 60", "studies/mine.yaml"),
        ("--config 'results=else where' 'study=my é/a b.yaml' --latency-wait 60", "my é/a b.yaml"),
        ("""--config "study=Ann's/a b.yaml" --latency-wait 60""", "Ann's/a b.yaml"),
        ("--config study=studies/mine.yaml --latency-wait 60", "studies/mine.yaml"),
        ("--config 'results=elsewhere' --latency-wait 60", "studies/embedded.yaml"),
        ("--latency-wait 60", "studies/embedded.yaml"),
    ],
)
def test_the_study_of_a_job_stands_in_its_call(options, expected):
    assert study_of(CALL + options, "studies/embedded.yaml") == expected


def test_without_slurm_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cancel_orphaned_jobs(tmp_path, "studies/mine.yaml", "studies/embedded.yaml") == []


def test_a_cluster_that_does_not_answer_holds_nobody_up(tmp_path, monkeypatch):
    (tmp_path / "squeue").write_text("#!/bin/sh\necho 'slurm_load_jobs error' >&2\nexit 1\n")
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert orphaned_jobs(tmp_path, "studies/mine.yaml", "studies/embedded.yaml") == []
