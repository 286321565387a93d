"""The command that sums up what the stages took."""

from __future__ import annotations

import json

import pytest

from costs import make_costs
from skillift.costs.stages import STAGE_COSTS
from skillift.errors import UserError
from skillift.tables import read_table

BENCHMARK = "s\th:m:s\tmax_rss\tmean_load\tcpu_time\n{}\t0:00:05\t310.5\t80.0\t4.0\n"


def test_it_writes_a_row_for_each_stage_from_the_files_it_is_given(tmp_path):
    folder = tmp_path / "benchmarks"
    jobs = ["generate/s/base", "generate/m/base", "score"]
    for seconds, job in zip((5.0, 7.5, 1.0), jobs, strict=True):
        path = folder / f"{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BENCHMARK.format(seconds))
    (folder / "stale.tsv").write_text(BENCHMARK.format(99))  # of a student that the study no longer has
    out = tmp_path / "costs.parquet"
    spec = json.dumps({"jobs": jobs, "paid": {}})
    make_costs.main(["--spec", spec, "--benchmarks", f"{folder}/{{job}}.tsv", "--out", str(out)])
    costs = read_table(out, STAGE_COSTS)
    assert costs.select("stage", "n_jobs", "seconds").rows() == [("generate", 2, 12.5), ("score", 1, 1.0)]


def test_without_the_tables_of_a_paid_stage_nothing_is_written(tmp_path):
    (tmp_path / "judge.tsv").write_text(BENCHMARK.format(1))
    spec = json.dumps({"jobs": ["judge"], "paid": {"judge": "verdicts"}})
    options = ["--spec", spec, "--benchmarks", f"{tmp_path}/{{job}}.tsv"]
    with pytest.raises(UserError, match=r"--verdicts: .* the tables of the stage judge"):
        make_costs.main([*options, "--out", str(tmp_path / "costs.parquet")])
    assert not (tmp_path / "costs.parquet").exists()
