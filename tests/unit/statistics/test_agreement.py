"""Agreement of judges: counts, kappa against its definition, and an interval that respects the skills."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.scoring_audit import AGREEMENT
from skillift.statistics.agreement import agreement
from skillift.statistics.agreement_measures import ac1, ac1s, agreement_interval, kappa, kappas
from skillift.statistics.pairing import with_skills
from skillift.tables import check


def compare(
    verdicts: dict[tuple, list], tasks: pl.DataFrame, samples: int = 500, seed: int = 0
) -> pl.DataFrame:
    """Agreement over arms of the base model: (judge, condition) -> verdicts."""
    arms = {(f"judge:{judge}", "s", "base", 0, condition): v for (judge, condition), v in verdicts.items()}
    scores = with_skills(make_scores(arms), tasks)
    return check(agreement(scores, 0.95, samples, seed), AGREEMENT, "agreement")


def together(verdicts: dict[tuple, list], tasks: pl.DataFrame, **options) -> dict:
    """The row over all conditions."""
    return compare(verdicts, tasks, **options).filter(condition="all").row(0, named=True)


def test_counts_agreement_and_kappa_follow_their_definitions():
    # 2 x 2 table of Cohen's own kind: 20 both, 5 only a, 10 only b, 15 neither
    a = [True] * 25 + [False] * 25
    b = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = together({("a", "none"): a, ("b", "none"): b}, make_tasks(10, 5))
    assert (found["both_pass"], found["only_a"], found["only_b"], found["both_fail"]) == (20, 5, 10, 15)
    assert found["agreement"] == 0.7
    assert found["kappa"] == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert found["kappa_low"] < found["kappa"] < found["kappa_high"]
    assert (found["n_tasks"], found["n_skills"]) == (50, 10)


def test_the_agreement_of_the_reference_study_is_reached():
    a = passes(180, 400)
    b = [not verdict if index % 15 == 3 else verdict for index, verdict in enumerate(a)]
    tasks = make_tasks(80, 5)
    found = together({("gpt", "none"): a, ("opus", "none"): b}, tasks)
    assert found["both_pass"] + found["both_fail"] == 373
    assert found["agreement"] == 0.9325


def test_each_condition_is_counted_by_itself_and_all_together():
    counts = {"none": 50, "curated": 60, "placebo": 70}
    verdicts = {(judge, condition): passes(count) for judge in "ab" for condition, count in counts.items()}
    found = compare(verdicts, make_tasks()).select("condition", "both_pass", "both_fail", "n_tasks").rows()
    assert found == [
        ("all", 180, 420, 200),
        ("curated", 60, 140, 200),
        ("none", 50, 150, 200),
        ("placebo", 70, 130, 200),
    ]


def test_a_judge_may_agree_less_under_one_condition():
    a = {condition: passes(80) for condition in ("none", "curated")}
    b = {**a, "curated": passes(80, start=3)}
    verdicts = {(j, name): v for j, arm in (("a", a), ("b", b)) for name, v in arm.items()}
    rows = {row["condition"]: row for row in compare(verdicts, make_tasks()).iter_rows(named=True)}
    assert rows["none"]["agreement"] == 1.0
    assert rows["curated"]["kappa"] < rows["all"]["kappa"] < rows["none"]["kappa"] == 1.0


def test_every_pair_of_judges_has_its_row_in_sorted_order():
    verdicts = {
        (judge, "none"): passes(count) for judge, count in (("tail", 50), ("conclusion", 60), ("z", 70))
    }
    table = compare(verdicts, make_tasks()).filter(condition="none")
    assert table.select("judge_a", "judge_b").rows() == [
        ("conclusion", "tail"),
        ("conclusion", "z"),
        ("tail", "z"),
    ]


def test_an_unscored_episode_is_in_no_cell():
    a, b = [True, None, None, None], [True, True, False, None]
    found = together({("a", "none"): a, ("b", "none"): b}, make_tasks(2, 2))
    assert sum(found[name] for name in ("both_pass", "only_a", "only_b", "both_fail")) == 1
    assert (found["n_unscored"], found["n_tasks"], found["n_skills"]) == (3, 1, 1)


def test_who_left_an_episode_unscored_is_told_by_judge_and_condition():
    verdicts = {
        ("a", "none"): [True, None, None, None],
        ("b", "none"): [True, True, False, None],
        ("a", "curated"): [True, True, False, False],
        ("b", "curated"): [True, True, None, False],
    }
    found = compare(verdicts, make_tasks(2, 2)).select("condition", "n_unscored_a", "n_unscored_b")
    assert found.rows() == [("all", 3, 2), ("curated", 0, 1), ("none", 3, 1)]


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


# coefficients by irrCAC 0.4.4 (`CAC(ratings).gwet()`), computed once with it
@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((118, 5, 2, 0), 0.940776337608718),
        ((20, 5, 10, 15), 0.405940594059406),
        ((40, 3, 6, 151), 0.931193975650312),
        ((0, 10, 10, 0), -1.0),
        ((20, 0, 0, 0), 1.0),
        ((0, 0, 0, 0), None),
    ],
)
def test_ac1_is_that_of_irrcac(counts, expected):
    found = ac1(np.array(counts))
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))


def test_where_nearly_all_verdicts_are_passes_kappa_says_nothing_and_ac1_does():
    counts = np.array((118, 5, 2, 0))
    assert counts[[0, 3]].sum() / counts.sum() == 0.944
    assert kappa(counts) == pytest.approx(-0.023391812865496)  # irrCAC 0.4.4, `CAC(ratings).conger()`
    assert ac1(counts) > 0.94


@pytest.mark.parametrize("measure", [kappas, ac1s])
def test_many_tables_at_once_give_what_each_gives_alone(measure):
    counts = np.random.default_rng(1).multinomial(20, [0.5, 0.1, 0.1, 0.3], size=50)
    alone = {kappas: kappa, ac1s: ac1}[measure]
    assert measure(counts) == pytest.approx([alone(row) for row in counts])


@pytest.mark.parametrize(("measure", "alone"), [(kappas, kappa), (ac1s, ac1)])
def test_the_interval_is_that_of_a_bootstrap_written_out(measure, alone):
    rng = np.random.default_rng(5)
    counts = rng.multinomial(5, [0.4, 0.1, 0.1, 0.4], size=12)
    draws = np.random.default_rng(7).multinomial(12, [1 / 12] * 12, size=400)
    replicates = []
    for draw in draws:
        skills = [skill for skill, times in enumerate(draw) for _ in range(times)]
        replicates.append(alone(sum(counts[skill] for skill in skills)))
    expected = np.quantile(replicates, [0.025, 0.975])
    assert agreement_interval(counts, measure, 0.95, 400, 7) == pytest.approx(tuple(expected))


def test_the_interval_is_wider_when_disagreements_stand_in_few_skills():
    scattered = np.tile([2, 0, 1, 2], (40, 1))
    scattered[::2] = [2, 1, 0, 2]
    together = np.array([[3, 0, 0, 2]] * 16 + [[2, 0, 0, 3]] * 16 + [[0, 3, 2, 0], [0, 2, 3, 0]] * 4)
    widths = [
        np.subtract(*agreement_interval(counts, kappas, 0.95, 1000, 0)[::-1])
        for counts in (scattered, together)
    ]
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
    assert agreement_interval(np.array(counts), kappas, 0.95, 500, 0) == (None, None)


def test_the_same_seed_gives_the_same_interval_and_another_another():
    verdicts = {("a", "none"): passes(80), ("b", "none"): passes(90, start=2)}
    first, again = (compare(verdicts, make_tasks(), seed=3) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(compare(verdicts, make_tasks(), seed=4))


def test_one_judge_agrees_with_nobody():
    assert compare({("a", "none"): passes(50)}, make_tasks()).is_empty()
