"""A sampling protocol added to the finished smoke study: to its report, with what `main` had as it was."""

from __future__ import annotations

import polars as pl
import pytest
from projects import copy_finished, replace_in, snakemake

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.contracts.pipeline import EPISODES, SCORES, VERDICTS
from skillift.protocols import PROTOCOL, of_protocol
from skillift.tables import read_table

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

STUDY = "studies/smoke.yaml"
SAMPLING = "sampling: {conditions: [none, curated], temperature: 0.8, samples: 4, judges: []}"
RUNS = [f"{student}/{run}" for student in "sm" for run in ("base", "sft-s0")]


def test_it_runs_to_its_report_trains_nothing_and_leaves_main_as_it_was(finished_smoke, tmp_path):
    project = tmp_path / "project"
    copy_finished(finished_smoke, project)
    study, results, before = project / STUDY, project / "results/smoke", finished_smoke / "results/smoke"
    replace_in(study, "max_model_len: 256}", f"max_model_len: 256, protocols: {{main: {{}}, {SAMPLING}}}}}")
    replace_in(study, "bootstrap_samples: 200}", "bootstrap_samples: 200, sampling_budgets: [1, 2, 4]}")
    done = snakemake(project, "--report", "results/smoke/report.html", "--report-after-run")
    assert done.returncode == 0, done.stdout
    assert "rule train:" not in done.stdout and "rule collect_demonstrations:" not in done.stdout

    def pair(file: str, contract) -> tuple[pl.DataFrame, pl.DataFrame]:
        return tuple(read_table(folder / file, contract) for folder in (results, before))

    for run in RUNS:
        for folder, contract in (("episodes", EPISODES), ("verdicts/tail", VERDICTS)):
            now, then = pair(f"{folder}/{run}.parquet", contract)
            assert of_protocol(now).equals(then)
    now, then = pair("scores.parquet", SCORES)
    assert of_protocol(now).equals(then)
    assert set(of_protocol(now, "sampling")["path"]) == {"bench"}
    claims = read_table(results / "analysis/claims.parquet", ANALYSIS_TABLES["claims"])
    of_samples = claims.filter(protocol="sampling")
    assert {"diversity_lost", "diversity_by_tier"} <= set(of_samples["claim"])
    rates = read_table(results / "analysis/pass_rates.parquet", ANALYSIS_TABLES["pass_rates"])
    assert {"pass@4", "majority@4", "distinct_right@4"} <= set(rates.filter(protocol="sampling")["metric"])
    paired, _ = pair("analysis/path_shift.parquet", ANALYSIS_TABLES["path_shift"])
    assert PROTOCOL not in paired.columns
    page = (results / "findings.html").read_text(encoding="utf-8")
    assert "What does a sampling budget buy?" in page and "under the protocol sampling" in page
