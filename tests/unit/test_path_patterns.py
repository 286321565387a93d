"""One option for the files of all runs."""

from __future__ import annotations

import argparse

import pytest

from skillift.path_patterns import path_pattern


def test_names_in_braces_are_filled_in_and_other_braces_stay():
    pattern = path_pattern("student", "run")("a{b}/{student}/{run}-{student}.parquet")
    run = {"student": "s", "run": "sft-s0", "seed": 0}
    assert pattern.path(run) == "a{b}/s/sft-s0-s.parquet"


def test_a_value_is_never_filled_in_itself():
    assert (
        path_pattern("student", "run")("{student}/{run}").path({"student": "{run}", "run": "r"}) == "{run}/r"
    )


@pytest.mark.parametrize("text", ["x.parquet", "{student}.parquet", "student/run"])
def test_a_path_that_lacks_a_name_is_refused(text):
    with pytest.raises(
        argparse.ArgumentTypeError, match=r"expected a path with \{student\} and \{run\} in it"
    ):
        path_pattern("student", "run")(text)
