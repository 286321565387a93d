"""Which jobs an edit makes Snakemake do again: the exact set, neither stale nor needlessly fresh.

Each edit of `edits_of_code` and `edits_of_studies` is made in a copy of the finished smoke study. The truth
is Snakemake's own dry run; the audit must predict the same jobs, and a run must do them and no others.

To save time, edits that invalidate nothing are made in one copy together, and those of the study one after
the other in another; of those of code and files, only where a reason is claimed the audit is asked, too.
`make test-nightly` makes each in a copy of its own, and asks the audit after each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from edits import Edit
from edits_of_studies import EDITS_OF_STUDIES
from planner import jobs_in, plans
from projects import (
    copy_finished,
    copy_project,
    dry_run,
    link_finished,
    planned_jobs,
    snakemake,
    started_snakemake,
)
from rerun_sets import everything
from rerun_table import EDITS, PAGE, table, with_table

HARMLESS = [edit for edit in EDITS if not edit.reruns]
OF_STUDIES = [edit for edit in EDITS_OF_STUDIES if edit.reruns]
OTHERS = [edit for edit in EDITS if edit not in HARMLESS and edit not in OF_STUDIES]

EXECUTED = (  # few jobs of a few seconds each
    "the layout of a module",
    "the code of one figure",
    "the template of model cards",
    "a prediction",
    "a case of the certification",
)


ONLY_TOUCHED = {"touch every file", "touch a result"}


def each(edits: Sequence[Edit]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("edit", edits, ids=[edit.id for edit in edits])


def predicted(audit: dict) -> set[str]:
    """The jobs that an audit says would run."""
    return {job["job"] for job in audit["jobs"] if job["fate"] != "reused"}


def contents(folder: Path) -> dict[Path, bytes]:
    """What is in each file of a project; of its results, just which there are."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    made = (".skillift", ".snakemake", "results")
    return {name: b"" if name.parts[0] in made else path.read_bytes() for name, path in files.items()}


def make(edit: Edit, folder: Path) -> None:
    """Make an edit of what is there; all but `ONLY_TOUCHED` change it."""
    before = contents(folder)
    edit.make(folder)
    after = contents(folder)
    assert after.keys() <= before.keys(), edit.name
    assert (after == before) == (edit.name in ONLY_TOUCHED), edit.name


def reruns_exactly(folder: Path, edit: Edit, again: bool = False, audited: bool = True) -> None:
    """Claim that an edit reruns what it says that it does, and that the audit predicts that and says why."""
    make(edit, folder)
    if not audited:
        assert planned_jobs(folder) == set(edit.reruns)
        return
    planned, audit = plans(folder, again=again)
    assert planned == set(edit.reruns)
    assert predicted(audit) == planned
    told = {group["rule"]: "; ".join(group["reasons"]) or group["follows"] for group in audit["groups"]}
    for rule, reason in edit.why.items():
        assert told[rule] in (reason, reason.removeprefix("follows ").split(", "))


def rerunning(edits: Sequence[Edit], plan: Callable[[Sequence[Edit]], set[str]]) -> dict[str, set[str]]:
    """Which of these edits rerun what, by name: found by halves, as `plan` takes time."""
    jobs = plan(edits)
    if not jobs or len(edits) == 1:
        return {edits[0].name: jobs} if jobs else {}
    half = len(edits) // 2
    parts = rerunning(edits[:half], plan) | rerunning(edits[half:], plan)
    return parts or {" with ".join(edit.name for edit in edits): jobs}


def test_there_are_forty_edits_of_different_names():
    assert len(EDITS) >= 40
    assert len({edit.id for edit in EDITS}) == len(EDITS)


def test_of_edits_made_together_those_that_rerun_something_are_named():
    edits = [Edit(name, lambda folder: None, set()) for name in "abcdefg"]

    def plan(made: Sequence[Edit]) -> set[str]:
        return {f"judge {edit.name}" for edit in made if edit.name in "bg"}

    assert rerunning(edits, plan) == {"b": {"judge b"}, "g": {"judge g"}}
    assert rerunning(edits[2:6], plan) == {}
    assert rerunning(edits[:2], lambda made: {"all"} if len(made) == 2 else set()) == {"a with b": {"all"}}


@pytest.mark.integration
def test_edits_that_invalidate_nothing_rerun_nothing(finished_smoke, tmp_path):
    assert len(HARMLESS) > 20

    def plan(edits: Sequence[Edit]) -> set[str]:
        folder = tmp_path / str(len([*tmp_path.iterdir()]))
        link_finished(finished_smoke, folder)
        for edit in edits:
            make(edit, folder)
        planned, audit = plans(folder)
        return planned | predicted(audit)

    assert rerunning(HARMLESS, plan) == {}


@pytest.fixture(scope="module")
def unedited(finished_smoke, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("studies") / "project"
    link_finished(finished_smoke, folder)
    assert plans(folder, again=True)[0] == set()
    return folder


@pytest.fixture
def with_its_study(unedited) -> Iterator[Path]:
    """A finished project in which a test may edit the study, and nothing else."""

    def times() -> dict[Path, int]:
        return {
            path: path.stat().st_mtime_ns
            for path in unedited.rglob("*")
            if path.is_file() and not {".snakemake", "__pycache__"}.intersection(path.parts)
        }

    study = unedited / "studies/smoke.yaml"
    before, text = times(), study.read_text(encoding="utf-8")
    yield unedited
    changed = {path for path, _ in times().items() ^ before.items()}
    study.write_text(text, encoding="utf-8")
    assert changed == {study}


@pytest.mark.integration
@pytest.mark.xdist_group("unedited")
@each(OF_STUDIES)
def test_an_edit_of_the_study_reruns_exactly_what_it_invalidates(with_its_study, edit: Edit):
    reruns_exactly(with_its_study, edit, again=True)


@pytest.mark.integration
@each(OTHERS)
def test_an_edit_reruns_exactly_what_it_invalidates(finished_smoke, tmp_path, edit: Edit):
    link_finished(finished_smoke, tmp_path / "project")
    reruns_exactly(tmp_path / "project", edit, audited=bool(edit.why))


@pytest.mark.integration
@pytest.mark.nightly
@each(EDITS)
def test_an_edit_in_a_copy_of_its_own_reruns_the_same(finished_smoke, tmp_path, edit: Edit):
    link_finished(finished_smoke, tmp_path / "project")
    reruns_exactly(tmp_path / "project", edit)


def executed(folder: Path, edits: Sequence[Edit]) -> None:
    """Claim that a run after these edits does what the audit predicts, and what they say that they rerun."""
    for edit in edits:
        edit.make(folder)
    _, audit = plans(folder)
    ran = started_snakemake(folder)
    assert ran.returncode == 0, ran.stdout
    assert jobs_in(ran.stdout) == predicted(audit) == {job for edit in edits for job in edit.reruns}


@pytest.mark.integration
def test_what_the_audit_predicts_is_what_a_run_does(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    edits = {edit.name: edit for edit in EDITS}
    executed(folder, [edits[name] for name in EXECUTED])
    assert planned_jobs(folder) == set()


@pytest.mark.integration
@pytest.mark.nightly
def test_so_it_is_for_each_edit_in_what_the_one_before_it_left(finished_smoke, tmp_path):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    edits = {edit.name: edit for edit in EDITS}
    for name in EXECUTED:
        executed(folder, [edits[name]])
    assert planned_jobs(folder) == set()


def told(printed: str) -> list[str]:
    """What a dry run says of jobs, in an order of its own, and without times."""
    jobs = printed.split("Building DAG of jobs...\n")[1]
    return sorted(re.split(r"\n|[,;:] ", re.sub(r"\[[^]\n]* [0-9:]{8} \d{4}\]", "", jobs)))


def test_a_fresh_copy_plans_every_job(tmp_path):
    folder = copy_project(tmp_path / "project")
    planned = snakemake(folder, "--dry-run")
    assert planned.returncode == 0, planned.stdout
    assert jobs_in(planned.stdout) == everything()
    # to have imported Snakemake before, as it is for the plans of the other tests, makes no difference
    assert told(dry_run(folder).stdout) == told(planned.stdout)


def test_the_table_of_the_docs_says_what_these_edits_rerun():
    text = PAGE.read_text(encoding="utf-8")
    assert text == with_table(text, table()), "run python tests/helpers/rerun_table.py"
