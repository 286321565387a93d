"""Claims about emulated recipes: what a study may say of them, and what their runs are told."""

from __future__ import annotations

import pytest
from study_files import REPOSITORY
from tiny_models import write_student

from skillift.preflight.emulation import mistakes
from skillift.publication.inputs import runs_with
from skillift.study.design import declared_design
from skillift.study.study import read_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
RECIPE = "{objective: emulated, from: {student: s, recipe: sft}, weight: 0.5}"


def study_of(tmp_path, recipe: str = RECIPE, runs: str = "students: [l], seeds: [0, 1]", text=EMBEDDED):
    text = text.replace("engine: vllm", "engine: transformers")
    text = text.replace("\nruns:\n", f"\n  sft_of_s: {recipe}\nruns:\n  - {{recipe: sft_of_s, {runs}}}\n")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


def test_an_emulated_run_is_asked_as_any_other_and_trains_nothing(tmp_path):
    study, problems = study_of(tmp_path)
    assert problems == []
    (run, _) = study.emulated_runs
    assert (run.student, run.run) == ("l", "sft_of_s-s0")
    assert run in study.runs and run not in study.trained_runs
    spec = study.episodes_spec("l", "sft_of_s-s0")
    assert spec.emulated.model_dump() == {"student": "s", "run": "sft-s0", "weight": 0.5}
    assert spec.checkpoints == ["final"] and spec.inference.adapters is None
    with pytest.raises(KeyError):
        study.train_spec("l", "sft_of_s-s0")
    assert study.checkpoints_of(run) == ["final"]


def test_the_training_that_it_borrows_is_of_its_own_seed(tmp_path):
    study, _ = study_of(tmp_path)
    assert study.borrowed_from(study.run("l", "sft_of_s-s1")) == study.run("s", "sft-s1")
    assert study.borrowed_from(study.run("l", "sft-s1")) is None
    assert study.borrowed_from(study.run("l", "base")) is None


def test_the_weight_is_1_where_it_is_left_out(tmp_path):
    study, problems = study_of(tmp_path, "{objective: emulated, from: {student: s, recipe: sft}}")
    assert problems == []
    assert study.episodes_spec("l", "sft_of_s-s0").emulated.weight == 1.0


def test_the_analysis_and_what_is_registered_know_whose_training_is_borrowed(tmp_path):
    study, _ = study_of(tmp_path)
    row = {"recipe": "sft_of_s", "student": "l", "from_student": "s", "from_recipe": "sft"}
    assert [each.model_dump() for each in study.analysis_spec().analysis.emulated] == [row]
    design = declared_design(study)
    assert design["emulated"]["sft_of_s"]["from"] == {"student": "s", "recipe": "sft"}
    assert design["seeds.sft_of_s.l"] == [0, 1]


def test_what_is_drawn_of_logs_looks_for_none_of_an_emulated_run(tmp_path):
    study, _ = study_of(tmp_path)
    logged = {(run["student"], run["run"]) for run in runs_with("log", study.figures_spec())}
    assert logged == {(run.student, run.run) for run in study.trained_runs}
    assert read_study(REPOSITORY / "studies/embedded.yaml")[0].figures_spec().emulated is None


def test_a_prediction_may_be_about_an_emulated_run(tmp_path):
    about = "  lent: {effect: {contrast: gain:none, student: l, recipe: sft_of_s}, direction: greater}\n"
    assert study_of(tmp_path, text=EMBEDDED.replace("predictions:\n", f"predictions:\n{about}"))[1] == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"recipe": "{objective: emulated, from: {student: x, recipe: sft}}"},
            "recipes.sft_of_s.from.student: found 'x', expected a key of `students`",
        ),
        (
            {"recipe": "{objective: emulated, from: {student: s, recipe: sfft}}"},
            "recipes.sft_of_s.from.recipe: found 'sfft', expected a key of `recipes`",
        ),
        (
            {"recipe": "{objective: emulated, from: {student: s, recipe: sft_of_s}}"},
            "recipes.sft_of_s.from.recipe: found 'sft_of_s', expected a key of `recipes`",
        ),
        ({"recipe": "{objective: emulated}"}, "recipes.sft_of_s: found no key 'from'"),
        (
            {"recipe": "{objective: emulated, from: {student: s, recipe: sft}, epochs: 3}"},
            "recipes.sft_of_s.epochs: found the key 'epochs', expected no such key with objective: emulated",
        ),
        (
            {"recipe": "{objective: emulated, from: {student: s, recipe: sft}, weight: -1}"},
            "recipes.sft_of_s.weight: found -1, expected a number at least 0",
        ),
        (
            {"runs": "students: [l], seeds: [0, 7]"},
            "runs[0]: found sft_of_s without s sft-s7, expected a run of sft at s for each of its seeds",
        ),
        (
            {"runs": "students: [l, s], seeds: [0]"},
            "runs[0].students[1]: found 's', expected another student than s",
        ),
        (
            {"text": EMBEDDED.replace("engine: vllm", "engine:  vllm")},
            "inference.engine: found 'vllm', expected transformers, which alone composes models (sft_of_s)",
        ),
        (
            {"text": EMBEDDED.replace("    checkpoints: [final]\n", "    checkpoints: [4]\n", 1)},
            "recipes.sft_of_s.from.recipe: found sft, whose last checkpoint is at step 4 of 138",
        ),
        (
            {"text": EMBEDDED.replace("    corpus: worked\n", "    corpus: worked\n    start: sft_of_s\n")},
            "recipes.sft.start: found 'sft_of_s', expected a key of `recipes`",
        ),
    ],
)
def test_a_mistake_about_emulation_is_told_before_any_job(tmp_path, changed, says):
    _, problems = study_of(tmp_path, **changed)
    assert any(says in line for line in problems), problems


@pytest.mark.models
def test_students_of_other_tokenizers_are_refused_before_any_job(tmp_path):
    write_student(tmp_path / "one")
    other = write_student(tmp_path / "other")
    same = "students:\n  x: {tier: 8, source: path, path: one}\n  y: {tier: 9, source: path, path: other}\n"
    text = EMBEDDED.replace("students:\n", same, 1)
    runs = "students: [y], seeds: [0]}\n  - {recipe: sft, students: [x], seeds: [0]"
    recipe = "{objective: emulated, from: {student: x, recipe: sft}}"
    study, problems = study_of(tmp_path, recipe, runs, text)
    assert problems == [] and mistakes(study) == []
    file = other / "tokenizer.json"
    file.write_text(file.read_text().replace('"A":', '"@":'))
    (line,) = mistakes(study)
    assert "recipes.sft_of_s.from.student: found x, whose tokenizer is not that of y" in line
    # students from scratch have one of their own
    study, problems = study_of(tmp_path, RECIPE, "students: [y], seeds: [0]", text)
    assert problems == [] and "found s, whose tokenizer is not that of y" in mistakes(study)[0]
