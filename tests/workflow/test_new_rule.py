"""A worked example: a new rule is the rule, its command, its step and its test, and everything else knows it.

`measure_lengths` of docs/how-to/extending.md, a table of how long each run's answers are, is added to a copy
of the project. On the way, what the registry (`skillift.stages`) says of the other rules is compared with
Snakemake's own rule objects.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from planner import jobs_in, plans
from projects import copy_finished, copy_project, dry_run, replace_in, started_snakemake
from rerun_sets import COSTS
from worked_examples import add_example, files_said

from skillift.costs.stages import STAGE_COSTS
from skillift.stages import FAMILIES, RULES, SUBJECTS, family, rule_named
from skillift.tables import read_table

# what Snakemake knows of the rules, written where the Snakefile has been read
PROBE = """
import json

Path("rules.json").write_text(json.dumps([
    {
        "name": each.name,
        "stage": Path(str(each.snakefile)).stem,
        "wildcards": sorted(each.wildcard_names),
        "logs": [strip_wildcard_constraints(path) for path in each.log],
        "benchmark": each.benchmark and strip_wildcard_constraints(each.benchmark),
        "resources": sorted(each.resources),
        "only_targets": each.norun,
    }
    for each in workflow.rules
]))
"""
RESULTS = "results/smoke"
RUNS = ("s base", "m base", "s sft-s0", "m sft-s0")
JOBS = {f"measure_lengths {run}" for run in RUNS}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with the rule, and with a study that has shards and paraphrases of a chat model,
    so that no rule is missing.
    """
    folder = copy_project(tmp_path_factory.mktemp("new-rule") / "project")
    assert len(add_example("A rule", folder)) == files_said("a rule") == 4
    further = "shards: 2, interventions: {paraphrase: {model: hosted_vllm/m}}, "
    replace_in(folder / "studies/smoke.yaml", "suites: [holdout], ", f"suites: [holdout], {further}")
    return folder


@pytest.fixture(scope="module")
def on_slurm(project) -> str:
    """What a dry run through the SLURM profile prints."""
    with (project / "Snakefile").open("a", encoding="utf-8") as file:
        file.write(PROBE)
    done = dry_run(project, "--workflow-profile", "profiles/slurm")
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def rules(project, on_slurm) -> dict[str, dict]:
    """Snakemake's own rules by name."""
    return {entry["name"]: entry for entry in json.loads((project / "rules.json").read_text("utf-8"))}


def test_the_test_of_its_step_passes(project):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/unit/episodes/test_lengths.py",
    ]
    path = {"PYTHONPATH": str(project / "workflow_scripts")}
    done = subprocess.run(
        command, cwd=project, env={**os.environ, **path}, capture_output=True, text=True, check=False
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_audit_knows_it(project):
    planned, audit = plans(project)
    assert JOBS <= planned == {job["job"] for job in audit["jobs"]}
    (group,) = [group for group in audit["groups"] if group["rule"] == "measure_lengths"]
    assert (group["stage"], group["jobs"], group["reasons"]) == ("episodes", 4, ["new"])


def block(printed: str, rule: str, word: str) -> str:
    """What a dry run says of the first job of a rule whose text holds a word."""
    blocks = re.findall(rf"^ *rule {rule}:\n((?: +\w.*\n)+)", printed, re.MULTILINE)
    return next(text for text in blocks if word in text)


def test_the_costs_take_its_benchmarks(on_slurm):
    files = re.search(r"input: (.*)", block(on_slurm, "make_costs", "input"))[1].split(", ")
    benchmarks = {path for path in files if "measure_lengths" in path}
    assert benchmarks == {f"{RESULTS}/benchmarks/measure_lengths/{run.replace(' ', '/')}.tsv" for run in RUNS}


def test_its_logs_and_benchmarks_stand_where_all_others_do(on_slurm):
    text = block(on_slurm, "measure_lengths", "student=m, run=sft-s0")
    assert f"log: {RESULTS}/logs/measure_lengths/m/sft-s0.log" in text
    assert f"benchmark: {RESULTS}/benchmarks/measure_lengths/m/sft-s0.tsv" in text


def test_the_slurm_profile_sends_it_to_the_cluster_in_its_group(on_slurm):
    text = block(on_slurm, "measure_lengths", "resources")
    assert "slurm_partition=cpu" in text and "gpu=" not in text and "api=" not in text
    groups = re.findall(r"Group job (\w+) \(jobs[^\n]*\n\n((?: +.*\n|\n(?= ))+)", on_slurm)
    within = {name for name, jobs in groups if "rule measure_lengths:" in jobs}
    assert within == {"lengths"}


def test_it_has_no_line_in_the_registry(rules):
    assert "measure_lengths" in rules
    assert "measure_lengths" not in {rule.name for rule in RULES}


def test_every_line_of_the_registry_is_a_rule_of_its_stage(rules):
    assert {rule.name for rule in RULES} <= set(rules)
    for name, found in rules.items():
        kind = family(name).removesuffix("_*")
        stage = FAMILIES.get(kind) or rule_named(name).stage or found["stage"]
        assert found["stage"] == stage, name


def test_the_registry_says_what_snakemake_does(rules):
    lines = {rule.name: rule for rule in RULES}
    for name, found in rules.items():
        known = rule_named(name)
        if found["only_targets"]:
            continue
        assert ("api" in found["resources"]) == (known.asks is not None), name
        assert ("gpu" in found["resources"]) == known.device, name
        kind = family(name).removesuffix("_*")
        if name in lines:
            assert {*found["wildcards"]} - {"shard"} == {*SUBJECTS[known.subject]}, name
            files = known.files(shards=2)
        elif kind in FAMILIES:
            files = f"{kind}/{name.removeprefix(f'{kind}_')}"
        else:
            wildcards = re.findall(r"\{\w+\}", found["logs"][0])
            assert {wildcard.strip("{}") for wildcard in wildcards} == {*found["wildcards"]}, name
            files = "/".join([name, *wildcards])
        assert found["logs"] == [f"{RESULTS}/logs/{files}.log"], name
        assert found["benchmark"] in (None, f"{RESULTS}/benchmarks/{files}.tsv"), name
        assert found["benchmark"] or not known.counted, name


@pytest.mark.integration
def test_beside_a_finished_study_it_alone_runs_and_its_costs_are_counted(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    add_example("A rule", folder)
    done = started_snakemake(folder)
    assert done.returncode == 0, done.stdout
    assert jobs_in(done.stdout) == JOBS | COSTS | {"all"}
    costs = read_table(folder / RESULTS / "costs.parquet", STAGE_COSTS)
    assert costs.filter(stage="measure_lengths").select("n_jobs", "usd").rows() == [(4, None)]
    assert pl.read_parquet(folder / RESULTS / "lengths/s/base.parquet").height == 3
    assert (folder / RESULTS / "logs/measure_lengths/s/base.log").is_file()
