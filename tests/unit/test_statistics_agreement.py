"""Agreement of judges: counts, kappa against its definition, and an interval that respects the skills."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from score_tables import make_scores, make_tasks, passes

from skillift.analysis_contracts import AGREEMENT
from skillift.statistics.agreement import agreement, kappa, kappa_interval
from skillift.statistics.pairing import with_skills
from skillift.tables import check


def compare(
    verdicts: dict[tuple, list], tasks: pl.DataFrame, samples: int = 500, seed: int = 0
) -> pl.DataFrame:
    """Agreement over arms of the base model: (judge, condition) -> verdicts."""
    arms = {(f"judge:{judge}", "s", "base", 0, condition): v for (judge, condition), v in verdicts.items()}
    scores = with_skills(make_scores(arms), tasks)
    return check(agreement(scores, 0.95, samples, seed), AGREEMENT, "agreement")


def test_counts_agreement_and_kappa_follow_their_definitions():
    # 2 x 2 table of Cohen's own kind: 20 both, 5 only a, 10 only b, 15 neither
    a = [True] * 25 + [False] * 25
    b = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = compare({("a", "none"): a, ("b", "none"): b}, make_tasks(10, 5)).row(0, named=True)
    assert (found["both_pass"], found["only_a"], found["only_b"], found["both_fail"]) == (20, 5, 10, 15)
    assert found["agreement"] == 0.7
    assert found["kappa"] == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert found["kappa_low"] < found["kappa"] < found["kappa_high"]
    assert (found["n_tasks"], found["n_skills"]) == (50, 10)


def test_the_agreement_of_the_reference_study_is_reached():
    a = passes(180, 400)
    b = [not verdict if index % 15 == 3 else verdict for index, verdict in enumerate(a)]
    tasks = make_tasks(80, 5)
    found = compare({("gpt", "none"): a, ("opus", "none"): b}, tasks).row(0, named=True)
    assert found["both_pass"] + found["both_fail"] == 373
    assert found["agreement"] == 0.9325


def test_all_conditions_of_a_run_are_counted_together():
    verdicts = {
        (judge, condition): passes(50) for judge in "ab" for condition in ("none", "curated", "placebo")
    }
    found = compare(verdicts, make_tasks()).row(0, named=True)
    assert (found["both_pass"], found["both_fail"], found["n_tasks"]) == (150, 450, 200)


def test_every_pair_of_judges_has_its_row_in_sorted_order():
    verdicts = {
        (judge, "none"): passes(count) for judge, count in (("tail", 50), ("conclusion", 60), ("z", 70))
    }
    table = compare(verdicts, make_tasks())
    assert table.select("judge_a", "judge_b").rows() == [
        ("conclusion", "tail"),
        ("conclusion", "z"),
        ("tail", "z"),
    ]


def test_an_unscored_episode_is_in_no_cell():
    a, b = [True, None, False, None], [True, True, None, None]
    found = compare({("a", "none"): a, ("b", "none"): b}, make_tasks(2, 2)).row(0, named=True)
    assert sum(found[name] for name in ("both_pass", "only_a", "only_b", "both_fail")) == 1
    assert (found["n_unscored"], found["n_tasks"], found["n_skills"]) == (3, 1, 1)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((20, 5, 10, 15), 0.4),
        ((0, 10, 10, 0), -1.0),
        ((10, 0, 0, 10), 1.0),
        ((25, 25, 25, 25), 0.0),
        ((0, 5, 0, 15), 0.0),
        ((20, 0, 0, 0), None),
        ((0, 0, 0, 20), None),
        ((0, 0, 0, 0), None),
    ],
)
def test_kappa_by_hand(counts, expected):
    found = kappa(np.array(counts))
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_interval_is_that_of_a_bootstrap_written_out():
    rng = np.random.default_rng(5)
    counts = rng.multinomial(5, [0.4, 0.1, 0.1, 0.4], size=12)
    draws = np.random.default_rng(7).multinomial(12, [1 / 12] * 12, size=400)
    replicates = []
    for draw in draws:
        skills = [skill for skill, times in enumerate(draw) for _ in range(times)]
        replicates.append(kappa(sum(counts[skill] for skill in skills)))
    expected = np.quantile(replicates, [0.025, 0.975])
    assert kappa_interval(counts, 0.95, 400, 7) == pytest.approx(tuple(expected))


def test_the_interval_is_wider_when_disagreements_stand_in_few_skills():
    scattered = np.tile([2, 0, 1, 2], (40, 1))
    scattered[::2] = [2, 1, 0, 2]
    together = np.array([[3, 0, 0, 2]] * 16 + [[2, 0, 0, 3]] * 16 + [[0, 3, 2, 0], [0, 2, 3, 0]] * 4)
    widths = [np.subtract(*kappa_interval(counts, 0.95, 1000, 0)[::-1]) for counts in (scattered, together)]
    assert widths[1] > 3 * widths[0]


@pytest.mark.parametrize(
    "counts",
    [
        [[2, 1, 1, 1]],
        [[5, 0, 0, 0], [5, 0, 0, 0]],
        [[3, 0, 0, 2], [2, 0, 0, 3]],
        [[5, 0, 0, 0]] * 3 + [[0, 0, 0, 5]],
        [[0, 0, 0, 0]] * 3,
    ],
    ids=["one skill", "one verdict", "always equal", "often undefined in replicates", "nothing scored"],
)
def test_an_undefined_interval_is_none(counts):
    assert kappa_interval(np.array(counts), 0.95, 500, 0) == (None, None)


def test_the_same_seed_gives_the_same_interval_and_another_another():
    verdicts = {("a", "none"): passes(80), ("b", "none"): passes(90, start=2)}
    first, again = (compare(verdicts, make_tasks(), seed=3) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(compare(verdicts, make_tasks(), seed=4))


def test_one_judge_agrees_with_nobody():
    assert compare({("a", "none"): passes(50)}, make_tasks()).is_empty()
