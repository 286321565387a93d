"""The second opinion up to its sampler and after it; what the sampler finds is in the nightly tests."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from findings_tables import SPEC, tables_of
from made_specs import declared_runs, viewed
from score_tables import make_scores, make_tasks, passes

from skillift.contracts.second_opinion import SECOND_OPINION
from skillift.errors import UserError
from skillift.publication.table_page import to_html
from skillift.second_opinion.comparison import agreement, comparison
from skillift.second_opinion.model import mean_rate
from skillift.second_opinion.opinion_arms import data_by_path
from skillift.second_opinion.opinion_page import page
from skillift.second_opinion.sampling import check_set
from skillift.tables import check

pytestmark = pytest.mark.xdist_group("degenerate studies")  # tables of the findings' tests

ARMS = {
    ("bench", "s", "base", 0, "none"): passes(40),
    ("bench", "s", "base", 0, "curated"): passes(46),
    ("bench", "s", "sft-s0", 69, "none"): passes(1),
    ("bench", "s", "sft-s0", 138, "none"): passes(50),
    ("bench", "s", "sft-s0", 138, "curated"): [None] * 20 + passes(100, 180),
    ("bench", "s", "sft-s1", 138, "none"): passes(56),
    ("bench", "s", "sft-s1", 138, "curated"): passes(150),
    ("bench", "r", "base", 0, "none"): passes(140),
    ("bench", "r", "base", 0, "curated"): passes(146),
}


def data(arms=ARMS, tasks=None, **options):
    tasks = make_tasks() if tasks is None else tasks
    return data_by_path(make_scores(arms, **options), tasks, declared_runs(SPEC["runs"]), "holdout")


def test_each_arm_has_its_passes_at_the_last_checkpoint_with_seeds_in_one_group():
    (found,) = data().values()
    assert found["skills"] == [task // 5 for task in range(200)]
    reference, student = found["students"]
    assert (reference["student"], reference["groups"], reference["several"]) == ("r", ["base"], [False])
    assert (student["groups"], student["several"]) == (["base", "sft"], [False, True])
    assert student["group_of_run"] == [0, 1, 1]
    # runs x (none, curated)
    assert np.sum(student["passes"], axis=2).tolist() == [[40, 46], [50, 100], [56, 150]]
    assert student["passes"][0][0] == [int(passed) for passed in passes(40)]


def test_what_has_no_verdict_is_in_no_count():
    scored = np.array(data()["bench"]["students"][1]["scored"])
    assert scored.sum(axis=2).tolist() == [[200, 200], [200, 180], [200, 200]]
    assert scored[1, 1, :20].sum() == 0


def test_samples_of_a_task_are_counted():
    arms = {
        ("bench", "s", "base", 0, condition): [True, False, True, True] * 200
        for condition in ("none", "curated")
    }
    (student,) = data(arms, n_samples=4)["bench"]["students"]
    assert set(student["passes"][0][0]) == {3} and set(student["scored"][0][0]) == {4}


def test_each_path_has_data_of_its_own():
    other = {("judge:a", *key[1:]): verdicts for key, verdicts in ARMS.items() if key[1] == "r"}
    found = data(ARMS | other)
    assert [len(path["students"]) for path in found.values()] == [2, 1]
    assert list(found) == ["bench", "judge:a"]


def test_a_study_without_the_procedure_is_refused():
    alone = {key: verdicts for key, verdicts in ARMS.items() if key[-1] == "none"}
    with pytest.raises(
        UserError, match="none under curated', expected episodes of the suite holdout"
    ) as raised:
        data(alone)
    assert "column condition" in str(raised.value)


def test_the_mean_rate_is_the_mean_over_the_units():
    draws = np.random.default_rng(0).normal(0, 1, 400_000)
    centre, variance = np.array([0.0, 1.5, -4.0]), np.array([9.0, 0.25, 4.0])
    expected = (1 / (1 + np.exp(-(centre + np.sqrt(variance) * draws[:, None])))).mean(axis=0)
    assert mean_rate(centre, variance) == pytest.approx(expected, abs=0.002)
    assert mean_rate(np.array(0.7), np.array(0.0)) == pytest.approx(1 / (1 + np.exp(-0.7)))


def effect(student: str, run: str, claim: str, **changes) -> dict:
    found = {"mean": 0.1, "low": 0.02, "high": 0.18, "above": 0.99, "r_hat": 1.001, "n_effective": 1500.0}
    return {"student": student, "run": run, "claim": claim, **found, "defined": True} | changes


def fit(**changes) -> dict:
    effects = [
        effect("s", "base", "procedural_delta"),
        effect("s", "sft", "procedural_delta"),
        effect("s", "sft", "lift", mean=0.4, low=0.3, high=0.5),
        effect("r", "base", "procedural_delta"),
    ]
    return {"effects": effects, "worst_r_hat": 1.02, "n_divergent": 0, "n_draws": 2400} | changes


def compared(**changes) -> pl.DataFrame:
    return comparison(tables_of()["claims"], {"judge:a": fit(**changes)}, "holdout")


def test_every_lift_and_delta_has_both_intervals_in_one_row():
    table = check(compared(), SECOND_OPINION, "compared")
    claims = tables_of()["claims"].filter(pl.col("claim").is_in(["lift", "procedural_delta"]), path="judge:a")
    assert table.height == claims.height == 4
    (lift,) = table.filter(claim="lift").iter_rows(named=True)
    (claim,) = claims.filter(claim="lift").iter_rows(named=True)
    shared = ("estimate", "ci_low", "ci_high", "word", "n_tasks", "n_skills", "n_unscored", "n_runs")
    assert [lift[name] for name in shared] == [claim[name] for name in shared]
    assert (lift["posterior_mean"], lift["posterior_low"], lift["posterior_high"]) == (0.4, 0.3, 0.5)
    assert set(table["reason"]) == {""}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_divergent": 3}, "3 of 2400 draws diverged"),
        ({"worst_r_hat": 1.2}, "R-hat of a parameter is 1.200"),
        ({"worst_r_hat": float("nan")}, "R-hat of a parameter is nan"),
    ],
)
def test_where_the_sampler_did_not_converge_no_interval_is_shown_and_a_sentence_says_why(changes, said):
    table = check(compared(**changes), SECOND_OPINION, "compared")
    assert all(f"the sampler did not converge: {said}" in reason for reason in table["reason"])
    for name in ("posterior_mean", "posterior_low", "posterior_high", "posterior_above_zero"):
        assert table[name].null_count() == table.height
    assert table["ci_low"].null_count() == 0
    assert said in to_html([page(table, viewed(SPEC))], "second_opinion")
    assert agreement(table) == "No row has both intervals."


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"r_hat": 1.05}, "R-hat is 1.050, above 1.01"), ({"n_effective": 90.0}, "90 effective draws, of 400")],
)
def test_one_effect_that_did_not_mix_takes_no_interval_from_the_others(changes, said):
    effects = fit()["effects"]
    effects[2] = effect("s", "sft", "lift", **changes)
    table = compared(effects=effects)
    assert table.filter(claim="lift")["reason"].item() == f"the sampler did not converge: {said}"
    assert table.filter(claim="procedural_delta")["posterior_low"].null_count() == 0


def test_an_arm_without_a_verdict_gets_no_interval_from_the_prior_alone():
    effects = [each | {"defined": False} for each in fit()["effects"]]
    table = check(compared(effects=effects), SECOND_OPINION, "compared")
    assert set(table["reason"]) == {"an arm has no verdict"}
    assert table["posterior_low"].null_count() == table.height


def test_the_page_shows_both_intervals_beside_each_other():
    view = viewed(SPEC)
    shown = page(compared(), view)
    (lift,) = shown.rows.filter(claim="lift").iter_rows(named=True)
    assert lift["posterior"] == "+40.0 [+30.0, +50.0]"
    assert lift["clustered"].startswith("+43.0 [+") and lift["about"] == "sft"
    assert [column.name for column in shown.columns[:4]] == ["label", "about", "clustered", "posterior"]
    html = to_html([shown], "second_opinion")
    assert "No word rests on it" in html and "+40.0 [+30.0, +50.0]" in html


def test_the_sentence_of_agreement_counts_the_rows_that_say_the_same():
    table = pl.DataFrame(
        {
            "estimate": [0.1, 0.1, -0.2],
            "ci_low": [0.05, -0.05, -0.3],
            "ci_high": [0.15, 0.25, -0.1],
            "posterior_mean": [0.11, 0.13, -0.2],
            "posterior_low": [0.0 - 0.01, -0.02, -0.25],
            "posterior_high": [0.2, 0.28, -0.15],
        }
    )
    text = agreement(table)
    assert text.startswith("In 2 of 3 rows") and "at most 3.0 pp apart" in text
    assert "0.50 to 2.10 times as wide" in text


def test_without_the_set_one_sentence_says_how_to_get_it(tmp_path):
    with pytest.raises(UserError, match=r"no such program.*`make second-opinion` installs it"):
        check_set(tmp_path / "python")
    bare = tmp_path / "python3"
    bare.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'numpyro'\" >&2\nexit 1\n")
    bare.chmod(0o755)
    with pytest.raises(UserError, match=r"No module named 'numpyro'.*`make second-opinion` installs it"):
        check_set(bare)
