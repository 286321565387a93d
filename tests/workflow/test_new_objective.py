"""A worked example: a new training objective is its module and its test, and trains what names it.

`smoothed` of docs/how-to/extending.md is added to a copy of the project.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT, planned_jobs, replace_in
from worked_examples import files_said, project_with, run_tests

from skillift.provenance import code_digest

SFT = "skillift.training.objectives.sft"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with its tests, to which two files are added."""
    target = tmp_path_factory.mktemp("new-objective") / "project"
    folder, touched = project_with("A training objective", target, ("tests",))
    assert len(touched) == files_said("a training objective") == 2
    return folder


@pytest.mark.models
def test_its_own_test_passes_as_it_trains_otherwise_than_sft(project):
    done = run_tests(project, "tests/unit/training/test_objective_smoothed.py")
    assert "1 passed" in done.stdout, done.stdout


def test_a_recipe_may_name_it_and_one_that_there_is_not_is_refused_with_both(project):
    study = project / "studies/smoke.yaml"
    replace_in(study, "objective: sft", "objective: smoothed")
    assert {"train s sft-s0", "train m sft-s0"} <= planned_jobs(project)
    replace_in(study, "objective: smoothed", "objective: smooth")
    with pytest.raises(AssertionError, match=r"objective: found 'smooth', expected .*sft.*smoothed"):
        planned_jobs(project)
    replace_in(study, "objective: smooth", "objective: sft")


def test_trainings_of_another_objective_are_as_they_were(project):
    theirs, ours = (folder / "workflow_scripts" for folder in (project, ROOT))
    assert code_digest("training/train.py", SFT, scripts=theirs) == code_digest(
        "training/train.py", SFT, scripts=ours
    )
    other = code_digest("training/train.py", "skillift.training.objectives.smoothed", scripts=theirs)
    assert other != code_digest("training/train.py", SFT, scripts=theirs)


def test_grpo_is_its_module_its_keys_and_its_test():
    """The example with keys of its own; the settings of `emulated` say of the key `objective` the same."""
    library = ROOT / "workflow_scripts"
    files = [*library.rglob("*.py"), *(ROOT / "rules").rglob("*.smk"), *ROOT.glob("tests/unit/training/*.py")]
    naming = {path.relative_to(ROOT).as_posix() for path in files if "grpo" in path.read_text().lower()}
    assert naming - {"workflow_scripts/skillift/settings/emulation.py"} == {
        "workflow_scripts/skillift/training/objectives/grpo.py",
        "workflow_scripts/skillift/settings/training.py",
        "tests/unit/training/test_objective_grpo.py",
    }
