"""Claims about recipes on preference pairs, and that start from another: what a study may say of them."""

from __future__ import annotations

import pytest
from study_files import REPOSITORY

from skillift.study.study import read_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
PAIRS = "{like: worked, form: pairs, rejected: corrupted}"
DPO = {
    "objective": "dpo",
    "corpus": "pairs",
    "start": "sft",
    "beta": "0.1",
    "sft_weight": "0.2",
    "trainable": "{lora: {rank: 16, alpha: 32}}",
    "learning_rate": "5.0e-4",
    "epochs": "1",
    "batch_size": "16",
}


def study_of(tmp_path, pairs: str = PAIRS, runs: str = "students: [s], seeds: [0, 1]", text=EMBEDDED, **keys):
    recipe = {key: value for key, value in {**DPO, **keys}.items() if value}
    lines = "".join(f"    {key}: {value}\n" for key, value in recipe.items())
    text = text.replace("corpora:\n", f"corpora:\n  pairs: {pairs}\n")
    text = text.replace("\nruns:\n", f"\n  dpo:\n{lines}\nruns:\n  - {{recipe: dpo, {runs}}}\n")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


def test_what_a_training_on_pairs_is_told(tmp_path):
    study, problems = study_of(tmp_path)
    assert problems == []
    spec = study.train_spec("s", "dpo-s1")
    assert (spec.objective, spec.start, spec.beta, spec.sft_weight) == ("dpo", "sft", 0.1, 0.2)
    assert "start" not in study.train_spec("s", "sft-s1").model_dump()
    pairs = study.corpus_spec("pairs")
    assert (pairs.form, pairs.rejected, pairs.like, pairs.rows) == ("pairs", "corrupted", "worked", 353)


def test_a_run_starts_from_the_run_of_its_own_seed(tmp_path):
    study, _ = study_of(tmp_path)
    assert study.start_of("dpo-s1") == "sft-s1"
    assert study.start_of("sft-s1") is None


def test_a_corpus_whose_tasks_another_takes_is_made_though_nothing_is_trained_on_it(tmp_path):
    text = EMBEDDED.replace("    corpus: worked\n", "    corpus: answer_only\n")
    study, problems = study_of(tmp_path, text=text, start="")
    assert problems == []
    assert {"pairs", "worked"} <= {*study.corpora}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"start": "sfft"}, ["recipes.dpo.start: found 'sfft', expected a key of `recipes`", "'sft'?"]),
        (
            {"start": "dpo"},
            ["recipes.dpo.start: found 'dpo', expected a recipe that does not start from this"],
        ),
        (
            {"runs": "students: [s], seeds: [0, 7]"},
            ["runs[0]: found dpo, which starts from sft, without s sft-s7, expected a run of sft for each"],
        ),
        (
            {"text": EMBEDDED.replace("    checkpoints: [final]\n", "    checkpoints: [4]\n", 1)},
            ["recipes.dpo.start: found sft, whose last checkpoint is at step 4 of 138", "Add `final`"],
        ),
        ({"beta": ""}, ["recipes.dpo: found no key 'beta', expected one with objective: dpo"]),
        ({"beta": "0"}, ["recipes.dpo.beta: found 0, expected a number above 0"]),
        ({"sft_weight": "-1"}, ["recipes.dpo.sft_weight: found -1, expected a number at least 0"]),
        (
            {"objective": "sft", "sft_weight": ""},
            ["recipes.dpo.beta: found the key 'beta', expected no such key with objective: sft"],
        ),
        (
            {"corpus": "worked"},
            ["recipes.dpo.corpus: found 'worked', expected a corpus with `form: pairs`, for dpo"],
        ),
        (
            {"objective": "sft", "beta": "", "sft_weight": ""},
            ["recipes.dpo.corpus: found 'pairs', expected a corpus without `form: pairs`, for sft"],
        ),
        (
            {"trainable": "{lora: {rank: 4, alpha: 8, dropout: 0.1}}"},
            ["recipes.dpo.trainable.lora.dropout: found 0.1, expected 0 for preference pairs"],
        ),
        ({"packing": "true"}, ["recipes.dpo.packing: found True, expected false for preference pairs"]),
        (
            {"text": EMBEDDED.replace("inference:\n", "inference:\n  adapters: lora\n")},
            ["inference.adapters: found 'lora', expected merged, as another recipe's weights are trained on"],
        ),
        (
            {"pairs": "{like: worked, form: pairs}"},
            ["corpora.pairs.form: found form: pairs without the key 'rejected'", "Add `rejected: failed`"],
        ),
        (
            {
                "pairs": "{like: worked, rejected: failed}",
                "text": EMBEDDED.replace("kind: worked_solution", "kind: worked_solution\n  until: both"),
            },
            ["corpora.pairs.rejected: found the key 'rejected', expected `form: pairs` and", "form: pairs"],
        ),
        (
            {"pairs": "{like: worked, form: pairs, rejected: failed}"},
            ["corpora.pairs.rejected: found 'failed', expected corrupted without `teacher.until: both`"],
        ),
        (
            {"pairs": "{like: worked, form: pairs, rejected: corrupted, verified: false}"},
            ["corpora.pairs.verified: found the key 'verified', expected no such key with form: pairs"],
        ),
        (
            {"pairs": "{rows: 9, condition: curated, form: pairs}"},
            ["corpora.pairs.form: found 'pairs', expected one of worked, answer_only"],
        ),
        (
            {"pairs": "{rows: 9, condition: curated, rejected: failed}"},
            ["corpora.pairs.rejected: found the key 'rejected', expected no such key without `like`"],
        ),
    ],
)
def test_a_mistake_about_pairs_or_starts_is_told_before_any_job(tmp_path, changed, says):
    _, problems = study_of(tmp_path, **changed)
    assert [words for words in says if not any(words in line for line in problems)] == [], problems


def test_recipes_that_start_from_each_other_are_refused(tmp_path):
    text = EMBEDDED.replace(
        "    objective: sft\n    corpus: worked\n",
        "    objective: sft\n    corpus: worked\n    start: dpo\n",
        1,
    )
    _, problems = study_of(tmp_path, text=text)
    assert sum("expected a recipe that does not start from this one itself" in line for line in problems) == 2


def test_it_and_what_it_starts_from_are_a_pair_about_preferences(tmp_path):
    compare = EMBEDDED.replace("analysis:\n", "analysis:\n  compare: [[dpo, sft]]\n")
    study, problems = study_of(tmp_path, text=compare)
    assert problems == []
    pair = {"claim": "preference", "recipe": "dpo", "against": "sft"}
    assert [each.model_dump() for each in study.analysis_spec().analysis.compare] == [pair]


@pytest.mark.parametrize(("pair", "start"), [("[sft, dpo]", "sft"), ("[dpo, sft]", "")])
def test_the_other_way_round_or_without_that_start_they_are_no_pair(tmp_path, pair, start):
    compare = EMBEDDED.replace("analysis:\n", f"analysis:\n  compare: [{pair}]\n")
    _, problems = study_of(tmp_path, text=compare, start=start)
    assert any("one on preference pairs and then the one that it starts from" in line for line in problems)
