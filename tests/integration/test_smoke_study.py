"""The smoke study, run for real: pre-training, trl, vLLM, offline judges, statsmodels, figures, report."""

from __future__ import annotations

import polars as pl
import pytest
from interruptions import manifests, tables, without_times
from projects import ROOT, copy_project, planned_jobs, snakemake
from rerun_sets import stages

from skillift.contracts import pipeline as contracts
from skillift.contracts.training import TRAINING_LOG
from skillift.costs.stages import STAGE_COSTS
from skillift.reporting.registry import extent, figures_for, tables_for
from skillift.stages import rule_named
from skillift.study.study import load_study
from skillift.tables import read_json, read_table

pytestmark = pytest.mark.integration

STUDENTS = ("s", "m")
RUNS = ("base", "sft-s0")
CONDITIONS = ("none", "curated", "placebo")
PATHS = ("bench", "judge:conclusion", "judge:tail")
N_HOLDOUT = 40


@pytest.fixture(scope="module")
def results(finished_smoke):
    return finished_smoke / "results" / "smoke"


def test_a_second_run_has_nothing_to_do(finished_smoke):
    assert planned_jobs(finished_smoke) == set()


@pytest.mark.nightly  # by day, test_killed_study.py and test_slurm.py make parts of it a second time
def test_the_same_seeds_give_the_same_bytes_in_a_second_run(results, tmp_path):
    second = copy_project(tmp_path / "project")
    finished = snakemake(second)
    assert finished.returncode == 0, finished.stdout
    for made in (tables, without_times, manifests):
        assert made(second / "results/smoke") == made(results)


def test_every_episode_of_the_design_is_there_once(results):
    tasks = read_table(results / "tasks/holdout.parquet", contracts.TASKS)
    holdout = set(tasks.filter(pl.col("suite") == "holdout")["task_id"])
    assert len(holdout) == N_HOLDOUT
    for student in STUDENTS:
        for run in RUNS:
            episodes = read_table(results / f"episodes/{student}/{run}.parquet", contracts.EPISODES)
            arms = episodes.group_by("condition").agg(pl.col("task_id").n_unique(), rows=pl.len())
            assert set(arms["condition"]) == set(CONDITIONS)
            assert arms["rows"].to_list() == arms["task_id"].to_list() == [N_HOLDOUT] * len(CONDITIONS)


def test_base_and_trained_runs_answer_the_same_prompts(results):
    def prompts(run):
        frame = read_table(results / f"episodes/s/{run}.parquet", contracts.EPISODES)
        return frame.select("condition", "task_id", "prompt_sha256").sort("condition", "task_id")

    assert prompts("base").equals(prompts("sft-s0"))


def test_every_episode_has_one_row_on_every_scoring_path(results):
    scores = read_table(results / "scores.parquet", contracts.SCORES)
    rows = scores.group_by("path", "student", "run").len()
    assert set(rows["path"]) == set(PATHS)
    assert rows.height == len(PATHS) * len(STUDENTS) * len(RUNS)
    assert set(rows["len"]) == {N_HOLDOUT * len(CONDITIONS)}


def test_what_is_served_differs_from_the_base_model(results):
    base = read_json(results / "students/s/manifest.json")["digests"]["model.safetensors"]
    steps = read_json(results / "runs/s/sft-s0/manifest.json")["steps"]
    assert steps
    assert all(entry["digests"]["model.safetensors"] != base for entry in steps.values())


def test_training_lowers_the_loss(results):
    for student in STUDENTS:
        log = read_table(results / f"runs/{student}/sft-s0/log.parquet", TRAINING_LOG).sort("step")
        assert log["loss"].tail(2).mean() < log["loss"].head(2).mean()


def test_every_figure_and_table_is_published(results):
    has = extent(load_study(ROOT / "studies/smoke.yaml"))
    for figure in figures_for(has):
        assert (results / f"figures/{figure}.svg").read_text().startswith("<svg")
        assert "vegaEmbed(" in (results / f"figures/{figure}.html").read_text()
    for table in tables_for(has):
        assert "<table" in (results / f"tables/{table}.html").read_text()
        assert "\\begin{longtable}" in (results / f"tables/{table}.tex").read_text()


def test_the_costs_count_every_job_up_to_the_analysis(results):
    """Snakemake writes one benchmark file a job."""
    jobs = {}
    for path in (results / "benchmarks").rglob("*.tsv"):
        stage = path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv")
        jobs[stage] = jobs.get(stage, 0) + 1
    of_rule = stages()
    files = list(dict.fromkeys(of_rule.values()))
    up_to_analysis = files[: files.index("costs")]
    costs = read_table(results / "costs.parquet", STAGE_COSTS)
    counted = dict(costs.select("stage", "n_jobs").rows())
    assert counted == {
        rule: count
        for rule, count in jobs.items()
        if of_rule.get(rule) in up_to_analysis and rule_named(rule).counted
    }
    assert "check_served" in set(jobs) - set(counted)  # a check of what the others made
    assert costs.filter(stage="train")["seconds"].item() > 0
    assert costs.filter(stage="judge")["usd"].item() == 0


def test_every_job_left_its_log_and_benchmark(results):
    logs = {path.with_suffix("") for path in folder_paths(results / "logs")}
    benchmarks = {path.with_suffix("") for path in folder_paths(results / "benchmarks")}
    assert logs == benchmarks
    assert len(logs) > 25


def folder_paths(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
