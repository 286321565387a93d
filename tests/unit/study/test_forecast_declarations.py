"""Claims about a declared forecast and a declared depth: what they need, and which steps are told of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from study_files import REPOSITORY
from study_specs import all_specs

from skillift.errors import UserError
from skillift.preflight.mistakes import checked_study
from skillift.study.study import load_study

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
DECLARED = SMOKE.replace("bootstrap_samples: 200", "bootstrap_samples: 200, forecast: {suite: dev}")


def loaded(folder: Path, text: str):
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return load_study(folder / "study.yaml")


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def test_a_forecast_changes_what_is_analysed_and_shown_and_nothing_that_is_trained_or_answered(tmp_path):
    without, declared = (all_specs(loaded(tmp_path, text)) for text in (SMOKE, DECLARED))
    assert differing(without, declared) == {"tasks dev", "analysis", "figures"}


def test_the_form_of_the_answers_is_asked_about_and_is_another_analysis(tmp_path):
    alone = DECLARED.replace("{suite: dev}", "{suite: dev, answers: answer_only}")
    worked, other = (loaded(tmp_path, text).forecast_spec("s") for text in (DECLARED, alone))
    assert "answers" not in worked.model_dump()
    assert other.model_dump() == worked.model_dump() | {"answers": "answer_only"}
    assert differing(*(all_specs(loaded(tmp_path, text)) for text in (DECLARED, alone))) <= {
        "analysis",
        "figures",
    }
    with pytest.raises(UserError, match=r"analysis\.forecast\.answers"):
        loaded(tmp_path, alone.replace("answer_only", "worked"))


def test_each_trained_student_is_asked_the_suite_alone_under_curated(tmp_path):
    study = loaded(tmp_path, DECLARED)
    assert study.foretold == ["s", "m"] and "dev" in study.built_suites and "dev" not in study.suites
    spec, base = study.forecast_spec("s"), study.episodes_spec("s", "base")
    assert (spec.conditions, spec.inference.suites, spec.checkpoints) == (["curated"], ["dev"], [0])
    left = {"suites"}
    assert spec.inference.model_dump(exclude=left) == base.inference.model_dump(exclude=left)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dev: 1", "dev: 0", r"analysis.forecast.suite: found the suite dev without tasks.*per_skill.dev"),
        ("suites: [holdout]", "suites: [dev]", "inference.suites: .*holdout too, whose lift is foretold"),
        (
            "runs:\n  - {recipe: sft, students: [s, m], seeds: [0]}",
            "runs: []",
            "analysis.forecast: found a forecast without a training",
        ),
        ("{suite: dev}", "{suite: holdout}", "analysis.forecast.suite"),
    ],
)
def test_what_could_never_be_foretold_is_refused_before_the_first_job(tmp_path, old, new, said):
    assert old in DECLARED
    with pytest.raises(UserError, match=said):
        loaded(tmp_path, DECLARED.replace(old, new))


def test_own_tasks_to_foretell_by_need_worked_solutions(tmp_path):
    skills = "turn: {name: turn, domain: lists, steps: [Take the list., Turn it.]}\n"
    (tmp_path / "skills.yaml").write_text(skills, encoding="utf-8")
    head, rest = DECLARED.split("tasks:\n", 1)
    text = f"{head}tasks:\n  files: {{tasks: tasks.jsonl, skills: skills.yaml}}\n\nconditions:"
    text += rest.split("\nconditions:", 1)[1].replace(", placebo]", "]").replace("rows: 26", "rows: 1")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")

    def problems(solved: tuple[str, ...]) -> str:
        rows = [
            {"task_id": suite, "skill_id": "turn", "suite": suite, "prompt": f"Turn 1 2, {suite}."}
            | {"reference": "2 1"}
            | ({"worked_solution": "Turned.\nANSWER: 2 1"} if suite in solved else {})
            for suite in ("train", "holdout", "dev")
        ]
        lines = [json.dumps(row) + "\n" for row in rows]
        (tmp_path / "tasks.jsonl").write_text("".join(lines), encoding="utf-8")
        try:
            checked_study(str(tmp_path / "study.yaml"), {"api": {}, "results": str(tmp_path)})
        except UserError as error:
            return str(error)
        return ""

    assert "whose suite is dev and that have a worked_solution" in problems(("train",))
    assert "whose suite is dev" not in problems(("train", "dev"))


def test_the_size_of_a_dip_that_is_worth_finding_changes_what_is_analysed_and_shown_alone(tmp_path):
    text = SMOKE.replace("checkpoints: [final]", "checkpoints: [4, 8, final]")
    depth = "bootstrap_samples: 200, depth: {early: [4], dip: %s}"
    one, other = (
        all_specs(loaded(tmp_path, text.replace("bootstrap_samples: 200", depth % dip)))
        for dip in (0.05, 0.1)
    )
    assert differing(one, other) == {"analysis", "figures"}


def test_a_further_checkpoint_changes_that_recipes_trainings_and_answers_alone(tmp_path):
    one, other = (
        all_specs(loaded(tmp_path, SMOKE.replace("checkpoints: [final]", f"checkpoints: {steps}")))
        for steps in ("[8, final]", "[4, 8, final]")
    )
    runs = {f"{step} {student} sft-s0" for step in ("train", "episodes") for student in "sm"}
    assert differing(one, other) == runs
