"""Pass rates: over scored tasks alone, beside what the responses looked like."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import full_study
from score_tables import make_episodes, make_scores, make_tasks, passes
from statsmodels.stats.proportion import proportion_confint

from skillift.contracts.analysis import PASS_RATES
from skillift.metrics.names import PASS, SHARE
from skillift.metrics.registry import metrics
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import no_responses, pass_rates, responses
from skillift.tables import check


def rates(
    verdicts: list,
    tasks: pl.DataFrame,
    seen: pl.DataFrame | None = None,
    n_samples: int = 1,
    metric: str = PASS,
) -> dict:
    scores = make_scores({("bench", "s", "base", 0, "none"): verdicts}, n_samples=n_samples)
    table = pass_rates(
        task_values(with_skills(scores, tasks)), no_responses() if seen is None else seen, 0.95, metric
    )
    return check(table, PASS_RATES, "pass rates").row(0, named=True)


def test_a_pass_rate_of_tasks_without_common_skills_has_wilsons_interval():
    found = rates(passes(50), make_tasks(200, 1))
    assert found["pass_rate"] == 0.25
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(proportion_confint(50, 200, method="wilson"))
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"]) == (200, 200, 0)


def test_a_pass_rate_of_tasks_that_share_skills_has_a_clustered_interval():
    found = rates([True] * 50 + [False] * 150, make_tasks())  # ten skills pass throughout, thirty never
    low, high = proportion_confint(10, 40, method="wilson")
    assert found["pass_rate"] == 0.25
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize("n_failed", [0, 1, 3])
def test_a_share_of_another_metric_has_an_interval_within_0_and_1_and_a_difference_need_not(n_failed):
    """At 39 of 40 tasks in form, in ten skills, the t interval of the mean would go beyond 1."""
    verdicts = [False] * n_failed + [True] * (40 - n_failed)
    of_form = rates(verdicts, make_tasks(10, 4), metric="format")
    assert of_form["ci_low"] < of_form["pass_rate"] <= of_form["ci_high"] <= 1
    of_pass = rates(verdicts, make_tasks(10, 4))
    assert {**of_pass, "metric": "format"} == of_form
    assert metrics()["format_lead"].signed and metrics()["confidence_gap"].signed
    if n_failed == 1:
        assert rates(verdicts, make_tasks(10, 4), metric="format_lead")["ci_high"] > 1


@pytest.mark.slow
@pytest.mark.xdist_group("made-up study")
def test_every_share_that_is_not_signed_is_between_0_and_1():
    _, tables = full_study()
    found = tables["pass_rates"].filter(pl.col("metric") != PASS).drop_nulls("pass_rate")
    of = {name: metric for name, metric in metrics().items() if metric.unit == SHARE and not metric.signed}
    shares = found.filter(pl.col("metric").is_in(list(of)))
    assert shares["metric"].n_unique() > 5
    assert shares.filter(~pl.col("pass_rate").is_between(0, 1)).is_empty()
    assert shares.filter((pl.col("ci_low") < 0) | (pl.col("ci_high") > 1)).is_empty()
    assert set(metrics()) - set(of) >= {"format_lead", "confidence_gap"}


def test_unscored_is_in_no_denominator():
    found = rates([True, None, False, None, None, None], make_tasks(3, 2))
    assert found["pass_rate"] == 0.5
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"]) == (2, 2, 4)


def test_samples_are_averaged_within_their_task_first():
    found = rates([True, True, None, None, False, None], make_tasks(1, 2), n_samples=3)
    assert found["pass_rate"] == 0.5
    assert (found["n_tasks"], found["n_unscored"]) == (2, 3)


def test_an_arm_without_a_verdict_is_undefined_and_never_zero():
    found = rates([None] * 4, make_tasks(2, 2))
    assert (found["pass_rate"], found["ci_low"], found["ci_high"]) == (None, None, None)
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"]) == (0, 0, 4)


@pytest.mark.parametrize("verdict", [True, False])
def test_the_interval_of_all_or_nothing_stays_inside_the_unit_interval(verdict):
    found = rates([verdict] * 200, make_tasks())
    assert 0.0 <= found["ci_low"] < found["ci_high"] <= 1.0


def test_answer_lines_and_lengths_stand_beside_the_rate():
    texts = ["Step 1: Copy 3 1 7\nANSWER: 1", "So the result is 1.", "ANSWER: 2", "2"]
    seen = responses(make_episodes(0, {"none": texts}), "s", "base")
    found = rates([True, False, True, False], make_tasks(2, 2), seen)
    assert found["answer_line_rate"] == 0.5
    assert found["mean_completion_tokens"] == 3 * (8 + 5 + 2 + 1) / 4


def test_without_episodes_the_columns_about_responses_are_null():
    found = rates(passes(50), make_tasks())
    assert (found["answer_line_rate"], found["mean_completion_tokens"]) == (None, None)


def test_responses_of_another_run_are_not_borrowed():
    seen = responses(make_episodes(9, {"none": ["ANSWER: 1"] * 4}), "s", "sft-s0")
    assert rates([True] * 4, make_tasks(2, 2), seen)["answer_line_rate"] is None
