"""The results as a Markdown table: the rates that a lift is the difference of, its interval, its word."""

from __future__ import annotations

import polars as pl
import pytest
from findings_tables import SPEC, tables_of
from made_specs import viewed

from skillift.findings.summary import summary

pytestmark = pytest.mark.xdist_group("degenerate studies")  # tables of the findings' tests


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of the Markdown table in `text`."""
    lines = [
        [cell.strip().replace("\u00a0", " ") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def test_a_lift_stands_between_the_rates_that_it_is_the_difference_of():
    tables = tables_of()
    (claim,) = tables["claims"].filter(path="judge:a", claim="lift").iter_rows(named=True)
    (row,) = rows_of(summary(tables, viewed(SPEC), "mine"))
    assert row["student"] == "45 k" and row["by"] == "sft, 2 seeds"
    # of 200 tasks: (46, 52) before; (56, 146) and (62, 156) after, the mean of two seeds
    assert row["before SFT"] == "23.0 → 26.0"
    assert row["after SFT"] == "29.5 → 75.5"
    assert row["lift, pp"].startswith("+43.0 (+") and row["p"] == f"{claim['p_holm']:.3f}"
    assert row["MDE, pp"] == f"{100 * claim['mde']:.1f}"
    assert (row["unscored"], row["word"]) == ("0", "supported")


def test_a_label_shows_as_it_stands():
    """A bar would begin another cell, an angle bracket a tag, and stars would vanish."""
    label = '*45* k | <b>"x"</b> 😀'
    students = {name: {**entry, "label": label} for name, entry in SPEC["students"].items()}
    text = summary(tables_of(), viewed(SPEC | {"students": students}), "mine")
    shown = r'\*45\* k \| \<b>"x"\</b> 😀'
    line = next(line for line in text.splitlines() if shown in line)
    assert line.startswith(f"| {shown} ") and label not in text


def test_a_lift_that_may_be_one_of_format_has_its_caveat():
    tables = tables_of()
    moved = tables["claims"].with_columns(answer_lines_low=pl.lit(0.4), answer_lines_high=pl.lit(1.0))
    last = summary({**tables, "claims": moved}, viewed(SPEC), "mine").splitlines()[-1]
    assert last.startswith("**Lift at 45 k") and "ANSWER line varies from 40.0 % to 100.0 %" in last


def test_its_table_is_as_wide_as_a_hub_shows_one_where_names_are_short():
    lines = summary(tables_of(), viewed(SPEC), "mine").splitlines()
    assert max(len(line) for line in lines if line.startswith("|")) <= 110


def test_it_says_what_the_numbers_are_of():
    head = summary(tables_of(), viewed(SPEC), "mine").splitlines()[0]
    assert all(part in head for part in ("`mine`", "holdout", "200 tasks in 40 skills", "judge:a", "Holm"))
    second = viewed(SPEC | {"look": {"look": 2, "alpha": 0.05 / 6}})
    looked = summary(tables_of(), second, "mine").splitlines()[0]
    assert "99.17 % interval (look 2 (1 before), alpha 0.00833)" in looked


def test_a_study_without_a_training_shows_the_procedural_deltas():
    spec = SPEC | {"runs": SPEC["runs"][:2]}
    rows = rows_of(summary(tables_of(runs={"base": (40, 46)}), viewed(spec), "mine"))
    assert [row["student"] for row in rows] == ["45 k", "big"]
    assert [row["procedural delta, pp"].split(" (")[0] for row in rows] == ["+3.0", "+3.0"]
    assert "by" not in rows[0]


def test_what_is_undefined_says_so_and_warnings_are_kept():
    tables = tables_of(unscored="judge:a")
    text = summary(tables, viewed(SPEC), "mine")
    (row,) = rows_of(text)
    assert row["lift, pp"] == "undefined" and row["word"] == "undefined"
    assert "undefined → undefined" in row["after SFT"]
    assert text.splitlines()[-1].startswith("**Warning: on the path judge:a")


def test_every_lift_of_the_headline_path_has_a_row():
    tables = tables_of()
    expected = tables["claims"].filter(pl.col("path") == "judge:a", claim="lift").height
    assert len(rows_of(summary(tables, viewed(SPEC), "mine"))) == expected


def test_that_arms_have_no_room_to_move_stands_before_the_table():
    lines = summary(
        tables_of(runs={"base": (1, 2), "sft-s0": (3, 2), "sft-s1": (2, 1)}), viewed(SPEC), "mine"
    )
    room, table = lines.split("\n\n")[1:3]
    assert (
        room == "**Perhaps no room to move: 6 of 6 arms at 45 k below 5 % (intervals to 8.5 %): more tasks "
        "of this kind may not help.**"
    )
    assert table.startswith("|")
