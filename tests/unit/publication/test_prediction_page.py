"""The page of the predictions: statements in words, verdicts, and when each text was registered."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import full_study
from made_specs import viewed

from skillift.contracts.predictions import REGISTRATIONS
from skillift.publication.predictions import REGISTERED, predictions, statement

ROW = {
    "contrast": "lift:curated-none",
    "student": "l",
    "recipe": "sft",
    "minus_contrast": "",
    "minus_student": "",
    "minus_recipe": "",
    "direction": "greater",
    "than": 0.0,
    "margin": 0.0,
}
LABELS = {"l": "341 k"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "lift at 341 k by sft: above 0 pp"),
        ({"margin": 0.02}, "lift at 341 k by sft: above +2.0 pp"),
        ({"direction": "less", "than": 0.05, "margin": 0.075}, "lift at 341 k by sft: below \u22122.5 pp"),
        (
            {"direction": "equivalent", "than": 0.04, "margin": 0.025},
            "lift at 341 k by sft: between +1.5 and +6.5 pp",
        ),
        ({"contrast": "curated-none", "recipe": ""}, "procedural delta at 341 k before SFT: above 0 pp"),
        ({"contrast": "gain:curated"}, "gain under curated at 341 k by sft: above 0 pp"),
        (
            {"contrast": "lift:curated-placebo"},
            "lift of curated \u2212 placebo at 341 k by sft: above 0 pp",
        ),
        ({"than": 0.0125}, "lift at 341 k by sft: above +1.25 pp"),
        (
            {"minus_contrast": "lift:curated-none", "minus_student": "s", "minus_recipe": "sft"},
            "lift at 341 k by sft, less lift at s by sft: above 0 pp",
        ),
    ],
)
def test_a_statement_reads_as_it_was_meant(changes, expected):
    assert statement(ROW | changes, LABELS) == expected


def page_of(frame) -> str:
    """Everything that the page shows of its rows."""
    spec, _ = full_study()
    page = predictions(frame, viewed(spec))
    shown = page.rows.select(page.groups, *(column.name for column in page.columns))
    return "\n".join(" | ".join(map(str, row)) for row in shown.iter_rows())


def test_the_page_shows_verdict_interval_and_registration():
    _, tables = full_study()
    page = page_of(tables["predictions"])
    for row in tables["predictions"].iter_rows(named=True):
        assert row["prediction"] in page
        assert row["verdict"] in page
        assert f"{100 * row['estimate']:+.1f} [".replace("-", "\u2212") in page
    assert "not registered" in page


def test_a_text_that_was_changed_after_results_is_said_to_be():
    _, tables = full_study()
    for word in REGISTRATIONS:
        frame = tables["predictions"].with_columns(registration=pl.lit(word))
        assert REGISTERED[word] in page_of(frame)


def test_what_was_known_when_it_was_written_never_reads_as_held():
    _, tables = full_study()
    known = tables["predictions"].with_columns(verdict=pl.lit("held"), registration=pl.lit("post hoc"))
    page = page_of(known)
    assert "post hoc, as stated" in page
    assert "held" not in page


def test_a_withdrawn_prediction_stays_listed_and_undefined_numbers_read_so():
    _, tables = full_study()
    numbers = ("estimate", "standard_error", "ci_low", "ci_high", "mde")
    frame = tables["predictions"].with_columns(
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in numbers),
        verdict=pl.lit(None, dtype=pl.String),
        registration=pl.lit("withdrawn"),
    )
    page = page_of(frame)
    assert "withdrawn after results existed" in page
    assert "undefined" in page
    assert "None" not in page and "NaN" not in page
