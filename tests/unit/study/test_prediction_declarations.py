"""Predictions in a study file: what they say in full, and every mistake with its line and fix."""

from __future__ import annotations

import pytest
import yaml
from study_files import EMBEDDED

from skillift.errors import UserError
from skillift.provenance import canonical
from skillift.study.predictions import declared
from skillift.study.study import load_study

WITHOUT = EMBEDDED[: EMBEDDED.index("\n# Written after the first measurements")]
FULL = {
    "effect": {"contrast": "lift:curated-none", "student": "l", "recipe": "sft"},
    "direction": "greater",
}


def study_with(study_file, **changes):
    """The embedded study with one prediction `p`; a change of None takes the key out."""
    entry = {name: value for name, value in (FULL | changes).items() if value is not None}
    return load_study(study_file(WITHOUT + yaml.safe_dump({"predictions": {"p": entry}}, sort_keys=False)))


def test_a_prediction_says_everything_even_what_the_study_leaves_to_defaults(study_file):
    assert declared(study_with(study_file)) == {
        "p": {
            "text": "",
            "path": "judge:conclusion",
            "suite": "holdout",
            "effect": {"contrast": "lift:curated-none", "student": "l", "recipe": "sft"},
            "minus": None,
            "direction": "greater",
            "than": 0.0,
            "margin": 0.0,
            "confidence": 0.95,
        }
    }


def test_what_the_headline_path_and_the_confidence_say_is_part_of_it(study_file):
    plain = canonical(declared(load_study(study_file(EMBEDDED))))
    for old, new in (
        ("headline_path: judge:conclusion", "headline_path: bench"),
        ("confidence: 0.95", "confidence: 0.9"),
    ):
        assert canonical(declared(load_study(study_file(EMBEDDED.replace(old, new))))) != plain


def test_the_same_statement_written_otherwise_is_the_same(study_file):
    one = study_with(study_file, than=0, margin=1.0, path="judge:conclusion")
    other = study_with(study_file, margin=1, suite="holdout")
    assert canonical(declared(one)) == canonical(declared(other))


def test_a_study_without_predictions_declares_none(study_file):
    assert declared(load_study(study_file(WITHOUT))) == {}


def test_the_published_kind_of_prediction_can_be_said(study_file):
    """The lift at a larger tier lies between 2 and 6 points, and is smaller than at a smaller tier."""
    between = study_with(study_file, direction="equivalent", than=0.04, margin=0.02)
    smaller = study_with(study_file, direction="less", minus=FULL["effect"] | {"student": "m"})
    assert declared(between)["p"]["than"] == 0.04
    assert declared(smaller)["p"]["minus"]["student"] == "m"


EFFECT = FULL["effect"]
BAD = {
    "an unknown student": (
        {"effect": EFFECT | {"student": "xl"}},
        ["predictions.p.effect.student: found 'xl', expected a student or reference model (one of l, m, s)"],
    ),
    "an unknown recipe": (
        {"effect": EFFECT | {"recipe": "stf"}},
        ["predictions.p.effect.recipe: found 'stf', expected a key of `recipes`", "Did you mean 'sft'?"],
    ),
    "a recipe that the student has no run of": (
        {"effect": EFFECT | {"recipe": "answer_only"}},
        ["predictions.p.effect.recipe: found no run of the recipe 'answer_only' at l", "Add it to `runs`."],
    ),
    "an unknown contrast": (
        {"effect": EFFECT | {"contrast": "lift:curated"}},
        ["predictions.p.effect.contrast: found 'lift:curated'", "Did you mean 'lift:curated-none'?"],
    ),
    "a lift before training": (
        {"effect": {"contrast": "lift:curated-none", "student": "l"}},
        [
            "predictions.p.effect.contrast: found 'lift:curated-none'",
            "where no recipe is named",
            "Add `recipe`",
        ],
    ),
    "an unknown path": (
        {"path": "judge:tial"},
        ["predictions.p.path: found 'judge:tial', expected a scoring path", "Did you mean 'judge:tail'?"],
    ),
    "a suite that is not answered": (
        {"suite": "transfer"},
        ["predictions.p.suite: found 'transfer', expected a suite of `inference.suites` (the word holdout)"],
    ),
    "a metric of more samples than there are": (
        {"metric": "pass@4"},
        ["predictions.p.metric: found 'pass@4 with samples 1', expected samples: 4 or more", "Set `samples`"],
    ),
    "a metric that needs what the study does not keep": (
        {"metric": "brier"},
        [
            "predictions.p.metric: found brier without log_probabilities, expected a study that keeps",
            "Set `log_probabilities: true` of `inference`.",
        ],
    ),
    "an equivalence without a margin": (
        {"direction": "equivalent"},
        ["predictions.p.margin: found 0.0, expected a margin above 0 for `direction: equivalent`"],
    ),
    "an effect less itself": (
        {"minus": EFFECT},
        ["predictions.p.minus: found the same effect as under `effect`, expected another effect"],
    ),
    "a mistake in the second effect": (
        {"minus": EFFECT | {"student": "xl"}},
        ["predictions.p.minus.student: found 'xl'"],
    ),
    "no direction": (
        {"direction": None},
        ["predictions.p: found no key 'direction'", "one of greater, less"],
    ),
    "no effect": ({"effect": None}, ["predictions.p: found no key 'effect'"]),
    "another direction": (
        {"direction": "grater"},
        ["predictions.p.direction: found 'grater'", "Did you mean 'greater'?"],
    ),
    "an unknown key": (
        {"margn": 0.1},
        ["predictions.p.margn: found an unknown key 'margn'", "Did you mean 'margin'?"],
    ),
    "a path of one effect alone": (
        {"effect": EFFECT | {"path": "bench"}},
        ["predictions.p.effect.path: found an unknown key 'path'"],
    ),
    "a negative margin": (
        {"margin": -0.1},
        ["predictions.p.margin: found -0.1, expected a number at least 0"],
    ),
    "points for fractions": ({"than": 7}, ["predictions.p.than: found 7, expected a number", "at most 2"]),
    "code for a contrast": (
        {"effect": EFFECT | {"contrast": "__import__('os')"}},
        ["predictions.p.effect.contrast: found \"__import__('os')\", expected a contrast of"],
    ),
}


@pytest.mark.parametrize(("changes", "texts"), BAD.values(), ids=BAD)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(study_file, changes, texts):
    with pytest.raises(UserError) as refused:
        study_with(study_file, **changes)
    (line,) = str(refused.value).splitlines()
    assert line.split(":")[1].isdigit()
    for text in texts:
        assert text in line


def test_a_contrast_needs_its_conditions(study_file):
    text = WITHOUT.replace("[none, curated, placebo, shuffled, filler]", "[none, curated]")
    effect = EFFECT | {"contrast": "curated-placebo"}
    more = yaml.safe_dump({"predictions": {"p": FULL | {"effect": effect}}})
    with pytest.raises(UserError, match="found 'curated-placebo', expected a contrast"):
        load_study(study_file(text + more))


def test_a_reference_model_is_never_trained(study_file):
    reference = "references: {big: {tier: 4, source: api, model: a/b}}"
    text = WITHOUT.replace("references: {}", reference)
    plain = {"contrast": "curated-none", "student": "big"}
    for effect, refused in ((plain, False), (plain | {"recipe": "sft"}, True)):
        path = study_file(text + yaml.safe_dump({"predictions": {"p": FULL | {"effect": effect}}}))
        if refused:
            with pytest.raises(UserError, match="no run of the recipe 'sft' at big"):
                load_study(path)
        else:
            assert declared(load_study(path))["p"]["effect"]["recipe"] is None


def test_predictions_are_not_looked_at_where_the_sections_they_refer_to_are_wrong(study_file):
    text = EMBEDDED.replace("  - {recipe: sft, students: [s, m, l], seeds: [0, 1]}", "  - {recipe: sft}")
    with pytest.raises(UserError) as refused:
        load_study(study_file(text))
    assert "predictions." not in str(refused.value)
