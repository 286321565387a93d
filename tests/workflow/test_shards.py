"""A study whose runs are answered in shards: what is planned."""

from __future__ import annotations

from projects import copy_project, planned_jobs, replace_in
from rerun_sets import RUNS, everything


def test_each_shard_is_a_job_and_only_their_sum_is_judged(tmp_path):
    folder = copy_project(tmp_path / "project")
    replace_in(folder / "studies/smoke.yaml", "suites: [holdout], ", "suites: [holdout], shards: 3, ")
    expected = {job for job in everything() if not job.startswith("generate ")}
    expected |= {f"generate {run} {shard}" for run in RUNS for shard in range(3)}
    assert planned_jobs(folder) == expected | {f"merge_shards {run}" for run in RUNS}
