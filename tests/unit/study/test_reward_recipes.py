"""Claims about recipes on rewards: what a study may say of them, and what they are compared with."""

from __future__ import annotations

import pytest
from study_files import REPOSITORY

from skillift.study.study import read_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
GRPO = {
    "objective": "grpo",
    "corpus": "worked",
    "start": "sft",
    "generations": "8",
    "max_tokens": "48",
    "temperature": "1.0",
    "beta": "0.02",
    "trainable": "{lora: {rank: 16, alpha: 32}}",
    "learning_rate": "1.0e-3",
    "max_steps": "8",
    "batch_size": "16",
}


def study_of(tmp_path, text=EMBEDDED, **keys):
    recipe = {key: value for key, value in {**GRPO, **keys}.items() if value}
    lines = "".join(f"    {key}: {value}\n" for key, value in recipe.items())
    runs = "  - {recipe: grpo, students: [s], seeds: [0, 1]}"
    text = text.replace("\nruns:\n", f"\n  grpo:\n{lines}\nruns:\n{runs}\n")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, problems, _ = read_study(tmp_path / "study.yaml")
    return study, problems


def test_what_a_training_on_rewards_is_told(tmp_path):
    study, problems = study_of(tmp_path, beta="")
    assert problems == []
    spec = study.train_spec("s", "grpo-s1")
    assert (spec.objective, spec.start, spec.generations, spec.max_tokens) == ("grpo", "sft", 8, 48)
    assert (spec.temperature, spec.beta) == (1.0, None)
    assert study.start_of("grpo-s1") == "sft-s1"
    assert "generations" not in study.train_spec("s", "sft-s1").model_dump()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"generations": ""},
            ["recipes.grpo: found no key 'generations', expected one with objective: grpo"],
        ),
        ({"max_tokens": ""}, ["recipes.grpo: found no key 'max_tokens'", "Add `max_tokens: 48`"]),
        ({"generations": "1"}, ["recipes.grpo.generations: found 1, expected a whole number at least 2"]),
        ({"temperature": "0"}, ["recipes.grpo.temperature: found 0, expected a number above 0"]),
        (
            {"sft_weight": "0.1"},
            ["recipes.grpo.sft_weight: found the key 'sft_weight', expected no such key with"],
        ),
        (
            {"objective": "sft", "beta": "", "temperature": ""},
            [
                "recipes.grpo.generations: found the key 'generations', expected no such key",
                "recipes.grpo.max_tokens: found the key 'max_tokens'",
            ],
        ),
        (
            {
                "corpus": "pairs",
                "text": EMBEDDED.replace(
                    "corpora:\n", "corpora:\n  pairs: {like: worked, form: pairs, rejected: corrupted}\n"
                ),
            },
            ["recipes.grpo.corpus: found 'pairs', expected a corpus without `form: pairs`, for grpo"],
        ),
        (
            {"trainable": "{lora: {rank: 4, alpha: 8, dropout: 0.1}}"},
            ["recipes.grpo.trainable.lora.dropout: found 0.1, expected 0 where answers are scored"],
        ),
        ({"packing": "true"}, ["recipes.grpo.packing: found True, expected false where answers are scored"]),
    ],
)
def test_a_mistake_about_rewards_is_told_before_any_job(tmp_path, changed, says):
    _, problems = study_of(tmp_path, **changed)
    assert [words for words in says if not any(words in line for line in problems)] == [], problems


def test_it_and_what_it_starts_from_are_a_pair_about_rewards(tmp_path):
    compare = EMBEDDED.replace("analysis:\n", "analysis:\n  compare: [[grpo, sft]]\n")
    study, problems = study_of(tmp_path, text=compare)
    assert problems == []
    pair = {"claim": "reward", "recipe": "grpo", "against": "sft"}
    assert [each.model_dump() for each in study.analysis_spec().analysis.compare] == [pair]


@pytest.mark.parametrize(("pair", "start"), [("[sft, grpo]", "sft"), ("[grpo, sft]", "")])
def test_the_other_way_round_or_without_that_start_they_are_no_pair(tmp_path, pair, start):
    compare = EMBEDDED.replace("analysis:\n", f"analysis:\n  compare: [{pair}]\n")
    _, problems = study_of(tmp_path, text=compare, start=start)
    assert any("or one on rewards and then that one" in line for line in problems)
