"""Constraints on an answer: which are met, what is no check, and what a study counts of them."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest
from score_tables import make_episodes, make_tasks

from skillift.contracts.pipeline import TASKS
from skillift.judging.scoring import build_scores
from skillift.scorers.constraints import KINDS, checks_of, met
from skillift.scorers.constraints import score as score_constraints
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import responses
from skillift.tables import check

# of each kind: a check, answers that meet it, and answers that do not
CASES = [
    ({"kind": "equals", "of": "x", "to": 3}, ['{"x": 3}', '{"x": "3.0"}'], ['{"x": 4}', '{"y": 3}', "none"]),
    ({"kind": "equals", "of": 0, "to": "left"}, ["LEFT, right"], ["right, left"]),
    ({"kind": "between", "low": 0, "high": 9}, ["0, 9, 4", '{"a": 1}'], ["0, 10", "-1", "some", "true"]),
    ({"kind": "between", "of": [0, 1], "low": 2}, ["2, 3, 0"], ["2", "1, 3", "2, x"]),
    ({"kind": "sum", "high": 10}, ["4, 6", '{"a": 3, "b": 7}'], ["4, 7", "4, x"]),
    (
        {"kind": "sum", "of": ["a", "b"], "weights": [2, -1], "to": 1},
        ['{"a": 3, "b": 5}'],
        ['{"a": 3, "b": 4}'],
    ),
    ({"kind": "sum", "weights": [1, 2], "to": 5}, ["1, 2"], ["1, 2, 3", "5"]),
    (
        {"kind": "sum", "table": [[4, 2], [7, 1]], "to": 3},
        ["2, 2"],
        ["1, 2", "2", "2, 3", "2, 0", "2, 1.5", "b, 2"],
    ),
    ({"kind": "order"}, ["1, 2, 2, 10", "ant, bee"], ["2, 1", "bee, ant"]),
    ({"kind": "order", "descending": True}, ["10, 9"], ["9, 10"]),
    (
        {"kind": "permutation", "items": [1, 2, 2]},
        ["2, 1, 2.0", "[1, 2, 2]"],
        ["1, 2", "1, 1, 2", "1, 2, 2, 2"],
    ),
    ({"kind": "permutation", "items": ["A", "B"]}, ["b, a"], ["a, a"]),
    (
        {
            "kind": "follows",
            "step": "answer",
            "list": ["A", "B"],
            "by": [{"sort": "down"}],
            "order": ["A", "B"],
        },
        ["B, A", "b a"],
        ["A, B", "B", "none"],
    ),
    ({"kind": "one_of", "of": 0, "choices": ["red", 7]}, ["Red", "7.0, x"], ["blue", "8"]),
]
IDS = [f"{place} {case[0]['kind']}" for place, case in enumerate(CASES)]


@pytest.mark.parametrize(("constraint", "right", "wrong"), CASES, ids=IDS)
def test_a_kind_is_met_by_what_it_says_and_by_nothing_else(constraint, right, wrong):
    reference = json.dumps([constraint])
    for answer in right:
        assert met(f"So.\nANSWER: {answer}", reference) == [True], answer
    for answer in wrong:
        assert met(f"ANSWER: {answer}", reference) == [False], answer


def test_every_kind_has_a_case():
    assert {case[0]["kind"] for case in CASES} == set(KINDS)


def test_an_answer_that_cannot_be_read_meets_nothing():
    reference = json.dumps([{"kind": "sum", "high": 10}, {"kind": "order"}])
    assert met("I cannot say.", reference) == met("ANSWER: {}", reference) == [False, False]
    assert not score_constraints("ANSWER: 1, 2, 9", reference) and score_constraints(
        "ANSWER: 1, 2", reference
    )


@pytest.mark.parametrize(
    ("reference", "mistake"),
    [
        ("x < 3", "no JSON"),
        ("[]", "no list of checks"),
        ('{"kind": "order"}', "no list of checks"),
        ('[{"kind": "eval", "of": "x"}]', "check 0: kind 'eval', expected equals, between"),
        ('[{"kind": "order"}, 3]', "check 1: kind 3"),
        ('[{"kind": "order", "code": "1"}]', "field 'code', expected descending, kind, of"),
        ('[{"kind": "equals", "of": "x"}]', "no field 'to'"),
        ('[{"kind": "between", "of": "x"}]', "no low and no high"),
        ('[{"kind": "between", "low": "a"}]', "low 'a', expected a number"),
        ('[{"kind": "one_of", "choices": "ab"}]', "choices 'ab', expected a list"),
        ('[{"kind": "sum", "to": 1, "weights": ["a"]}]', "weights ['a'], expected numbers"),
        ('[{"kind": "sum", "to": 1, "table": [3]}]', "table 3, expected a list of numbers"),
        (
            '[{"kind": "sum", "to": 1, "table": [[3]], "weights": [1]}]',
            "weights and table, expected one of them",
        ),
        ('[{"kind": "order", "of": {"a": 1}}]', "expected a name, a place, or a list of them"),
    ],
)
def test_what_is_no_list_of_checks_is_named(reference, mistake):
    with pytest.raises(ValueError, match=re.escape(mistake)):
        checks_of(reference)


# In a study.

CHECKS = json.dumps([{"kind": "between", "low": 0, "high": 9}, {"kind": "sum", "to": 10}, {"kind": "order"}])


def tasks() -> pl.DataFrame:
    made = make_tasks(2, 2).with_columns(
        scorer=pl.Series(["constraints"] * 3 + ["answer_line"]), reference=pl.Series([CHECKS] * 3 + ["7"])
    )
    return check(made, TASKS, "made tasks")


def test_the_share_of_met_constraints_is_a_metric_by_kind_and_a_pass_is_that_all_are():
    texts = ["ANSWER: 4, 6", "ANSWER: 3, 1, 2", "I cannot say.", "ANSWER: 7"]
    episodes = make_episodes(0, {"none": texts})
    key = ["step", "suite", "condition", "task_id", "sample"]
    verdicts = episodes.select(key).with_columns(passed=pl.lit(value=False), status=pl.lit("scored"))
    scores = build_scores([("s", "base", episodes)], [("a", "s", "base", verdicts)], tasks(), ["a"], "a")
    bench = scores.filter(path="bench").sort("task_id")["passed"].to_list()
    assert bench == [True, False, False, True]
    seen = responses(episodes, "s", "base", tasks())
    found = dict(metric_values(with_skills(scores, tasks()), tasks(), seen))
    shares = {
        name: values.sort("task_id")["value"].to_list()
        for name, values in found.items()
        if name.startswith("constraints")
    }
    assert shares == {
        "constraints": pytest.approx([1, 1 / 3, 0]),
        "constraints:between": [1, 1, 0],
        "constraints:sum": [1, 0, 0],
        "constraints:order": [1, 0, 0],
    }
    assert found["format"].sort("task_id")["value"].to_list() == [1, 1, 0, 1]  # what could be read
    assert set(found["constraints"]["path"]) == {"text"}


def test_of_other_tasks_nothing_is_measured():
    plain, episodes = make_tasks(2, 1), make_episodes(0, {"none": ["ANSWER: 0", "ANSWER: 1"]})
    seen = responses(episodes, "s", "base", plain)
    assert seen["constraints"].null_count() == seen["constraints:sum"].null_count() == 2
