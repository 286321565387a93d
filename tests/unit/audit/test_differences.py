"""What the audit says of two specs, of code and of packages that differ."""

from __future__ import annotations

import pytest

from skillift.audit.differences import differences, value
from skillift.audit.packages import changed_packages
from skillift.audit.plan import Trigger
from skillift.audit.reasons import changed_code, families
from skillift.provenance import canonical

RECIPE = {"learning_rate": 1.0e-4, "epochs": 3, "lora": {"rank": 8, "alpha": 16}}


def between(old: dict, new: dict) -> list[str]:
    return differences(canonical(old), canonical(new))


def test_a_changed_number_stands_as_a_study_file_would_say_it():
    assert between(RECIPE, {**RECIPE, "learning_rate": 2.0e-4}) == ["learning_rate: 1.0e-4 -> 2.0e-4"]


def test_swapped_values_are_two_differences_by_their_places():
    swapped = {**RECIPE, "lora": {"rank": 16, "alpha": 8}}
    assert between(RECIPE, swapped) == ["lora.alpha: 16 -> 8", "lora.rank: 8 -> 16"]


def test_added_and_removed_keys_and_entries_are_named():
    old = {
        "conditions": ["none", "curated"],
        "runs": [{"student": "s", "run": "base", "seed": None}],
        "top_p": 1,
    }
    new = {
        "conditions": ["none"],
        "runs": [*old["runs"], {"student": "s", "run": "sft-s1", "seed": 1}],
        "n": 2,
    }
    assert between(old, new) == [
        "conditions: removed curated",
        "n: added, 2",
        "runs: added s/sft-s1",
        "top_p: removed, was 1",
    ]


def test_another_order_of_a_list_is_told_as_such():
    assert between({"layers": ["q", "v"]}, {"layers": ["v", "q"]}) == ["layers: another order"]


def test_true_and_1_differ():
    assert between({"fsdp": True}, {"fsdp": 1}) == ["fsdp: true -> 1"]


def test_equal_specs_have_no_differences():
    assert between(RECIPE, dict(RECIPE)) == []


@pytest.mark.parametrize("text", [None, "", "{", "[1]"])
def test_a_spec_that_was_not_recorded_is_not_guessed_at(text):
    assert differences(text, "{}") == ["settings added"]


@pytest.mark.parametrize(
    ("number", "text"), [(5e-3, "5.0e-3"), (0.05, "0.05"), (1.25e-5, "1.25e-5"), (0.0, "0.0"), (2e7, "2.0e7")]
)
def test_numbers_read_as_yaml_numbers(number, text):
    import yaml

    assert value(number) == text
    if "e7" not in text:  # YAML 1.1 asks for a sign there; no setting is as large
        assert yaml.safe_load(value(number)) == number


def test_long_values_are_cut():
    assert len(value("x" * 500)) == 60


def test_changed_functions_are_named_and_not_the_modules_that_hold_them():
    before = {
        "judge:main": "1",
        "judge:*": "1",
        "skillift.judging.verdicts:parse_reply": "1",
        "skillift.tables:": "1",
    }
    notes = {"a": before, "b": {**before, "judge:*": "2", "skillift.judging.verdicts:parse_reply": "2"}}
    assert changed_code(Trigger("code", "a", "b"), notes) == "code: judging.verdicts.parse_reply"


def test_code_that_was_never_noted_is_said_to_have_changed_and_no_more():
    assert changed_code(Trigger("code", "a", "b"), {"b": {}}) == "code that it reaches"


def test_changed_pins_are_named_in_both_forms_of_the_lock():
    before = "dependencies:\n  - python=3.11\n  - pip:\n      - torch==2.13.0\n      - trl==1.16.0\n"
    after = before.replace("2.13.0", "2.14.0").replace("python=3.11", "python=3.12")
    assert changed_packages(before, after) == "python 3.11 -> 3.12, torch 2.13.0 -> 2.14.0"
    assert changed_packages("a==1\n", "b==1\n") == "a 1 -> none, b none -> 1"
    assert changed_packages("# x\na==1\n", "a==1\n") == "nothing but its layout"


def test_figures_and_tables_are_families():
    rules = ["judge", "make_figure_lift", "make_figure_costs", "make_table_claims", "make_costs"]
    assert families(rules) == ["judge", "make_figure_*", "make_table_*", "make_costs"]
