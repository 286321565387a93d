"""The smoke study, run for real: pre-training, trl, vLLM, litellm, statsmodels, figures, report."""

from __future__ import annotations

import polars as pl
import pytest
from projects import copy_project, planned_jobs, snakemake

from skillift import contracts
from skillift.publication import FIGURES, TABLES
from skillift.tables import folder_digests, read_json, read_table

pytestmark = pytest.mark.integration

STUDENTS = ("s", "m")
RUNS = ("base", "sft-s0")
CONDITIONS = ("none", "curated", "placebo")
PATHS = ("bench", "judge:conclusion", "judge:tail")
N_HOLDOUT = 40


def parquet_digests(folder):
    return {name: digest for name, digest in folder_digests(folder).items() if name.endswith(".parquet")}


@pytest.fixture(scope="module")
def results(finished_smoke):
    return finished_smoke / "results" / "smoke"


def test_a_second_run_has_nothing_to_do(finished_smoke):
    assert planned_jobs(finished_smoke) == set()


def test_the_same_seeds_give_the_same_bytes_in_a_second_run(results, tmp_path):
    folder = copy_project(tmp_path / "project")
    finished = snakemake(folder)
    assert finished.returncode == 0, finished.stdout
    first, second = parquet_digests(results), parquet_digests(folder / "results" / "smoke")
    assert len(first) > 15
    assert second == first
    for student in STUDENTS:
        for manifest in (f"students/{student}/manifest.json", f"runs/{student}/sft-s0/manifest.json"):
            assert read_json(folder / "results/smoke" / manifest) == read_json(results / manifest)


def test_every_episode_of_the_design_is_there_once(results):
    tasks = read_table(results / "tasks.parquet", contracts.TASKS)
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
        log = read_table(results / f"runs/{student}/sft-s0/log.parquet", contracts.TRAINING_LOG).sort("step")
        assert log["loss"].tail(2).mean() < log["loss"].head(2).mean()


def test_every_figure_and_table_is_published(results):
    for figure in FIGURES:
        assert (results / f"figures/{figure}.svg").read_text().startswith("<svg")
    for table in TABLES:
        assert "<table" in (results / f"tables/{table}.html").read_text()


def test_every_job_left_its_log_and_benchmark(results):
    logs = {path.with_suffix("") for path in folder_paths(results / "logs")}
    benchmarks = {path.with_suffix("") for path in folder_paths(results / "benchmarks")}
    assert logs == benchmarks
    assert len(logs) > 25


def folder_paths(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_a_touched_result_reruns_nothing(finished_smoke):
    (finished_smoke / "results/smoke/tasks.parquet").touch()
    assert planned_jobs(finished_smoke) == set()
