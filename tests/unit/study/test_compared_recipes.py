"""Claims about the pairs of recipes that a study compares: what each is about, and which are refused."""

from __future__ import annotations

import json

import pytest
from study_files import REPOSITORY

from skillift.study.study import read_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
RECIPE = """  {name}:
    objective: sft
    corpus: {corpus}
    trainable: {{lora: {{rank: 16, alpha: 32, dropout: 0.0}}}}
    learning_rate: {rate}
    {length}
    batch_size: 16
    schedule: linear
    warmup_ratio: 0.05
    weight_decay: 0.0
    checkpoints: [final]
"""
CORPORA = """  noisy: {like: worked, wrong_share: 0.3}
  few: {rows: 48, condition: curated, form: worked, seed: 1}
  lines: {like: answer_only, verified: false}
"""


def study_of(tmp_path, compare, corpus="noisy", length="epochs: 6", rate="5.0e-3", students="[s]"):
    recipe = RECIPE.format(name="other", corpus=corpus, length=length, rate=rate)
    run = f"  - {{recipe: other, students: {students}, seeds: [0]}}\n"
    text = EMBEDDED.replace("\nruns:\n", f"\n{recipe}\nruns:\n{run}")
    text = text.replace("corpora:\n", f"corpora:\n{CORPORA}")
    text = text.replace("  kind: worked_solution\n", "  kind: worked_solution\n  until: both\n")
    if compare:
        text = text.replace("analysis:\n", f"analysis:\n  compare: {json.dumps(compare)}\n")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


def test_recipes_on_the_same_tasks_are_a_pair_about_their_data(tmp_path):
    study, problems = study_of(tmp_path, [["other", "sft"]])
    assert problems == []
    pair = {"claim": "data_quality", "recipe": "other", "against": "sft"}
    analysis = study.analysis_spec().analysis
    assert [each.model_dump() for each in analysis.compare] == [pair]
    assert analysis.margins["data_quality"] == 0.05


def test_recipes_of_equally_many_steps_on_fewer_rows_are_a_pair_about_repetition(tmp_path):
    # 353 rows in batches of 16 are 23 steps an epoch, 48 rows are 3: 6 epochs and 46
    study, problems = study_of(tmp_path, [["other", "sft"]], corpus="few", length="epochs: 46")
    assert problems == []
    analysis = study.analysis_spec().analysis
    assert analysis.compare[0].claim == "repetition"
    assert "data_quality" not in analysis.margins


@pytest.mark.parametrize(
    ("compare", "changed", "says"),
    [
        ([["other", "sfft"]], {}, "analysis.compare[0][1]: found 'sfft', expected a key of `recipes`"),
        ([["sft", "sft"]], {}, "analysis.compare[0][1]: found 'sft', expected every item once"),
        ([["sft"]], {}, "analysis.compare[0]: found ['sft'], expected a list of at least 2"),
        ([["other", "sft"]], {"rate": "4.0e-3"}, "They differ in corpus, learning_rate; other takes 138"),
        (
            [["other", "sft"]],
            {"corpus": "few"},
            "They differ in corpus; other takes 18 steps and sft 138.",
        ),
        (
            [["sft", "other"]],
            {"corpus": "few", "length": "epochs: 46"},
            "the one with fewer rows first",
        ),
        ([["other", "sft"]], {"students": "[]"}, "runs[0].students: found []"),
    ],
)
def test_a_pair_that_differs_in_more_than_a_claim_is_about_is_refused(tmp_path, compare, changed, says):
    _, problems = study_of(tmp_path, compare, **changed)
    assert [line for line in problems if says in line], problems


def test_recipes_that_train_no_student_in_common_are_refused(tmp_path):
    pair = [["other", "answer_only"]]
    assert study_of(tmp_path, pair, corpus="lines")[1] == []
    _, problems = study_of(tmp_path, pair, corpus="lines", students="[m]")
    assert len(problems) == 1
    assert "other and answer_only, which train no student in common" in problems[0]


def test_a_study_that_compares_nothing_says_nothing_of_it(tmp_path):
    study, problems = study_of(tmp_path, None)
    assert problems == []
    assert study.analysis_spec().analysis.compare is None
    assert "data_quality" not in study.data["analysis"]["margins"]
