"""Which jobs an edit makes Snakemake do again: the exact set, neither stale nor needlessly fresh.

Each edit of `edits_of_code` and `edits_of_studies` is made in a copy of the finished smoke study. The truth
is Snakemake's own dry run; the audit must predict the same jobs, and a run must do them and no others.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import Edit
from planner import jobs_in, planner, plans
from projects import ROOT, copy_finished, copy_project, link_finished, planned_jobs, snakemake
from rerun_sets import everything
from rerun_table import EDITS, table, with_table

# few jobs of a few seconds each; each edit is made in what the one before it left
EXECUTED = (
    "the layout of a module",
    "the code of one figure",
    "the template of model cards",
    "a prediction",
    "a case of the certification",
)


ONLY_TOUCHED = {"touch every file", "touch a result"}


@pytest.fixture(scope="module")
def pool():
    with planner() as opened:
        yield opened


def predicted(audit: dict) -> set[str]:
    """The jobs that an audit says would run."""
    return {job["job"] for job in audit["jobs"] if job["fate"] != "reused"}


def contents(folder: Path) -> dict[Path, bytes]:
    """What is in each file of a project; of its results, just which there are."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    made = (".skillift", ".snakemake", "results")
    return {name: b"" if name.parts[0] in made else path.read_bytes() for name, path in files.items()}


def test_there_are_forty_edits_of_different_names():
    assert len(EDITS) >= 40
    assert len({edit.id for edit in EDITS}) == len(EDITS)


@pytest.mark.integration
@pytest.mark.parametrize("edit", EDITS, ids=[edit.id for edit in EDITS])
def test_an_edit_reruns_exactly_what_it_invalidates(finished_smoke, tmp_path, pool, edit: Edit):
    folder = tmp_path / "project"
    link_finished(finished_smoke, folder)
    before = contents(folder)
    edit.make(folder)
    after = contents(folder)
    assert after.keys() <= before.keys()  # it is an edit of what is there
    assert (after == before) == (edit.name in ONLY_TOUCHED)
    dry_run, audit = pool.submit(plans, folder).result()
    assert dry_run == set(edit.reruns)
    assert predicted(audit) == dry_run
    told = {group["rule"]: "; ".join(group["reasons"]) or group["follows"] for group in audit["groups"]}
    for rule, reason in edit.why.items():
        assert told[rule] in (reason, reason.removeprefix("follows ").split(", "))


@pytest.mark.integration
def test_what_the_audit_predicts_is_what_a_run_does(finished_smoke, tmp_path, pool):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    edits = {edit.name: edit for edit in EDITS}
    for name in EXECUTED:
        edits[name].make(folder)
        _, audit = pool.submit(plans, folder).result()
        ran = snakemake(folder)
        assert ran.returncode == 0, ran.stdout
        assert jobs_in(ran.stdout) == predicted(audit) == set(edits[name].reruns), name
    assert planned_jobs(folder) == set()


def test_a_fresh_copy_plans_every_job(tmp_path):
    assert planned_jobs(copy_project(tmp_path / "project")) == everything()


def test_the_table_of_the_readme_says_what_these_edits_rerun():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == with_table(text, table()), "run python tests/rerun_table.py"
