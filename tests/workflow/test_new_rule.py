"""A worked example: a new rule is the rule, its command, its step and its test, and everything else knows it.

`measure_lengths`, a table of how long each run's answers are, is added to a copy of the project. On the way,
what the registry (`skillift.stages`) says of the other rules is compared with Snakemake's own rule objects.
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

from skillift.costs.stages import STAGE_COSTS
from skillift.stages import FAMILIES, RULES, SUBJECTS, family, rule_named
from skillift.tables import read_table

RULE = '''

rule measure_lengths:
    input:
        episodes=EPISODES,
    output:
        f"{RESULTS}/lengths/{{student}}/{{run}}.parquet",
    log:
        f"{LOGS}/measure_lengths/{{student}}/{{run}}.log",
    benchmark:
        f"{BENCHMARKS}/measure_lengths/{{student}}/{{run}}.tsv"
    group:
        "lengths"
    conda:
        ENVIRONMENT
    params:
        spec=canonical({}),
        code=code_digest("episodes/measure_lengths.py"),
    shell:
        """
        python "$SCRIPTS/episodes/measure_lengths.py" --spec {params.spec:q} --episodes {input.episodes:q} \\
            --out {output:q} >{log:q} 2>&1
        """
'''
COMMAND = '''r"""Measure how long the answers of a run are, by condition.

    python workflow_scripts/episodes/measure_lengths.py --spec '{}' --episodes base.parquet \\
        --out lengths.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES
from skillift.episodes.lengths import LENGTHS, lengths
from skillift.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Read the episodes, measure, write the lengths."""
    arguments = parser(__doc__)
    arguments.add_argument("--episodes", type=Path, required=True, help="table of episodes")
    arguments.add_argument("--out", type=Path, required=True, help="table of lengths to write")
    options = arguments.parse_args(argv)
    write_table(lengths(read_table(options.episodes, EPISODES)), options.out, LENGTHS)


if __name__ == "__main__":
    run(main)
'''
STEP = '''"""How long answers are, by condition."""

from __future__ import annotations

import polars as pl

from skillift.contracts.columns import count, table, text

LENGTHS = table("lengths", ("condition",), {"condition": text(filled=True), "longest": count()})


def lengths(episodes: pl.DataFrame) -> pl.DataFrame:
    """The most tokens of an answer by condition, contract LENGTHS."""
    return episodes.group_by("condition").agg(longest=pl.col("completion_tokens").max())
'''
TEST = '''"""How long answers are."""

import polars as pl

from skillift.episodes.lengths import LENGTHS, lengths
from skillift.tables import check


def test_the_longest_answer_of_each_condition_is_kept():
    episodes = pl.DataFrame({"condition": ["none", "none", "curated"], "completion_tokens": [3, 5, 4]})
    found = check(lengths(episodes).sort("condition"), LENGTHS, "lengths")
    assert found.rows() == [("curated", 4), ("none", 5)]
'''
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


def add_rule(folder: Path) -> set[str]:
    """Add the rule to a copy of the project; the files that this took."""
    with (folder / "rules/episodes.smk").open("a", encoding="utf-8") as rules:
        rules.write(RULE)
    added = {
        "workflow_scripts/episodes/measure_lengths.py": COMMAND,
        "workflow_scripts/skillift/episodes/lengths.py": STEP,
        "tests/unit/episodes/test_lengths.py": TEST,
    }
    for name, text in added.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {"rules/episodes.smk", *added}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with the rule, and with a study that has shards and paraphrases of a chat model,
    so that no rule is missing.
    """
    folder = copy_project(tmp_path_factory.mktemp("new-rule") / "project")
    assert len(add_rule(folder)) == 4
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
    add_rule(folder)
    done = started_snakemake(folder)
    assert done.returncode == 0, done.stdout
    assert jobs_in(done.stdout) == JOBS | COSTS | {"all"}
    costs = read_table(folder / RESULTS / "costs.parquet", STAGE_COSTS)
    assert costs.filter(stage="measure_lengths").select("n_jobs", "usd").rows() == [(4, None)]
    assert pl.read_parquet(folder / RESULTS / "lengths/s/base.parquet").height == 3
    assert (folder / RESULTS / "logs/measure_lengths/s/base.log").is_file()
