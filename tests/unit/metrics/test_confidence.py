"""Confidence against correctness: what the two metrics measure, and what of an answer has none."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import polars as pl
import pytest
from score_tables import make_episodes, make_scores, make_tasks

from skillift.contracts.pipeline import EPISODES
from skillift.engines.interface import Completion
from skillift.episodes.answering import kept_log_probabilities
from skillift.errors import UserError
from skillift.metrics.registry import metrics
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import responses
from skillift.study.study import load_study
from skillift.tables import check

PATH = "judge:a"
TEXTS = ["ANSWER: 0", "ANSWER: 9", "", "ANSWER: 3"]
MEANS = [log(0.9), log(0.5), None, log(0.8)]
VERDICTS = [True, False, False, None]


def values_of(means: list | None, verdicts: list = VERDICTS) -> dict[str, pl.DataFrame]:
    tasks, episodes = make_tasks(2, 2), make_episodes(0, {"none": TEXTS})
    if means is not None:
        episodes = check(
            episodes.with_columns(mean_log_probability=pl.Series(means, dtype=pl.Float64)), EPISODES, "made"
        )
    scores = make_scores({(PATH, "s", "base", 0, "none"): verdicts})
    seen = responses(episodes, "s", "base", tasks)
    return dict(metric_values(with_skills(scores, tasks), tasks, seen))


def test_the_gap_is_confidence_less_pass_and_brier_its_square():
    found = values_of(MEANS)
    gap, brier = (found[name].sort("task_id") for name in ("confidence_gap", "brier"))
    assert gap["value"].to_list() == pytest.approx([-0.1, 0.5, None, None])
    assert brier["value"].to_list() == pytest.approx([0.01, 0.25, None, None])
    assert set(gap["path"]) == {PATH}  # within one scoring path


def test_a_lost_verdict_leaves_both_ends_and_an_empty_answer_is_unscored():
    found = values_of(MEANS)
    gap, brier = (found[name].sort("task_id") for name in ("confidence_gap", "brier"))
    assert gap.select("low", "high").row(3) == pytest.approx((-0.2, 0.8))
    assert brier.select("low", "high").row(3) == pytest.approx((0.04, 0.64))
    assert gap.select("low", "high").row(2) == (None, None)  # no confidence, whatever the verdict
    assert gap["n_unscored"].to_list() == [0, 0, 1, 1]


def test_without_log_probabilities_there_are_no_rows():
    assert not {"confidence_gap", "brier"} & values_of(None).keys()
    assert not {"confidence_gap", "brier"} & values_of([None] * 4).keys()
    assert {"length", "format"} <= values_of(None).keys()


def test_an_engine_that_keeps_none_is_named_and_an_empty_answer_has_none():
    sure, empty, unsure = (
        Completion(text, "stop", 3, 2, (1, 2), mean)
        for text, mean in (("ANSWER: 1", -0.5), ("", None), ("ANSWER: 1", None))
    )
    assert kept_log_probabilities([sure, empty], "vllm").to_list() == [-0.5, None]
    with pytest.raises(
        UserError, match=r"inference\.log_probabilities: found answers of the engine echo without"
    ):
        kept_log_probabilities([sure, unsure], "echo")


def test_a_log_probability_above_0_is_no_episode():
    with pytest.raises(UserError, match="mean_log_probability"):
        values_of([0.1, -1.0, -1.0, -1.0])


def test_they_say_what_they_need():
    needing = {name for name, each in metrics().items() if each.needs == "log_probabilities"}
    assert needing == {"confidence_gap", "brier"}


def test_a_study_asks_for_it_and_other_studies_keep_their_specs(tmp_path, repository):
    study = (repository / "studies/smoke.yaml").read_text()
    plain = load_study(repository / "studies/smoke.yaml")
    asking = Path(tmp_path / "asking.yaml")
    asking.write_text(study.replace("inference: {", "inference: {log_probabilities: true, "))
    student = next(iter(plain.data["students"]))
    before, after = (
        each.episodes_spec(student, "base").model_dump(exclude_none=True)
        for each in (plain, load_study(asking))
    )
    assert "log_probabilities" not in json.dumps(before)
    assert after["inference"].pop("log_probabilities") is True
    assert after == before
