"""Floors and ceilings are named before power: on the page, on the terminal, in the planner's note."""

from __future__ import annotations

import pytest
from findings_tables import HEADLINE, SPEC, answers, every, tables_of
from made_specs import viewed

from skillift.findings import findings
from skillift.findings.closing_lines import closing_lines
from skillift.planning.evidence import room_of
from skillift.statistics import claim_labels
from skillift.statistics.room import no_room

pytestmark = pytest.mark.xdist_group("degenerate studies")  # tables of the findings' tests

# passes of 200 tasks before and after (none, curated)
FLOOR = {"base": (1, 2), "sft-s0": (3, 2), "sft-s1": (2, 1)}
CEILING = {"base": (191, 193), "sft-s0": (193, 192), "sft-s1": (192, 194)}
ONE_ARM = {"base": (2, 3), "sft-s0": (60, 65), "sft-s1": (62, 60)}


@pytest.mark.parametrize(
    ("counts", "end"), [(FLOOR, "6 of 6 arms below 5 %"), (CEILING, "6 of 6 arms above 95 %")]
)
def test_what_is_not_resolved_for_want_of_room_says_so_first(counts, end):
    tables = tables_of(HEADLINE, runs=counts)
    (lift,) = every(tables, "lift")
    assert lift.word == claim_labels.NOT_RESOLVABLE
    assert lift.sentence.startswith(f"No room to move: {end}. Lift at 45 k")
    assert lift.sentence.index("No room") < lift.sentence.index("smallest detectable")
    answer = answers(tables)["resolved"]
    assert (
        answer.startswith("No room to move: 6 of 6 arms at 45 k") and "would not help. 0 of 1 lift" in answer
    )
    first = closing_lines(findings(tables, viewed(SPEC)), "findings.html")[0]
    assert "no room to move (6 of 6 arms" in first and first.index("no room") < first.index("not resolvable")


def test_arms_with_room_and_effects_that_are_resolved_say_nothing_of_it():
    for counts in (ONE_ARM, {"base": (1, 2), "sft-s0": (3, 150), "sft-s1": (4, 160)}):
        tables = tables_of(HEADLINE, runs=counts)
        assert "No room to move" not in " ".join(each.sentence for each in every(tables, "lift"))


def test_reference_models_are_judged_by_their_own_arms():
    tables = tables_of(HEADLINE, runs=FLOOR)
    big = [each for each in every(tables, "procedural delta") if each.student == "big"]
    assert [each.sentence[:7] for each in big] == ["Procedu"]


def test_lost_verdicts_are_no_floor():
    tables = tables_of(HEADLINE, unscored="judge:a")
    assert not any("No room" in each.sentence for each in every(tables, "lift"))


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([0.0, 0.01, 0.5], "No room to move: 2 of 3 arms below 5 %"),
        ([0.0, 0.99, 0.5], "No room to move: 1 of 3 arms below 5 % and 1 above 95 %"),
        ([1.0, 1.0, None], "No room to move: 2 of 2 arms above 95 %"),
        ([0.0, 0.5], ""),
        ([0.05, 0.95], ""),
        ([None, None], ""),
        ([], ""),
    ],
)
def test_more_than_half_of_the_arms_have_to_be_at_an_end(rates, said):
    assert no_room(rates) == said


def test_the_planner_is_told_of_the_earlier_studys_floor():
    from score_tables import make_scores, make_tasks, passes

    def scores(count):
        arms = {("judge:a", "s", run, 0, "none"): passes(count) for run in ("base", "sft-s0")}
        return make_scores(arms), make_tasks(), "judge:a", "holdout"

    assert room_of(*scores(3)).startswith("No room to move: 2 of 2 arms of the earlier study below 5 %: more")
    assert room_of(*scores(60)) == ""
