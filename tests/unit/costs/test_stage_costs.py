"""What stages took: sums over jobs, what was not measured, and money as the tables record it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import make_costs, make_spec
from made_specs import viewed

from skillift.contracts.pipeline import VERDICTS
from skillift.costs.stages import STAGE_COSTS, read_benchmarks, read_paid, stage_costs
from skillift.errors import UserError
from skillift.figures import draw
from skillift.figures.theme import to_svg
from skillift.path_patterns import PathPattern
from skillift.reporting.costs_text import in_order, memory, spent, time
from skillift.tables import check, write_table

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
NOTHING_PAID = pl.DataFrame(schema={"stage": pl.String, "cost_usd": pl.Float64})


def benchmark(folder: Path, job: str, seconds: str, rss: str, cpu: str) -> str:
    path = folder / f"{job}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "\t".join([seconds, "0:00:01", rss, *"123456", cpu]) + "\n", encoding="utf-8")
    return job


def below(folder: Path, ending: str = "tsv") -> PathPattern:
    return PathPattern(f"{folder}/{{job}}.{ending}", ("job",))


def test_the_jobs_of_a_stage_are_added_and_the_largest_kept(tmp_path):
    jobs = [
        benchmark(tmp_path, "train/s/sft-s0", "10.5", "200.5", "9.0"),
        benchmark(tmp_path, "train/m/sft-s0", "20.0", "100.0", "19.5"),
        benchmark(tmp_path, "score", "3.25", "50.0", "3.0"),
    ]
    table = check(stage_costs(read_benchmarks(below(tmp_path), jobs), NOTHING_PAID), STAGE_COSTS, "costs")
    assert table.to_dicts() == [
        {
            "stage": "score",
            "n_jobs": 1,
            "seconds": 3.25,
            "longest_seconds": 3.25,
            "cpu_seconds": 3.0,
            "max_memory_mib": 50.0,
            "usd": None,
        },
        {
            "stage": "train",
            "n_jobs": 2,
            "seconds": 30.5,
            "longest_seconds": 20.0,
            "cpu_seconds": 28.5,
            "max_memory_mib": 200.5,
            "usd": None,
        },
    ]


def test_a_job_too_short_to_be_measured_is_counted_and_its_memory_unknown(tmp_path):
    jobs = [benchmark(tmp_path, "score", "0.4", "NA", "-")]
    row = stage_costs(read_benchmarks(below(tmp_path), jobs), NOTHING_PAID).to_dicts()[0]
    assert (row["n_jobs"], row["seconds"], row["max_memory_mib"], row["cpu_seconds"]) == (1, 0.4, None, None)


def test_money_is_what_the_tables_of_a_stage_record(tmp_path):
    columns = {name: part.dtype.type for name, part in VERDICTS.columns.items()}
    rows = pl.DataFrame(schema=columns)
    filled = {"step": 0, "suite": "holdout", "condition": "none", "sample": 0, "passed": True}
    filled |= {
        "status": "scored",
        "raw": "",
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "template_sha256": "x",
    }
    for place, usd in enumerate((0.25, 0.5)):
        row = pl.DataFrame([{**filled, "task_id": f"t{place}", "cost_usd": usd}], schema=columns)
        rows = pl.concat([rows, row])
    for run in ("base", "sft-s0"):
        write_table(rows, tmp_path / f"tail/s/{run}.parquet", VERDICTS)
    jobs = ["judge/tail/s/base", "score", "judge/tail/s/sft-s0"]
    paid = read_paid({"verdicts": below(tmp_path, "parquet")}, jobs, {"judge": "verdicts"})
    times = read_benchmarks(below(tmp_path), [benchmark(tmp_path, jobs[0], "1", "1", "1")])
    assert stage_costs(times, paid)["usd"].to_list() == [1.5]
    with pytest.raises(
        UserError, match=r"--verdicts: found .no option., expected where the tables of the stage judge"
    ):
        read_paid({"verdicts": None}, jobs, {"judge": "verdicts"})


@pytest.mark.parametrize("text", [None, "", "no\tbenchmark\n1\t2\n"], ids=["missing", "empty", "other"])
def test_a_file_that_is_no_benchmark_is_named(tmp_path, text):
    path = tmp_path / "score.tsv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=r"score\.tsv"):
        read_benchmarks(below(tmp_path), ["score"])


def test_stages_stand_in_the_order_of_the_workflow_with_their_numbers_in_words():
    rows = in_order(make_costs()).select(
        "stage", time=time("seconds"), memory=memory("max_memory_mib"), spent=spent("usd")
    )
    assert rows.rows() == [
        ("build_tasks", "?", "?", "–"),
        ("train", "2.2 h", "2.1 GiB", "–"),
        ("judge", "99.4 s", "374 MiB", "1.23 USD"),
        ("analyse", "12.5 s", "410 MiB", "–"),
    ]


def test_the_figure_has_a_bar_for_each_measured_stage():
    svg = to_svg(draw("costs", {"costs": make_costs()}, viewed(make_spec())))
    (bars,) = re.findall(r'<g class="mark-rect role-mark[^>]*>(.*?)</g>', svg, re.DOTALL)
    assert bars.count("<path") == 3
    assert "2.2 h · 7 jobs · 2.1 GiB · –" in svg and "NaN" not in svg
