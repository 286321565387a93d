"""majority@k, distinct@k and distinct_right@k: means over all choices of k samples, whatever their order."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_tables import make_episodes, make_tasks

from skillift.metrics.pass_at_k import pass_at
from skillift.metrics.votes import COLUMN, distinct_at, distinct_right_at, majority_at, measure
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import responses

SILENT = 9
SAMPLES = st.lists(st.sampled_from([0, 1, 2, SILENT]), min_size=1, max_size=7)
SHARES = {0: 1.0, 1: 0.0, 2: 0.25}  # a judge may not be of one mind about an answer
PATH = "judge:a"


def _counted(samples: list[int]) -> tuple[list[int], list[float], int]:
    given_answers = sorted(set(samples) - {SILENT})
    votes = [samples.count(answer) for answer in given_answers]
    return votes, [SHARES[answer] for answer in given_answers], samples.count(SILENT)


def _right(choice: tuple[int, ...]) -> float:
    """How often the majority of these samples is right, a tie shared out."""
    votes = {answer: choice.count(answer) for answer in choice if answer != SILENT}
    first = [answer for answer, count in votes.items() if count == max(votes.values())]
    return sum(SHARES[answer] for answer in first) / len(first) if first else 0.0


@settings(deadline=None, max_examples=80)
@given(SAMPLES, st.data())
def test_the_majority_is_the_mean_over_all_choices_of_k_samples(samples, data):
    k = data.draw(st.integers(1, len(samples)))
    expected = [_right(choice) for choice in combinations(samples, k)]
    votes, right, silent = _counted(samples)
    assert majority_at(k, votes, right, silent) == pytest.approx(sum(expected) / len(expected))


@settings(deadline=None, max_examples=80)
@given(SAMPLES, st.data())
def test_different_answers_are_the_mean_over_all_choices_of_k_samples(samples, data):
    k = data.draw(st.integers(1, len(samples)))
    expected = [len(set(choice) - {SILENT}) for choice in combinations(samples, k)]
    votes, _, silent = _counted(samples)
    assert distinct_at(k, votes, silent) == pytest.approx(sum(expected) / len(expected))


@settings(deadline=None, max_examples=80)
@given(SAMPLES, st.data())
def test_different_right_answers_are_the_mean_over_all_choices_of_k_samples(samples, data):
    k = data.draw(st.integers(1, len(samples)))
    expected = [sum(SHARES[each] for each in set(choice) - {SILENT}) for choice in combinations(samples, k)]
    votes, right, silent = _counted(samples)
    assert distinct_right_at(k, votes, right, silent) == pytest.approx(sum(expected) / len(expected))


def test_different_right_answers_are_no_more_than_different_ones_and_of_one_right_answer_pass_at_k():
    assert distinct_right_at(3, [2, 4], [1.0, 1.0], 1) == pytest.approx(distinct_at(3, [2, 4], 1))
    assert distinct_right_at(3, [2, 4], [1.0, 0.0], 1) == pytest.approx(pass_at(3, 7, 2))


def test_one_sample_is_the_pass_rate():
    assert majority_at(1, [3, 2], [1.0, 0.5], 5) == pytest.approx(4 / 10)


def test_sixty_four_samples_that_all_differ_are_counted():
    assert majority_at(64, [1] * 64, [1.0] + [0.0] * 63, 0) == pytest.approx(1 / 64)
    assert distinct_at(64, [1] * 64, 0) == pytest.approx(64)


TASKS = make_tasks(2, 1).with_columns(answer_type=pl.lit("number"))


def _episodes(texts: list[str]) -> pl.DataFrame:
    """A response of each text to every task, under both conditions."""
    parts = [
        make_episodes(0, {"none": [text] * 2, "curated": [text] * 2}).with_columns(
            sample=pl.lit(number, dtype=pl.Int64), task_id=pl.Series(TASKS["task_id"].to_list() * 2)
        )
        for number, text in enumerate(texts)
    ]
    return pl.concat(parts)


def _scores(verdicts: list[bool | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"path": PATH, "suite": "holdout", "student": "s", "run": "base", "step": 0}
            | {"condition": condition, "task_id": task, "sample": sample, "passed": passed}
            for condition in ("none", "curated")
            for task in TASKS["task_id"]
            for sample, passed in enumerate(verdicts)
        ],
        schema_overrides={"sample": pl.Int64, "step": pl.Int64, "passed": pl.Boolean},
    )


def _values(texts: list[str], verdicts: list[bool | None]) -> dict[str, dict]:
    """The first row of each metric's values."""
    seen = responses(_episodes(texts), "s", "base", TASKS)
    found = metric_values(with_skills(_scores(verdicts), TASKS), TASKS, seen)
    return {name: values.row(0, named=True) for name, values in found}


def test_answers_are_the_same_as_the_scorer_has_it():
    texts = ["ANSWER: 7", "I say\nANSWER: 7.0", "ANSWER: 8", "no line"]
    found = _values(texts, [True, True, False, False])
    assert found["distinct@2"]["value"] == pytest.approx((1 + 2 + 1 + 2 + 1 + 1) / 6)
    assert found["majority@4"]["value"] == 1.0
    assert found["distinct@4"]["n_unscored"] == 0


def test_an_answer_without_any_verdict_leaves_the_task_without_a_value():
    found = _values(["ANSWER: 7", "ANSWER: 7", "ANSWER: 8", "ANSWER: 9"], [True, None, None, False])
    row = found["majority@4"]
    assert row["value"] is None
    assert (row["low"], row["high"], row["n_unscored"]) == (0.5, 1.0, 2)


def test_greedy_answers_and_answers_of_unknown_type_are_not_compared():
    one = make_episodes(0, {"none": ["ANSWER: 7"]}).with_columns(answer_type=pl.lit("number"))
    assert measure(one).is_null().all()
    untyped = responses(_episodes(["ANSWER: 7", "ANSWER: 8"]), "s", "base")
    assert untyped[COLUMN].is_null().all()
