"""Answers after interventions are a table more of the jobs that answer, of studies that ask for them."""

from __future__ import annotations

import re

import pytest
from projects import copy_project, dry_run, replace_in

pytestmark = pytest.mark.integration

STUDY = "studies/smoke.yaml"
ALTERED = "/interventions/{}.parquet"


def files_of(planned, rule: str, part: str) -> list[str]:
    """The input or output of each job of a rule."""
    jobs = [job for job in re.split(r"\nrule ", planned.stdout) if job.startswith(f"{rule}:")]
    assert jobs, planned.stdout
    return [re.search(rf"\n +{part}: (.*)", job)[1] for job in jobs]


@pytest.mark.parametrize("asked", ["", "interventions: {}, ", "shards: 2, interventions: {}, "])
def test_jobs_write_and_read_that_table_where_it_is_asked_for(tmp_path, asked):
    project = copy_project(tmp_path / "project")
    if asked:
        replace_in(project / STUDY, "inference: {", f"inference: {{{asked}")
    planned = dry_run(project)
    assert planned.returncode == 0, planned.stdout
    runs = [f"{student}/{run}" for student in "sm" for run in ("base", "sft-s0")]
    answered = " ".join(files_of(planned, "generate", "output"))
    shards = [f"{run}/{shard}" for run in runs for shard in range(2)] if "shards" in asked else runs
    assert [ALTERED.format(run) in answered for run in shards] == [bool(asked)] * len(shards)
    if "shards" in asked:
        assert all("/interventions/" in files for files in files_of(planned, "merge_shards", "output"))
    (read,) = files_of(planned, "analyse", "input")
    assert [ALTERED.format(run) in read for run in runs] == [bool(asked)] * len(runs)
    assert ("make_figure_chain" in planned.stdout) == bool(asked)
