"""What pages say of the look that they show, and that all of them show one interval of one estimate."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from findings_tables import SPEC, tables_of
from made_specs import viewed

from skillift.figures import draw
from skillift.findings import findings
from skillift.findings.finding_rows import findings_text
from skillift.ledger.entries import read_ledger
from skillift.ledger.looks import as_json, count_look
from skillift.ledger.registration import register
from skillift.publication.ledger import events, ledger

pytestmark = pytest.mark.xdist_group("degenerate studies")  # tables of the findings' tests
DESIGN = {"confidence": 0.95, "margins.uniform_lift": 0.05, "seeds.sft.s": [0, 1], "headline_path": "judge:a"}


def on(day: int) -> datetime:
    return datetime(2026, 12, day, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    register({}, tmp_path / "ledger.jsonl", False, DESIGN, on(1))
    return tmp_path / "ledger.jsonl"


def looked(path, data: str, day: int):
    return count_look({"confidence": 0.95, "margins": {}}, data, 200, 40, path, on(day))


def told(path, look) -> tuple[list, str]:
    """The findings on looks and changes at a look, and the report's text."""
    tables = tables_of() | {"ledger": events(read_ledger(path), {})}
    parts = findings(tables, viewed(SPEC | {"look": as_json(look)}))
    found = [each for part in parts for each in part.findings]
    return [each for each in found if each.claim in ("looks", "design", "warning")], findings_text(parts, {})


def test_the_first_look_says_its_level_and_that_none_came_before(path):
    (finding,), text = told(path, looked(path, "a", 2))
    assert finding.sentence.startswith(
        "Look 1 at the results of this study (none came before): words, intervals and smallest detectable "
        "effects are at alpha 0.025 = 0.05 / (1 × 2)."
    )
    assert finding.sentence.endswith("The ledger began on 2026-12-01, before results existed.")
    assert finding.sentence in text


def test_a_later_look_says_how_many_came_before_and_an_earlier_one_how_many_came_later(path):
    first, _, third = (looked(path, data, day) for day, data in enumerate("abc", start=2))
    (finding,), _ = told(path, third)
    assert "Look 3 at" in finding.sentence and "2 looks came before" in finding.sentence
    assert "alpha 0.00417 = 0.05 / (3 × 4)" in finding.sentence
    (finding,), _ = told(path, first)
    assert "(none came before, 2 looks came later)" in finding.sentence


def test_a_margin_changed_after_results_is_a_warning_and_a_larger_sample_is_told(path):
    looked(path, "a", 2)
    register({}, path, True, DESIGN | {"margins.uniform_lift": 0.1, "seeds.sft.s": [0, 1, 2]}, on(3))
    found, text = told(path, looked(path, "b", 3))
    changes = {each.claim: each.sentence for each in found if each.claim != "looks"}
    assert changes == {
        "warning": "margins.uniform_lift 5.0 pp → 10.0 pp, changed on 2026-12-03 after results existed.",
        "design": "seeds.sft.s 0, 1 → 0, 1, 2, changed on 2026-12-03 after results existed.",
    }
    assert changes["warning"].replace("_", r"\_") in text


def test_a_trajectory_changed_after_results_is_a_warning_and_reads_as_numbers(path):
    declared = [
        [{"student": "s", "delta": delta}, {"student": "m", "delta": 0.06}] for delta in (-0.075, 0.1)
    ]
    register({}, path, False, DESIGN | {"trajectory": declared[0]}, on(2))
    looked(path, "a", 3)
    register({}, path, True, DESIGN | {"trajectory": declared[1]}, on(4))
    found, _ = told(path, looked(path, "b", 5))
    assert [each.sentence for each in found if each.claim == "warning"] == [
        "trajectory s \u22127.5 pp, m +6.0 pp \u2192 s +10.0 pp, m +6.0 pp, "
        "changed on 2026-12-04 after results existed."
    ]


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("conditions", ["none", "curated", "filler"], ["none", "curated"]),
        ("models", ["l", "m", "s"], ["m", "s"]),
        ("seeds.sft.s", [0, 1], [2, 3]),
        ("tasks.holdout", 1000, 200),
        ("headline_suite", "dev", None),
    ],
)
def test_what_was_declared_and_is_gone_after_results_is_a_warning(path, key, before, after):
    register({}, path, False, DESIGN | {key: before}, on(2))
    looked(path, "a", 3)
    register({}, path, True, DESIGN | {key: after}, on(4))
    found, _ = told(path, looked(path, "b", 5))
    assert [each.claim for each in found] == ["looks", "warning"]


def test_what_was_changed_before_results_is_no_warning(path):
    register({}, path, False, DESIGN | {"margins.uniform_lift": 0.1}, on(2))
    found, _ = told(path, looked(path, "a", 3))
    assert [each.claim for each in found] == ["looks"]


def test_an_analysis_that_no_ledger_counts_says_so():
    found = [
        each
        for part in findings(tables_of(), viewed(SPEC))
        for each in part.findings
        if each.claim == "looks"
    ]
    assert len(found) == 1 and "not counted in a ledger" in found[0].sentence


def test_claims_and_figures_name_the_level_of_the_look(path):
    spec = SPEC | {"look": as_json(looked(path, "a", 2))}
    view = viewed(spec)
    assert (view.level, view.declared_level) == ("97.5 %", "95 %")
    tables = tables_of()
    lift = next(each for part in findings(tables, view) for each in part.findings if each.claim == "lift")
    assert "97.5 % interval" in lift.sentence
    chart = str(draw("lift", tables, view).to_dict()).replace("\\xa0", " ")
    assert "97.5 % intervals" in chart and "95 % " not in chart
    later = viewed(SPEC | {"look": {"look": 2, "alpha": 0.05 / 6}})
    assert later.level == "99.17 %"


def test_the_page_of_the_ledger_lists_what_was_declared_changed_and_looked_at(path):
    looked(path, "a", 2)
    register({}, path, True, DESIGN | {"headline_path": "judge:b"}, on(3))
    page = ledger(events(read_ledger(path), {}), viewed(SPEC))
    shown = page.rows.select(column.name for column in page.columns)
    assert shown.height == len(DESIGN) + 2
    assert shown.filter(what="look 1").row(0)[-3:] == ("0.025", "200", "40")
    changed = shown.filter(pl.col("what") == "changed").row(0, named=True)
    assert (changed["before"], changed["after"], changed["when"]) == ("judge:a", "judge:b", "after results")
