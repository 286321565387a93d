"""Effects of several studies: paired by task where they share tasks, summed up where they share none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from finished_studies import study, view
from scipy.stats import t as student_t

from skillift.errors import UserError
from skillift.reporting.across_studies import comparison_text
from skillift.statistics.across_studies import (
    Finished,
    differences_of_pairs,
    groups_of,
    side_by_side,
    spread_p,
    summed_up,
)


def told(studies: dict[str, Finished]) -> str:
    """The comparison of their gains, where all have the same label for their student."""
    return comparison_text(studies, dict.fromkeys(studies, view()), "gain:none")


def gains(found: Finished) -> np.ndarray:
    """The gain under none of each task."""
    arms = [
        found.scores.filter(run=run, condition="none").sort("task_id")["passed"].cast(pl.Int64).to_numpy()
        for run in ("sft-s0", "base")
    ]
    return arms[0] - arms[1]


def test_studies_of_the_same_tasks_are_compared_task_by_task():
    ours, theirs = study(0, 0.5), study(1, 0.1)
    (row,) = differences_of_pairs({"a": ours, "b": theirs}, "gain:none", 0.95).to_dicts()
    difference = gains(ours) - gains(theirs)
    skills = difference.reshape(8, 5).mean(axis=1)
    half = student_t.ppf(0.975, 7) * skills.std(ddof=1) / np.sqrt(8)
    assert (row["study"], row["against"], row["n_tasks"]) == ("a", "b", 40)
    assert row["estimate"] == pytest.approx(difference.mean())
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (difference.mean() - half, difference.mean() + half)
    )
    text = told({"a": ours, "b": theirs})
    assert "**a \u2212 b**, paired by the tasks that both asked, 95 % intervals:" in text
    assert text.count("| SmolLM2-135M \u00b7 sft |") == 1 and "other tasks" not in text
    assert "| SmolLM2-135M \u00b7 sft, seed 0 | a | " in text and "\n|  | b | " in text
    assert "| 40 | 0 |" in text.partition("**a \u2212 b**")[2]


def test_a_student_that_two_studies_label_differently_is_named_by_both_labels_and_its_id():
    studies = {"a": study(0, 0.5), "b": study(1, 0.1)}
    text = comparison_text(studies, {"a": view("small"), "b": view("135M | chat")}, "gain:none")
    assert "| small \u00b7 sft, seed 0 | a |" in text and "| 135M \\| chat \u00b7 sft, seed 0 | b |" in text
    assert "| small / 135M \\| chat (s) \u00b7 sft |" in text


def test_what_studies_have_alike_is_said_once_and_what_differs_of_each():
    studies = {"a": study(0, 0.5), "b": study(1, 0.1)}
    assert "2 studies, percentage points; path bench, suite holdout, 95 % intervals:" in told(studies)
    views = {"a": view(), "b": replace(view(), confidence=0.975)}
    text = comparison_text(studies, views, "gain:none")
    assert "- a: path bench, suite holdout, 95 % intervals\n- b: path bench, suite holdout, 97.5 %" in text
    assert "that both asked, 95 % intervals:" in text


def test_other_tasks_of_the_same_ids_are_not_paired():
    studies = {"a": study(0, 0.5), "b": study(1, 0.1, wording="Say ")}
    assert differences_of_pairs(studies, "gain:none", 0.95).is_empty()
    text = told(studies)
    assert "- other tasks, SmolLM2-135M \u00b7 sft: " in text and "fewer than 5 studies have no mean" in text


def test_another_scoring_path_is_not_subtracted():
    theirs = study(1, 0.1)
    moved = Finished(
        "judge:x", *(getattr(theirs, name) for name in ("suite", "tasks", "scores", "effects", "runs"))
    )
    assert differences_of_pairs({"a": study(0, 0.5), "b": moved}, "gain:none", 0.95).is_empty()


@pytest.mark.slow
def test_a_mean_over_studies_is_that_of_dersimonian_and_laird_with_the_interval_of_hartung_and_knapp():
    true = {"a": 0.0, "b": 0.1, "c": 0.3, "d": 0.4, "e": 0.6}
    studies = {name: study(seed, gain, name) for seed, (name, gain) in enumerate(true.items())}
    (rows,) = groups_of(side_by_side(studies, "gain:none"), studies)
    found = summed_up(rows, 0.95)
    effect, variance = rows["estimate"].to_numpy(), rows["standard_error"].to_numpy() ** 2
    fixed = 1 / variance
    q = (fixed * (effect - np.average(effect, weights=fixed)) ** 2).sum()
    tau2 = max(0.0, (q - 4) / (fixed.sum() - (fixed**2).sum() / fixed.sum()))
    weights = 1 / (variance + tau2)
    mean = np.average(effect, weights=weights)
    spread = max(1.0, (weights * (effect - mean) ** 2).sum() / 4) / weights.sum()
    half = student_t.ppf(0.975, 4) * np.sqrt(spread)
    assert tau2 > 0
    assert found.estimate == pytest.approx(mean)
    assert (found.ci_low, found.ci_high) == pytest.approx((mean - half, mean + half))
    assert (found.tau, found.i2) == pytest.approx((np.sqrt(tau2), (q - 4) / q))
    assert "mean of 5 studies" in told(studies)


def test_fewer_than_five_studies_have_no_mean_and_a_word_on_whether_they_differ():
    studies = {"a": study(0, 0.65, "a"), "b": study(1, 0.0, "b")}
    (rows,) = groups_of(side_by_side(studies, "gain:none"), studies)
    assert summed_up(rows, 0.95) is None
    assert spread_p(rows) < 0.05
    assert "they differ (Cochran's Q" in told(studies)


def test_a_contrast_that_a_study_lacks_is_named():
    with pytest.raises(UserError, match=r"study a, contrasts: found '.*gain:none.*', expected placebo-none"):
        side_by_side({"a": study(0, 0.5)}, "placebo-none")


@pytest.mark.slow
def test_where_some_studies_share_tasks_it_is_said_why_there_is_no_mean():
    studies = {"a": study(0, 0.5), "b": study(1, 0.1), "c": study(2, 0.3, "c")}
    text = told(studies)
    assert "- only a and b share tasks; a mean over studies is made where no two do" in text
    assert "only a" not in told({name: studies[name] for name in "ab"})


def test_another_scoring_path_is_not_taken_into_a_mean():
    studies = {name: study(seed, 0.3, name) for seed, name in enumerate("abcde")}
    known = side_by_side(studies, "gain:none")
    mixed = known.with_columns(path=pl.when(pl.col("study") == "e").then(pl.lit("judge:x")).otherwise("path"))
    (rows,) = groups_of(mixed, studies)
    assert rows["study"].to_list() == ["a", "b", "c", "d"]


def test_studies_that_agree_better_than_chance_have_the_mean_of_a_fixed_effect():
    effect, error = np.array([0.175, 0.2, 0.2, 0.175, 0.275]), np.array([0.096, 0.185, 0.113, 0.079, 0.136])
    found = summed_up(pl.DataFrame({"estimate": effect, "standard_error": error}), 0.95)
    weights = 1 / error**2
    mean, half = np.average(effect, weights=weights), student_t.ppf(0.975, 4) / np.sqrt(weights.sum())
    assert (found.tau, found.i2) == (0.0, 0.0)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((mean, mean - half, mean + half))
