"""Which versions of Snakemake a study takes, and what is left of the patches on one that was not tested."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import snakemake
from planner import jobs_in
from preloaded import program
from projects import copy_project
from rerun_sets import everything

from skillift.errors import UserError
from snakemake_inside import version
from snakemake_inside.plan import read_plan

UNTESTED = "9.99.1"  # a minor version that the Snakefile takes
WARNING = f"Snakemake {UNTESTED}: skillift's patches of it"
RECORDS_LOST = "records (.snakemake/metadata) were lost"

# Runs Snakemake as if it were of another version, and then says which of its parts are skillift's.
PROGRAM = """
import json, signal, sys
import snakemake, snakemake.cli, snakemake.common, snakemake.workflow
from snakemake.logging import logger
version, *options = sys.argv[1:]
snakemake.__version__ = snakemake.common.__version__ = version
made = []
class Kept(snakemake.workflow.Workflow):
    def execute(self, *given, **named):
        made.append((self.rules, list(logger.handlers)))  # the handlers are taken off at the end
        super().execute(*given, **named)
snakemake.workflow.Workflow = Kept
try:
    snakemake.cli.main(options)
except SystemExit as ended:
    status = ended.code or 0
from snakemake import common, dag, rules
from snakemake.io import _IOFile
def inside(function):
    return "snakemake_inside" in getattr(getattr(function, "__code__", None), "co_filename", "")
[(made_rules, handlers)] = made or [([], [])]
print(json.dumps({
    "status": status,
    "messages": [inside(getattr(handler.handle, "func", None)) for handler in handlers],
    "SIGTERM": inside(signal.getsignal(signal.SIGTERM)),
    "parameters": [hasattr(module.get_function_params, "cache_info") for module in (common, rules)],
    "producers": inside(dag.DAG.update),
    "storage": _IOFile.is_storage is False,
    "jobs": [inside(rule.run_func) for rule in made_rules if rule.shellcmd is not None],
}))
"""
TARGET = "results/smoke/tasks/holdout.parquet"  # of the shortest job


def run_as(found: str, folder: Path, *options: str) -> tuple[dict, str]:
    """Snakemake of a version, in a project: which patches are in place, and what was printed."""
    asking = folder / "as_version.py"
    asking.write_text(PROGRAM, encoding="utf-8")
    study = ("--config", "study=studies/smoke.yaml")
    done = program(folder, asking, found, "--cores", "2", *options, *study, together=True)
    said, _, state = done.stdout.rpartition("\n{")
    assert state, done.stdout
    return json.loads("{" + state), said


def in_place(state: dict) -> set[bool]:
    """Whether the patches are in place, each part of each patch."""
    parts = [state[name] for name in state if name != "status"]
    return {part for group in parts for part in (group if isinstance(group, list) else [group])}


@pytest.fixture(scope="module", params=[snakemake.__version__, UNTESTED])
def ran(request, tmp_path_factory):
    """A project in which one job was run, with this version or one that was not tested."""
    folder = copy_project(tmp_path_factory.mktemp("versions") / "project")
    return request.param, folder, *run_as(request.param, folder, TARGET)


def test_the_installed_version_is_tested():
    assert version.tested(), (
        f"Snakemake {snakemake.__version__}: see workflow_scripts/snakemake_inside/README.md"
    )


@pytest.mark.integration
def test_patches_are_all_in_place_on_a_tested_version_and_all_left_out_with_a_warning_on_another(ran):
    found, folder, state, said = ran
    assert state["status"] == 0, said
    assert len(state["jobs"]) > 40 and state["messages"]
    assert (folder / TARGET).is_file()
    assert in_place(state) == {found != UNTESTED}
    assert said.count(WARNING) == (found == UNTESTED)
    assert (folder / "results/smoke/manifests").exists() == (found != UNTESTED)


@pytest.mark.integration
def test_both_plan_the_same_jobs_and_lost_records_are_restored_on_a_tested_version_alone(ran):
    found, folder, _, _ = ran
    for path in (folder / ".snakemake/metadata").iterdir():
        path.unlink()
    state, said = run_as(found, folder, "--dry-run")
    assert state["status"] == 0, said
    assert jobs_in(said) == everything() - {"build_tasks holdout"}
    assert (RECORDS_LOST in said) == (found != UNTESTED)
    assert said.count(WARNING) == (found == UNTESTED)


@pytest.mark.integration
def test_a_jobs_own_snakemake_says_nothing_again(tmp_path):
    own = ("--mode", "remote", "--target-jobs", "build_tokenizer:", "--allowed-rules", "build_tokenizer")
    state, said = run_as(UNTESTED, copy_project(tmp_path / "project"), *own, "--force", "--dry-run")
    assert state["status"] == 0, said
    assert jobs_in(said) == {"build_tokenizer"}
    assert WARNING not in said


@pytest.mark.parametrize(
    ("found", "expected"), [("9.26.1", "Expecting Snakemake version 9.27"), ("10.0.0", "below 10")]
)
def test_another_version_than_the_snakefile_takes_ends_at_once(found, expected, tmp_path):
    state, said = run_as(found, copy_project(tmp_path / "project"), "--dry-run")
    assert state["status"] == 1
    assert expected in said and f"currently using {found}" in said
    assert "Building DAG" not in said and "Traceback" not in said


def test_the_audit_ends_with_the_versions_and_the_way_out(monkeypatch):
    monkeypatch.setattr(snakemake, "__version__", UNTESTED)
    with pytest.raises(UserError) as refused:
        read_plan([])
    for text in (UNTESTED, *version.TESTED, "snakemake -n"):
        assert text in str(refused.value)


@pytest.mark.parametrize(
    ("found", "expected"),
    [("9.27.0", True), ("9.27.15", True), ("9.27.1+4.gabc", True), ("9.270.1", False), ("9.28.0", False)],
)
def test_patch_versions_of_a_tested_minor_version_are_tested(found, expected, monkeypatch):
    monkeypatch.setattr(snakemake, "__version__", found)
    monkeypatch.setattr(version, "TESTED", ("9.27",))
    assert version.tested() is expected


def test_the_readme_lists_every_module(scripts):
    folder = scripts / "snakemake_inside"
    named = set(
        re.findall(r"^\| `(\w+\.py)`", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named | {"version.py", "__init__.py"} == {path.name for path in folder.glob("*.py")}
