"""Arms: how rows of the tables find their student, recipe, phase and place."""

from __future__ import annotations

import copy
import json

import polars as pl
import pytest
from analysis_tables import full_study, make_spec
from made_specs import viewed

from skillift.commands import spec_of
from skillift.errors import UserError
from skillift.reporting.arms import place, span
from skillift.settings.analysis_specs import FiguresSpec


def test_students_are_ordered_by_tier_and_reference_models_stand_last():
    spec = make_spec()
    assert viewed(spec).labels == ["45 k", "115 k", "338 k"]
    assert viewed({**spec, "references": ["s"]}).labels == ["115 k", "338 k", "45 k"]


def test_two_students_with_one_label_stay_apart():
    spec = copy.deepcopy(make_spec(("s", "m")))
    spec["students"]["m"]["label"] = "45 k"
    assert viewed(spec).labels == ["45 k (s)", "45 k (m)"]


def test_the_recipe_that_most_students_have_comes_first():
    assert viewed(make_spec()).recipes == ["sft", "answer_only"]
    of_one_student = make_spec(("s",), (("sft", (0, 1)), ("answer_only", (0,))))
    assert viewed(of_one_student).recipes == ["sft", "answer_only"]  # by the number of seeds


def test_the_row_of_a_whole_recipe_is_the_headline_and_its_seeds_are_not():
    spec, tables = full_study()
    rows = place(tables["effects"], viewed(spec), "effects").filter(
        path="bench", contrast="lift:curated-none", student="s"
    )
    headline = dict(rows.select("run", "headline").iter_rows())
    assert headline == {"sft": True, "sft-s0": False, "sft-s1": False, "answer_only-s0": True}


def test_rows_of_other_suites_are_left_out():
    spec, tables = full_study()
    dev = tables["pass_rates"].with_columns(suite=pl.lit("dev"))
    view = viewed(spec)
    both = place(pl.concat([tables["pass_rates"], dev]), view, "pass rates")
    assert both.equals(place(tables["pass_rates"], view, "pass rates"))
    with pytest.raises(UserError, match="no rows of the suite holdout"):
        place(dev, view, "pass rates")


@pytest.mark.parametrize(("column", "value"), [("student", "xl"), ("run", "dpo-s0")])
def test_a_name_that_the_study_does_not_have_is_an_error(column, value):
    spec, tables = full_study()
    with pytest.raises(UserError, match=value):
        place(tables["effects"].with_columns(pl.lit(value).alias(column)), viewed(spec), "effects")


@pytest.mark.parametrize("key", ["analysis", "students", "runs"])
def test_a_spec_without_a_part_is_an_error_that_names_it(key):
    spec = make_spec()
    del spec[key]
    with pytest.raises(UserError, match=f"--spec: found no key '{key}'"):
        spec_of(FiguresSpec)(json.dumps(spec))


def test_a_span_is_one_number_or_its_ends():
    assert span(pl.Series([200, 200])) == "200"
    assert span(pl.Series([200, 198])) == "198 to 200"


def test_runs_stand_in_one_order_and_are_written_in_one_way():
    """As on every page: before SFT, then the recipe that most students have; a mean before its seeds."""
    view = viewed(make_spec())
    runs = pl.DataFrame({"run": ["answer_only-s0", "sft-s1", "base", "sft-s0", "sft", "answer_only"]})
    written = runs.sort(view.run_place()).select(view.trained())["run"].to_list()
    assert written == [
        "before SFT",
        *("sft", "sft, seed 0", "sft, seed 1"),
        *("answer_only", "answer_only, seed 0"),
    ]
