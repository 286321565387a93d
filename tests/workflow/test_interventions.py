"""Answers after interventions are a table more of the jobs that answer, of studies that ask for them."""

from __future__ import annotations

import re

import pytest
from projects import copy_finished, copy_project, dry_run, planned_jobs, replace_in, snakemake
from rerun_sets import ANALYSIS, RUNS

pytestmark = pytest.mark.integration

STUDY = "studies/smoke.yaml"
ALTERED = "/interventions/{}.parquet"


def files_of(planned, rule: str, part: str) -> list[str]:
    """The input or output of each job of a rule."""
    jobs = [job for job in re.split(r"\nrule ", planned.stdout) if job.startswith(f"{rule}:")]
    assert jobs, planned.stdout
    return [re.search(rf"\n +{part}: (.*)", job)[1] for job in jobs]


@pytest.mark.parametrize("shards", ["", "shards: 2, "])
def test_where_a_chat_model_paraphrases_there_are_two_passes_and_the_same_table_after_them(tmp_path, shards):
    project = copy_project(tmp_path / "project")
    asked = "interventions: {paraphrase: {model: hosted_vllm/m, api_base: 'http://localhost:9/v1'}}, "
    replace_in(project / STUDY, "inference: {", f"inference: {{{shards}{asked}")
    planned = dry_run(project)
    assert planned.returncode == 0, planned.stdout
    runs = [f"{student}/{run}" for student in "sm" for run in ("base", "sft-s0")]
    stored = [f"results/smoke/{table}/{{}}.parquet" for table in ("first_pass", "chains")]
    by_run = dict(zip(runs, sorted(files_of(planned, "force_paraphrases", "input"), key=run_of), strict=True))
    for run, files in by_run.items():
        assert all(path.format(run) in files for path in [*stored, "results/smoke/paraphrases/{}.parquet"])
        assert "probes" not in files and ("checkpoints" in files) == ("sft" in run)
    written = " ".join(files_of(planned, "force_paraphrases", "output"))
    assert all(f"results/smoke{ALTERED.format(run)}" in written for run in runs)
    (read,) = files_of(planned, "analyse", "input")
    assert all(ALTERED.format(run) in read for run in runs) and "first_pass" not in read
    answering = " ".join(files_of(planned, "generate", "output"))
    assert "/interventions/" not in answering and answering.count("/chains/") == len(runs) * (
        2 if shards else 1
    )
    (counted,) = files_of(planned, "make_costs", "input")
    assert counted.count("benchmarks/force_paraphrases/") == counted.count("/paraphrases/") == len(runs)
    asking = [
        job for job in re.split(r"\n(?:local)?rule ", planned.stdout) if job.startswith("paraphrase_chains:")
    ]
    assert len(asking) == len(runs) and all("api=1" in job for job in asking)


def run_of(files: str) -> tuple[bool, str]:
    """What sorts the inputs of a job as the runs are listed."""
    student, run = re.search(r"first_pass/(\w)/([\w-]+)\.parquet", files).groups()
    return student == "m", run


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


def test_another_chat_model_reruns_its_paraphrases_and_what_stands_on_them_alone(finished_smoke, tmp_path):
    """Of a study whose further files are empty and taken for made: plans hang on settings alone."""
    project = tmp_path / "project"
    copy_finished(finished_smoke, project)
    entry = "{kinds: [paraphrase], paraphrase: {model: hosted_vllm/m, api_base: 'http://localhost:9/v1'}}"
    replace_in(project / STUDY, "inference: {", f"inference: {{interventions: {entry}, ")
    steps = ("paraphrase_chains", "force_paraphrases")
    runs = [run.replace(" ", "/") for run in RUNS]
    files = [f"{table}/{run}.parquet" for table in ("first_pass", "chains", "paraphrases") for run in runs]
    files += [f"interventions/{run}.parquet" for run in runs] + ["figures/chain.svg", "figures/chain.html"]
    files += [f"benchmarks/{step}/{run}.tsv" for step in steps for run in runs]
    for file in files:
        (project / "results/smoke" / file).parent.mkdir(parents=True, exist_ok=True)
        (project / "results/smoke" / file).touch()
    touched = snakemake(project, "--touch", "--no-hooks")
    assert touched.returncode == 0, touched.stdout
    assert planned_jobs(project) == set()
    replace_in(project / STUDY, "hosted_vllm/m,", "hosted_vllm/other,")
    asked_again = {f"{step} {run}" for step in steps for run in RUNS}
    assert planned_jobs(project) == asked_again | ANALYSIS | {"make_figure_chain"}
