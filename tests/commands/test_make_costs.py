"""The command that sums up what the stages took."""

from __future__ import annotations

import make_costs
import pytest

from skillift.costs.stages import STAGE_COSTS
from skillift.errors import UserError
from skillift.tables import read_table

BENCHMARK = "s\th:m:s\tmax_rss\tmean_load\tcpu_time\n{}\t0:00:05\t310.5\t80.0\t4.0\n"


def test_it_writes_a_row_for_each_stage_from_the_files_it_is_given(tmp_path):
    folder = tmp_path / "benchmarks"
    files = [folder / "generate/s/base.tsv", folder / "generate/m/base.tsv", folder / "score.tsv"]
    for seconds, path in zip((5.0, 7.5, 1.0), files, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BENCHMARK.format(seconds))
    (folder / "stale.tsv").write_text(BENCHMARK.format(99))  # of a student that the study no longer has
    out = tmp_path / "costs.parquet"
    make_costs.main(["--folder", str(folder), "--benchmarks", *map(str, files), "--out", str(out)])
    costs = read_table(out, STAGE_COSTS)
    assert costs.select("stage", "n_jobs", "seconds").rows() == [("generate", 2, 12.5), ("score", 1, 1.0)]


def test_a_table_of_a_stage_without_costs_is_refused(tmp_path, capsys):
    path = tmp_path / "score.tsv"
    path.write_text(BENCHMARK.format(1))
    options = ["--folder", str(tmp_path), "--benchmarks", str(path), "--out", str(tmp_path / "costs.parquet")]
    with pytest.raises(UserError, match="found 'score'"):
        make_costs.main([*options, "--paid", f"score={path}"])
    with pytest.raises(SystemExit):
        make_costs.main([*options, "--paid", str(path)])
    assert "argument --paid: found" in capsys.readouterr().err
    assert not (tmp_path / "costs.parquet").exists()
