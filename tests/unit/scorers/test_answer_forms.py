"""Answers in another form than an ANSWER line: calls in JSON, and what a regular expression finds."""

from __future__ import annotations

import json

import polars as pl
import pytest
from score_tables import make_episodes, make_tasks

from skillift.contracts.pipeline import TASKS
from skillift.judging.scoring import build_scores
from skillift.scorers.json import Call, is_call, last_call
from skillift.scorers.json import score as score_call
from skillift.scorers.pattern import matched
from skillift.scorers.pattern import score as score_pattern
from skillift.statistics.format_cells import format_cells
from skillift.statistics.labels import exact_labels
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import responses
from skillift.statistics.path_audit import path_shift
from skillift.tables import check

CALL = '{"name": "add", "arguments": {"a": 3, "b": "x"}}'

SAME = {
    "as it stands": CALL,
    "in a fence": f"I will add.\n```json\n{CALL}\n```\nDone.",
    "in a list": f"[{CALL}]",
    "parameters": CALL.replace("arguments", "parameters"),
    "arguments as text": json.dumps({"name": "add", "arguments": json.dumps({"a": 3, "b": "x"})}),
    "inside function": f'{{"type": "function", "function": {CALL}}}',
    "in another order, with a float": '{"arguments": {"b": " x ", "a": 3.0}, "name": "add"}',
    "after another one": f'{{"name": "sub", "arguments": {{}}}} No: {CALL}',
    "after braces that are none": "Let S = {1, 2}. " + CALL,
    "behind its reasoning": f"<think>{CALL.replace('add', 'sub')}</think>{CALL}",
}
OTHERS = {
    "another name": CALL.replace("add", "sub"),
    "another argument": CALL.replace("3", "4"),
    "a text for a number": CALL.replace("3", '"3"'),
    "true for one": CALL.replace("3", "true"),
    "an argument more": CALL.replace('"x"', '"x", "c": 1'),
    "an argument less": '{"name": "add", "arguments": {"a": 3}}',
    "not closed": CALL[:-1],
    "an object that is no call": '{"a": 3, "b": "x"}',
    "in its reasoning alone": f"<think>{CALL}</think>It is 3.",
    "prose": "Add 3 and x.",
    "followed by another": f'{CALL} {{"name": "sub", "arguments": {{}}}}',
}


@pytest.mark.parametrize("response", SAME.values(), ids=SAME)
def test_a_call_is_found_in_the_forms_that_models_write_it_in(response):
    assert score_call(response, CALL)


@pytest.mark.parametrize("response", OTHERS.values(), ids=OTHERS)
def test_another_call_or_none_fails(response):
    assert not score_call(response, CALL)


def test_a_call_has_a_name_and_named_arguments_which_may_be_none():
    assert last_call('{"name": "stop", "arguments": {}}') == Call("stop", {})
    assert is_call(CALL) and not is_call(f"{CALL} and more") and not is_call("[1]") and not is_call("add(1)")
    assert last_call("{" * 100_000) is None and last_call("[" * 100_000) is None


PATTERNED = [
    (r"Result: (\d+)", "Result: 1\nResult: 7", "7"),
    (r"(?P<unit>\w+)=(?P<answer>\d+)", "m=7", "7"),
    (r"\d+$", "It is 7", "7"),
    (r"Result: (\d+)", "It is 7", None),
    (r"Result: (\d*)", "Result: ", None),
    (r"Result: (\d+)", "<think>Result: 7</think>It is.", None),
]


@pytest.mark.parametrize(("pattern", "response", "expected"), PATTERNED)
def test_the_last_match_of_a_pattern_is_the_answer(pattern, response, expected):
    assert matched(response, pattern) == expected
    assert score_pattern(response, "7.0", "number", pattern) is (expected is not None)


# In a study: two tasks ask for a line, two for a call, two for a pattern.

CALLED, LINE, RESULT = CALL, "ANSWER: 7", "Result: 7"


def tasks() -> pl.DataFrame:
    made = make_tasks(3, 2).with_columns(
        scorer=pl.Series(["answer_line"] * 2 + ["json"] * 2 + ["pattern"] * 2),
        reference=pl.Series(["7"] * 2 + [CALL] * 2 + ["7"] * 2),
        pattern=pl.Series([None] * 4 + [r"Result: (\d+)"] * 2, dtype=pl.String),
    )
    return check(made.select(name for name in TASKS.columns if name in made.columns), TASKS, "made tasks")


def scored(texts: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    episodes = make_episodes(0, {"none": texts})
    key = ["step", "suite", "condition", "task_id", "sample"]
    verdicts = episodes.select(key).with_columns(passed=pl.lit(value=True), status=pl.lit("scored"))
    scores = build_scores([("s", "base", episodes)], [("a", "s", "base", verdicts)], tasks(), ["a"], "a")
    return with_skills(scores, tasks()), responses(episodes, "s", "base", tasks())


def bench(scores: pl.DataFrame) -> list[bool]:
    return scores.filter(path="bench").sort("task_id")["passed"].to_list()


def test_each_task_is_read_in_the_form_that_it_asks_for():
    assert bench(scored([LINE, CALLED, LINE, CALLED, LINE, RESULT])[0]) == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_form_is_that_which_the_task_asks_for():
    scores, seen = scored([LINE, "Result: 7", "ANSWER: 7", CALLED.replace("3", "4"), RESULT, "Result: none"])
    values = dict(metric_values(scores, tasks(), seen))
    assert values["format"].sort("task_id")["value"].to_list() == [1, 0, 0, 1, 1, 0]
    lead = values["format_lead"].filter(path="judge:a").sort("task_id")["value"].to_list()
    assert lead == [0, -1, -1, 0, 0, -1]  # the judge passes all
    cells = format_cells(scores, seen, 0.95).filter(path="bench").row(0, named=True)
    shares = (cells["right_in_form"], cells["wrong_in_form"], cells["wrong_out_of_form"])
    assert shares == pytest.approx((2 / 6, 1 / 6, 3 / 6))


def test_labels_and_the_audit_of_paths_count_every_form():
    scores, seen = scored([LINE, "7", CALLED, "7", RESULT, "7"])
    assert exact_labels(scores, seen)["task_id"].sort().to_list() == ["t0000", "t0002", "t0004"]
    audit = path_shift(scores, seen, 0.95).row(0, named=True)
    assert audit["n_answer_line_tasks"] == 6 and audit["no_answer_line"] == pytest.approx(0.5)
