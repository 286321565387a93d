"""What profiles/slurm has jobs ask for. Needs no cluster: nothing is started."""

from __future__ import annotations

import re

import pytest
import yaml
from projects import ROOT, copy_project, started_snakemake
from rerun_sets import FIGURE_JOBS, TABLE_JOBS

from skillift.stages import RULES

ON_SLURM = ("--dry-run", "--workflow-profile", "profiles/slurm")
CALLS_MODELS = {"judge", "certify_judge", "collect_demonstrations"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("profiles") / "project")


def printed(project, study="studies/smoke.yaml") -> str:
    """What a dry run prints. It does not tell where jobs would run."""
    done = started_snakemake(project, *ON_SLURM, study=study)
    assert done.returncode == 0, done.stdout
    return done.stdout


def resources(text: str) -> dict[str, str]:
    """Resources of the jobs of each rule."""
    blocks = re.findall(r"^ *(?:local)?rule (\w+):\n((?: +\w.*\n)+)", text, re.MULTILINE)
    lines = {rule: re.search(r"^ +resources: (.*)$", block, re.MULTILINE) for rule, block in blocks}
    return {rule: line.group(1) if line else "" for rule, line in lines.items()}


def groups(text: str) -> dict[str, set[str]]:
    """The rules whose jobs go to the cluster together, by group."""
    found: dict[str, set[str]] = {}
    group = None
    for line in text.splitlines():
        if opened := re.search(r"Group job (\w+) \(jobs", line):
            group = opened[1]
        elif re.match(r"\S*rule \w+:", line):  # not indented: a job by itself
            group = None
        elif group and (rule := re.match(r" +rule (\w+):", line)):
            found.setdefault(group, set()).add(rule[1])
    return found


@pytest.fixture(scope="module")
def dry_run(project):
    return printed(project)


@pytest.fixture(scope="module")
def on_slurm(dry_run):
    return resources(dry_run)


@pytest.fixture(scope="module")
def profiles():
    return {
        name: yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text(encoding="utf-8"))
        for name in ("default", "slurm")
    }


def test_jobs_that_load_a_student_ask_for_an_accelerator_of_its_partition(on_slurm):
    asking = {rule for rule, resources in on_slurm.items() if "gpu=1" in resources}
    assert asking == {"train", "generate"}
    assert all("slurm_partition=gpu" in on_slurm[rule] for rule in asking)


def test_their_memory_and_time_wait_for_the_students_size(on_slurm):
    assert "mem_mb=<TBD>" in on_slurm["train"]
    assert "runtime=<TBD>" in on_slurm["generate"]


def test_calls_of_models_share_a_limit(on_slurm):
    sharing = {rule for rule, resources in on_slurm.items() if "api=1" in resources}
    assert sharing == CALLS_MODELS


def test_reference_models_share_it_too(project):
    assert "api=1" in resources(printed(project, study="studies/paper.yaml"))["ask_reference"]


def test_the_profile_names_a_partition_for_each_rule_that_wants_an_accelerator(profiles):
    wanting = {rule.name for rule in RULES if rule.device}
    assert {rule: said["gpu"] for rule, said in profiles["slurm"]["set-resources"].items()} == dict.fromkeys(
        wanting, 1
    )


def test_every_figure_and_table_goes_to_the_cluster_with_others_and_so_does_every_card(dry_run, profiles):
    found = groups(dry_run)
    assert found == {
        "pages": (FIGURE_JOBS | TABLE_JOBS) - {"write_findings"},
        "cards": {"write_model_cards", "write_dataset_card"},
    }
    assert set(profiles["slurm"]["group-components"]) == set(found)


def test_both_profiles_agree_on_what_is_not_about_the_machine(profiles):
    of_the_machine = {"default-resources", "resources"}
    assert {key: profiles["slurm"].get(key) for key in profiles["default"].keys() - of_the_machine} == {
        key: value for key, value in profiles["default"].items() if key not in of_the_machine
    }


def test_on_one_machine_a_job_that_asks_for_more_memory_than_there_is_gets_what_there_is(project):
    """So that no two start where one fits, and none waits for ever."""
    much = ("--default-resources", "mem_mb=99999999", "--until", "build_tasks")
    done = started_snakemake(project, *much)
    assert done.returncode == 0, done.stdout
    given = int(re.search(r"mem_mb=(\d+)", resources(done.stdout)["build_tasks"])[1])
    assert 100 < given < 99999999
    done = started_snakemake(project, "--dry-run", *much, "--resources", "mem_mb=77", "--forceall")
    assert "mem_mb=77," in resources(done.stdout)["build_tasks"]


@pytest.mark.integration
def test_a_study_that_was_finished_locally_has_nothing_to_do_on_a_cluster(finished_smoke):
    done = started_snakemake(finished_smoke, *ON_SLURM)
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout
