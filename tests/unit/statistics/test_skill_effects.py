"""Effects by skill: the mean and the t interval over the tasks of one skill."""

from __future__ import annotations

import polars as pl
import pytest
from claim_tables import make_runs
from scipy import stats
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.analysis import SKILL_EFFECTS
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.skill_effects import skill_effects
from skillift.tables import check

PATH = "judge:conclusion"


def table_of(arms: dict, tasks: pl.DataFrame, runs=()) -> pl.DataFrame:
    found = differences(task_values(with_skills(make_scores(arms), tasks)), list(runs))
    return check(skill_effects(found, 0.95), SKILL_EFFECTS, "effects by skill")


def arms_of(*verdicts: list) -> dict:
    """Arms none and curated before training, then after it."""
    cells = [("base", 0), ("sft-s0", 138)]
    names = [(PATH, "s", *cell, condition) for cell in cells for condition in ("none", "curated")]
    return dict(zip(names, verdicts, strict=False))


def test_each_skill_has_the_mean_and_the_t_interval_of_its_tasks():
    none = [False, False, True, False, True] + [True, True, True, False, False]
    curated = [True, False, True, True, False] + [True, True, False, False, True]
    table = table_of(arms_of(none, curated), make_tasks(2, 5))
    for row, differences_ in zip(
        table.iter_rows(named=True), ([1, 0, 0, 1, -1], [0, 0, -1, 0, 1]), strict=True
    ):
        expected = stats.ttest_1samp(differences_, 0.0).confidence_interval(0.95)
        assert row["estimate"] == pytest.approx(sum(differences_) / 5)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected.low, expected.high))
        assert (row["n_tasks"], row["n_unscored"]) == (5, 0)


def test_the_skills_add_up_to_the_effect():
    verdicts = [passes(count, start=31 * place) for place, count in enumerate((90, 102, 100, 120))]
    verdicts[2][17] = verdicts[3][18] = None
    scores, tasks = make_scores(arms_of(*verdicts)), make_tasks()
    found = list(differences(task_values(with_skills(scores, tasks)), []))
    whole = effects(found, 0.95, 100, 0).filter(contrast="lift:curated-none").row(0, named=True)
    parts = skill_effects(found, 0.95).filter(contrast="lift:curated-none")
    assert parts.height == 40
    assert (parts["estimate"] * parts["n_tasks"]).sum() / 198 == pytest.approx(whole["estimate"])
    assert (parts["n_tasks"].sum(), parts["n_unscored"].sum()) == (whole["n_tasks"], whole["n_unscored"])


@pytest.mark.parametrize(
    ("none", "curated", "estimate", "n_tasks", "n_unscored"),
    [
        ([False, None, None], [True, True, None], 1.0, 1, 3),
        ([False, True, True], [True, True, True], 1 / 3, 3, 0),
        ([False] * 3, [True] * 3, 1.0, 3, 0),
        ([None] * 3, [True] * 3, None, 0, 3),
    ],
    ids=["one task", "some variation", "no variation", "no task"],
)
def test_what_the_tasks_do_not_tell_is_null_beside_its_counts(none, curated, estimate, n_tasks, n_unscored):
    row = table_of(arms_of(none, curated), make_tasks(1, 3)).row(0, named=True)
    assert row["estimate"] == (None if estimate is None else pytest.approx(estimate))
    assert (row["n_tasks"], row["n_unscored"]) == (n_tasks, n_unscored)
    assert (row["ci_low"] is None) == (n_tasks < 2 or estimate == 1.0)


def test_thirds_without_variation_have_no_interval():
    runs = make_runs({("s", "sft"): (0, 1, 2)})
    arms = arms_of([False] * 3, [False] * 3)
    for seed in range(3):
        arms |= {(PATH, "s", f"sft-s{seed}", 9, "none"): [False] * 3}
        arms |= {(PATH, "s", f"sft-s{seed}", 9, "curated"): [seed == 0] * 3}
    row = table_of(arms, make_tasks(1, 3), runs).filter(run="sft", contrast="curated-none").row(0, named=True)
    assert row["estimate"] == pytest.approx(1 / 3)
    assert (row["ci_low"], row["ci_high"], row["n_tasks"]) == (None, None, 3)


def test_a_missing_arm_leaves_skills_without_tasks():
    arms = arms_of([True] * 4, [False] * 4, [True] * 4)
    table = table_of(arms, make_tasks(2, 2)).filter(run="sft-s0", contrast="lift:curated-none")
    assert table.select("skill_id", "estimate", "n_tasks").rows() == [
        ("skill-000", None, 0),
        ("skill-001", None, 0),
    ]
