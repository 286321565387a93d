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
CEILING = {"base": (198, 199), "sft-s0": (199, 198), "sft-s1": (198, 199)}
ONE_ARM = {"base": (2, 3), "sft-s0": (60, 65), "sft-s1": (62, 60)}


@pytest.mark.parametrize(
    ("counts", "end"), [(FLOOR, "6 of 6 arms below 5 %"), (CEILING, "6 of 6 arms above 95 %")]
)
def test_what_is_not_resolved_for_want_of_room_says_so_first(counts, end):
    tables = tables_of(HEADLINE, runs=counts)
    (lift,) = every(tables, "lift")
    assert lift.word == claim_labels.NOT_RESOLVABLE
    assert lift.sentence.startswith("No room to move. Lift at 45 k")
    assert lift.sentence.index("No room") < lift.sentence.index("smallest detectable")
    answer = answers(tables)["resolved"]
    assert answer.startswith(f"No room to move: {end.replace('arms', 'arms at 45 k')}: more tasks of this ")
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
        ([(0.0, 0.0, 0.03), (0.01, 0.0, 0.04), (0.5, 0.4, 0.6)], "No room to move: 2 of 3 arms below 5 %"),
        (
            [(0.0, 0.0, 0.03), (0.99, 0.96, 1.0), (0.5, 0.4, 0.6)],
            "No room to move: 1 of 3 arms below 5 % and 1 above 95 %",
        ),
        ([(1.0, 0.97, 1.0)] * 2 + [(None, None, None)], "No room to move: 2 of 2 arms above 95 %"),
        ([(1.0, 0.97, 1.0)], "No room to move: 1 of 1 arm above 95 %"),
        (
            [(0.0, 0.0, 0.03), (0.01, 0.0, 0.112), (0.5, 0.4, 0.6)],
            "Perhaps no room to move: 2 of 3 arms below 5 % (intervals to 11.2 %)",
        ),
        (
            [(0.0, 0.0, 0.287), (1.0, 0.713, 1.0), (0.5, 0.4, 0.6)],
            "Perhaps no room to move: 1 of 3 arms below 5 % (intervals to 28.7 %) and 1 above 95 % "
            "(intervals from 71.3 %)",
        ),
        ([(0.0, None, None), (0.0, None, None)], "Perhaps no room to move: 2 of 2 arms below 5 %"),
        ([(0.0, 0.0, 0.03), (0.5, 0.4, 0.6)], ""),
        ([(0.05, 0.01, 0.1), (0.95, 0.9, 0.99)], ""),
        ([(None, None, None)] * 2, ""),
        ([], ""),
    ],
)
def test_more_than_half_of_the_arms_have_to_be_at_an_end_and_their_intervals_show_it(rates, said):
    assert no_room(rates) == said


def test_what_intervals_do_not_show_is_said_as_a_possibility():
    counts = {"base": (8, 7), "sft-s0": (8, 8), "sft-s1": (7, 8)}  # 4 % of 200 tasks
    tables = tables_of(HEADLINE, runs=counts)
    (lift,) = every(tables, "lift")
    assert lift.sentence.startswith("Perhaps no room to move. Lift at 45 k")
    answer = answers(tables)["resolved"]
    assert answer.startswith("Perhaps no room to move: 6 of 6 arms at 45 k below 5 % (intervals to ")
    assert "%): more tasks of this kind may not help. " in answer
    first = closing_lines(findings(tables, viewed(SPEC)), "findings.html")[0]
    assert first.endswith("perhaps no room to move; 1 not resolvable")


def test_the_arms_are_counted_in_one_answer():
    found = answers(tables_of(HEADLINE, runs=FLOOR))
    assert [name for name, answer in found.items() if "room to move: " in answer] == ["resolved"]


def test_the_planner_is_told_of_the_earlier_studys_floor():
    from score_tables import make_scores, make_tasks, passes

    def scores(count):
        arms = {("judge:a", "s", run, 0, "none"): passes(count) for run in ("base", "sft-s0")}
        return make_scores(arms), make_tasks(), "judge:a", "holdout", 0.95

    assert room_of(*scores(1)).startswith("No room to move: 2 of 2 arms of the earlier study below 5 %: more")
    assert room_of(*scores(60)) == ""
