"""What a study's ledger has of its design and predictions, in words."""

from __future__ import annotations

import pytest

from skillift.publication.declared_words import (
    field_in_words,
    key_in_words,
    prediction_in_words,
    value_in_words,
)

LABELS = {"s": "45 k", "m": "115 k"}
LIFT = {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"}
PREDICTION = {
    "text": "",
    "effect": LIFT,
    "minus": None,
    "direction": "greater",
    "than": 0.0,
    "margin": 0.05,
    "confidence": 0.95,
}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("headline_path", "headline path"),
        ("margins.uniform_lift", "margin uniform_lift"),
        ("seeds.sft.s", "seeds of sft at 45 k"),
        ("seeds.sft.gone", "seeds of sft at gone"),
        ("tasks.holdout", "tasks of holdout"),
        ("predictions.p", "prediction p"),
        ("predictions.p.margin", "prediction p: margin"),
        ("compare", "compared recipes"),
        ("", ""),
    ],
)
def test_a_key_is_said_in_words(key, said):
    assert key_in_words(key, LABELS) == said


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("confidence", 0.95, "95 %"),
        ("margins.uniform_lift", 0.15, "15.0 pp"),
        ("headline_path", "judge:conclusion", "judge:conclusion"),
        ("conditions", ["none", "curated"], "none, curated"),
        ("models", ["s", "gone"], "45 k, gone"),
        ("trajectory", [{"student": "m", "delta": -0.075}], "115 k \u22127.5 pp"),
        ("compare", [["noisy", "once"], ["dpo", "sft"]], "noisy against once, dpo against sft"),
        (
            "depth",
            {"early": [8, 16], "dip": 0.05, "recovery": 0.1},
            "early 8, 16; dip 5.0 pp; recovery 10.0 pp",
        ),
        ("constraint_ceiling", {"limit": 0.9, "margin": 0.05}, "limit 90 %; margin 5.0 pp"),
        (
            "emulated",
            {"a_big": {"from": {"recipe": "sft", "student": "s"}, "weight": 1.0}},
            "a_big (from (recipe sft; student 45 k); weight 1)",
        ),
        (
            "protocols",
            {"main": {}, "many": {"samples": 8, "temperature": 0.8, "judges": []}},
            "main; many (samples 8; temperature 0.8; judges none)",
        ),
        ("samples", 4, "4"),
        ("tasks.holdout", 200, "200"),
        ("x", True, "yes"),
        ("conditions", None, ""),
    ],
)
def test_a_value_is_said_in_words_and_none_as_data(key, value, said):
    assert value_in_words(key, value, LABELS) == said


def test_a_prediction_is_its_own_words_or_else_its_statement():
    assert prediction_in_words({**PREDICTION, "text": "It lifts."}, LABELS) == "It lifts."
    assert prediction_in_words(PREDICTION, LABELS) == "lift at 45 k by sft: above +5.0 pp"
    less = prediction_in_words({**PREDICTION, "minus": {**LIFT, "student": "m"}}, LABELS)
    assert less == "lift at 45 k by sft, less lift at 115 k by sft: above +5.0 pp"


def test_a_changed_key_of_a_prediction_is_in_its_unit():
    changed = {"than": "0 pp", "margin": "5.0 pp", "confidence": "95 %", "effect": "lift at 45 k by sft"}
    for name, said in {**changed, "minus": "", "direction": "greater", "known": ""}.items():
        assert field_in_words(name, PREDICTION, LABELS) == said
    counted = {**PREDICTION, "metric": "distinct@4", "margin": 0.5}
    assert field_in_words("margin", counted, LABELS) == "0.5 answers"
