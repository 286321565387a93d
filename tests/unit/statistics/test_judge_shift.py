"""The shift from judge to judge: over the same episodes, each headline within its own path."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import JUDGE_SHIFT
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.intervals import clustered_mean
from skillift.statistics.judge_shift import judge_shift
from skillift.statistics.pairing import task_values, with_skills
from skillift.tables import check

RUNS = make_runs({("s", "sft"): (0, 1)})


def scores_of(arms: dict[tuple, list]) -> pl.DataFrame:
    """(path, run, condition) -> verdicts."""
    keyed = {(path, "s", run, int(run != "base"), name): v for (path, run, name), v in arms.items()}
    return task_values(with_skills(make_scores(keyed), make_tasks()))


def table(values: pl.DataFrame) -> pl.DataFrame:
    return check(judge_shift(differences(values, RUNS), RUNS, 0.95), JUDGE_SHIFT, "judge shift")


def study(paths=("bench", "judge:a", "judge:b", "judge:c")) -> pl.DataFrame:
    return scores_of(
        {
            (path, run, condition): passes(50 + 9 * i + 20 * j + 15 * k, start=i + 2 * j + k)
            for i, path in enumerate(paths)
            for j, run in enumerate(("base", "sft-s0", "sft-s1"))
            for k, condition in enumerate(("none", "curated"))
        }
    )


def test_each_pair_of_judges_has_each_headline_of_each_run_and_recipe():
    found = table(study())
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.select("judge_a", "judge_b").unique().sort("judge_a", "judge_b").rows() == pairs
    assert found.group_by("contrast").len().sort("contrast").rows() == [
        ("curated-none", 3 * 4),
        ("lift:curated-none", 3 * 3),
    ]


def test_with_every_episode_scored_the_estimates_are_those_of_the_effects():
    values = study()
    known = effects(differences(values, RUNS), 0.95, 50, 0)
    for row in table(values).iter_rows(named=True):
        place = {name: row[name] for name in ("run", "contrast")}
        for side in "ab":
            expected = known.filter(path=f"judge:{row[f'judge_{side}']}", **place)["estimate"].item()
            assert row[f"estimate_{side}"] == pytest.approx(expected)
        assert row["shift"] == pytest.approx(row["estimate_b"] - row["estimate_a"])


def test_the_shift_and_its_error_are_of_the_tasks_that_both_scored():
    rng = np.random.default_rng(3)
    arms = {
        (path, "base", name): passes(80, start=i)
        for i, path in enumerate(("judge:a", "judge:b"))
        for name in ("none", "curated")
    }
    arms["judge:b", "base", "curated"] = [
        None if rng.random() < 0.1 else bool(rng.random() < 0.6) for _ in range(200)
    ]
    row = table(scores_of(arms)).row(0, named=True)
    kept = [index for index, value in enumerate(arms["judge:b", "base", "curated"]) if value is not None]
    delta = {
        path: np.array([arms[path, "base", "curated"][i] - arms[path, "base", "none"][i] for i in kept])
        for path in ("judge:a", "judge:b")
    }
    expected = clustered_mean((delta["judge:b"] - delta["judge:a"]).astype(float), np.array(kept) // 5, 0.95)
    assert row["shift"] == pytest.approx(expected.estimate)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected.ci_low, expected.ci_high))
    assert row["estimate_a"] == pytest.approx(delta["judge:a"].mean())
    assert (row["n_tasks"], row["n_unscored"]) == (len(kept), 200 - len(kept))


@pytest.mark.parametrize(
    ("of_a", "of_b", "same"),
    [(60, 55, True), (60, 45, False), (40, 45, True), (60, 50, False), (50, 50, True)],
)
def test_judges_agree_in_direction_where_both_say_more_both_less_or_both_nothing(of_a, of_b, same):
    arms = {(path, "base", "none"): passes(50) for path in ("judge:a", "judge:b")}
    arms |= {("judge:a", "base", "curated"): passes(of_a), ("judge:b", "base", "curated"): passes(of_b)}
    assert table(scores_of(arms))["same_direction"].to_list() == [same]


def test_a_judge_without_verdicts_has_no_shift_and_no_direction():
    arms = {
        (path, "base", name): passes(50) for path in ("judge:a", "judge:b") for name in ("none", "curated")
    }
    arms["judge:b", "base", "none"] = [None] * 200
    row = table(scores_of(arms)).row(0, named=True)
    assert (row["shift"], row["estimate_a"], row["same_direction"]) == (None, None, None)
    assert (row["n_tasks"], row["n_unscored"]) == (0, 200)


@pytest.mark.parametrize("paths", [("bench",), ("bench", "judge:a")])
def test_one_judge_has_none_to_be_compared_with(paths):
    assert table(study(paths)).is_empty()
