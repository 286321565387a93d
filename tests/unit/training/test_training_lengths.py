"""Claims about how long recipes train, and at which steps their checkpoints are."""

from __future__ import annotations

import pytest
from study_files import REPOSITORY
from study_specs import all_specs

from skillift.study.study import read_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
EPOCHS, CHECKPOINTS = "    epochs: 6\n", "    checkpoints: [final]\n"


def study_of(tmp_path, epochs: str = EPOCHS, checkpoints: str = CHECKPOINTS):
    """The embedded study whose recipe `sft`, of 23 steps an epoch, trains so long."""
    text = EMBEDDED.replace(EPOCHS, epochs, 1).replace(CHECKPOINTS, checkpoints, 1)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


@pytest.mark.parametrize(
    ("epochs", "every", "steps"),
    [
        (EPOCHS, 50, [50, 100, "final"]),
        (EPOCHS, 46, [46, 92, "final"]),  # the last one is a multiple, and stands once
        ("    max_steps: 40\n", 16, [16, 32, "final"]),
        ("    max_steps: 40\n", 40, ["final"]),
    ],
)
def test_every_nth_step_stands_for_a_list_and_the_last_one(tmp_path, epochs, every, steps):
    study, problems = study_of(tmp_path, epochs, f"    checkpoints: {{every: {every}}}\n")
    assert problems == []
    assert study.train_spec("s", "sft-s0").checkpoints == steps
    assert study.episodes_spec("s", "sft-s0").checkpoints == steps


def test_a_list_that_says_the_same_has_the_same_specs(tmp_path):
    written = study_of(tmp_path, checkpoints="    checkpoints: [50, 100, final]\n")[0]
    found = study_of(tmp_path, checkpoints="    checkpoints: {every: 50}\n")[0]
    assert found.train_spec("s", "sft-s0") == written.train_spec("s", "sft-s0")


def test_max_steps_stand_in_the_place_of_epochs(tmp_path):
    study, problems = study_of(tmp_path, "    max_steps: 40\n")
    assert problems == []
    spec = study.train_spec("s", "sft-s0")
    assert "epochs" not in spec.model_dump()
    assert spec.steps_on(353) == spec.steps_on(48) == 40


@pytest.mark.parametrize(
    ("epochs", "checkpoints", "says"),
    [
        ("", CHECKPOINTS, "recipes.sft: found neither epochs nor max_steps, expected exactly one"),
        (
            "    epochs: 6\n    max_steps: 40\n",
            CHECKPOINTS,
            "recipes.sft: found both epochs and max_steps, expected exactly one",
        ),
        (
            EPOCHS,
            "    checkpoints: {every: 139}\n",
            "recipes.sft.checkpoints.every: found 139, expected at most 138, the last step of this recipe",
        ),
        (EPOCHS, "    checkpoints: {every: 0}\n", "recipes.sft.checkpoints.every: found 0"),
        (EPOCHS, "    checkpoints: {everyx: 5}\n", "an unknown key 'everyx'"),
        (
            "    max_steps: 40\n",
            "    checkpoints: [8, 41, final]\n",
            "recipes.sft.checkpoints[1]: found 41, expected a step from 1 to 40, the last one of this recipe",
        ),
        (EPOCHS, "    checkpoints: [16, 8]\n", "expected steps in rising order (after 16)"),
    ],
)
def test_a_wrong_length_is_told_before_any_job(tmp_path, epochs, checkpoints, says):
    _, problems = study_of(tmp_path, epochs, checkpoints)
    assert [line for line in problems if says in line], problems


@pytest.mark.parametrize(
    ("checkpoints", "early", "told"),
    [
        ("{every: 8}", "[8, 16, 32]", False),
        ("[8, 32, final]", "[8, 16, 32]", True),  # one is missing
        ("{every: 8}", "[8, 138]", True),  # no later one
        ("[final]", "[8]", True),
    ],
)
def test_early_steps_without_checkpoints_or_without_a_later_one_are_refused(
    tmp_path, checkpoints, early, told
):
    text = EMBEDDED.replace("analysis:\n", f"analysis:\n  depth: {{early: {early}}}\n")
    text = text.replace(CHECKPOINTS, f"    checkpoints: {checkpoints}\n", 1)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    assert bool([line for line in problems if "analysis.depth.early: found" in line]) == told
    if not told:
        assert study.analysis_spec().analysis.depth.dip == 0.05
        assert problems == []


def test_a_declared_size_of_the_dip_is_told_to_what_is_analysed_and_shown_alone(tmp_path):
    """A further checkpoint is told to that recipe's trainings and their episodes, and to no others."""

    def specs(checkpoints: str, dip: str) -> dict[str, str]:
        text = EMBEDDED.replace("analysis:\n", f"analysis:\n  depth: {{early: [8], dip: {dip}}}\n")
        text = text.replace(CHECKPOINTS, f"    checkpoints: {checkpoints}\n", 1)
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        return all_specs(read_study(tmp_path / "study.yaml")[0])

    def told(one: dict[str, str], other: dict[str, str]) -> set[str]:
        return {step for step in {*one, *other} if one.get(step) != other.get(step)}

    before = specs("[8, final]", "0.05")
    assert told(before, specs("[8, final]", "0.1")) == {"analysis", "figures"}
    of_sft = [f"{student} sft-s{seed}" for student in "sml" for seed in (0, 1)]
    further = {f"{step} {run}" for run in of_sft for step in ("train", "episodes")}
    assert told(before, specs("[8, 16, final]", "0.05")) == further
