"""Comparisons of logs whose scores are not 0 and 1 alone: a metric with its range, in its own unit."""

from __future__ import annotations

import base64
import gzip
import json
import re

import polars as pl
import pytest
from compared_logs import compare, effects_of, interval_of, text_of
from made_logs import line, scored, write_lm_eval

from skillift.errors import UserError
from skillift.metrics.registry import metrics

pytestmark = pytest.mark.slow

BEFORE = [12.5, 30.0, 41.25, 8.0, 55.0, 61.5, 20.0, 33.0]
AFTER = [20.5, 42.0, 40.25, 19.0, 71.0, 70.5, 31.0, 39.0]
CLUSTERS = ("--cluster", "skill")  # items 0 and 1, 2 and 3, ...


def logs_of(folder, before, after, **results):
    write_lm_eval(folder / "before", before, results=results)
    write_lm_eval(folder / "after", after, results=results)
    return [folder / "before"], [folder / "after"]


def by_hand(before: list[float], after: list[float]) -> tuple[float, float, float]:
    pairs = enumerate(zip(before, after, strict=True))
    return interval_of({(n // 2, n): b - a for n, (a, b) in pairs})


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("declared")
    logs = logs_of(folder, scored(BEFORE), scored(AFTER))
    return compare(folder / "out", *logs, *CLUSTERS, "--range", "exact_match=0:100")


def test_a_metric_has_its_gain_in_its_own_unit_as_counted_by_hand(declared):
    row = effects_of(declared)["gain:none"]
    assert row["metric"] == "exact_match"
    found = tuple(row[name] for name in ("estimate", "ci_low", "ci_high"))
    assert found == pytest.approx(by_hand(BEFORE, AFTER), abs=1e-9)
    rates = pl.read_parquet(declared / "analysis/pass_rates.parquet")
    assert rates.sort("run")["pass_rate"].to_list() == pytest.approx([sum(BEFORE) / 8, sum(AFTER) / 8])


def test_a_metric_is_a_claim_a_figure_and_a_sentence_and_its_scores_stay_as_they_are(declared):
    claim = pl.read_parquet(declared / "analysis/claims.parquet").row(0, named=True)
    assert (claim["claim"], claim["metric"], claim["word"]) == (
        "exact_match, gain:none",
        "exact_match",
        "supported",
    )
    assert "change (exact_match), n = 8 items" in (declared / "figures/gains.svg").read_text(encoding="utf-8")
    page = text_of(declared / "findings.html")
    assert "Gain by training: +9.0 exact_match, from 32.7 to 41.7 (95 % interval" in page
    assert "The score is exact_match, from 0 to 100, as --range declares." in page
    assert not (declared / "scores.parquet").exists()
    scores = pl.read_parquet(declared / "logged_scores.parquet").filter(run="base")
    assert scores.sort("task_id")["value"].to_list() == BEFORE
    assert "exact_match" not in metrics()  # it was there for the comparison alone


def test_a_range_of_0_to_1_gives_percentage_points(tmp_path):
    before, after = ([value / 100 for value in side] for side in (BEFORE, AFTER))
    logs = logs_of(tmp_path, scored(before), scored(after))
    out = compare(tmp_path / "out", *logs, *CLUSTERS, "--range", "exact_match=0:1")
    assert effects_of(out)["gain:none"]["estimate"] == pytest.approx(by_hand(before, after)[0])
    assert "Gain by training: +9.0 pp, from 32.7 % to 41.7 %" in text_of(out / "findings.html")


def test_without_a_declared_range_the_observed_one_bounds_what_is_missing_and_the_page_says_so(tmp_path):
    logs = logs_of(tmp_path, scored(BEFORE), scored([*AFTER[:-1], None]))
    out = compare(tmp_path / "out", *logs, *CLUSTERS)
    row = effects_of(out)["gain:none"]
    assert (row["n_tasks"], row["n_unscored"]) == (7, 1)
    pairs = list(zip(BEFORE, AFTER, strict=True))[:-1]
    assert row["estimate"] == pytest.approx(sum(b - a for a, b in pairs) / 7)
    page = text_of(out / "findings.html")
    assert "The score is exact_match, from 8 to 71 as far as was observed" in page
    assert "Without a score, and never taken for a fail: 1 no exact_match." in page


@pytest.mark.parametrize(("most", "said"), [("100", "the word stays"), ("10000", "could change this word")])
def test_missing_scores_are_tried_at_both_ends_of_the_range(most, said, tmp_path):
    after = [before + 20 + place % 3 for place, before in enumerate(BEFORE * 4)]
    logs = logs_of(tmp_path, scored(BEFORE * 4), scored([*after[:-1], None]))
    out = compare(tmp_path / "out", *logs, "--range", f"exact_match=0:{most}")
    assert said in (out / "summary.md").read_text(encoding="utf-8")


def test_where_less_is_better_a_fall_is_what_is_claimed(tmp_path):
    better = {"higher_is_better": {"sums": {"exact_match": False}}}
    logs = logs_of(tmp_path, scored(AFTER), scored(BEFORE), **better)
    out = compare(tmp_path / "out", *logs, *CLUSTERS)
    row = pl.read_csv(out / "effects.csv").row(0, named=True)
    assert row["estimate"] < 0 and row["word"] == "supported"
    assert "and less is better" in text_of(out / "findings.html")


def test_epochs_of_a_metric_are_means_of_their_item(tmp_path):
    for side, shift in (("before", 0.0), ("after", 2.0)):
        rows = [f"q{n},{epoch},{value + shift + epoch}" for n, value in enumerate(BEFORE) for epoch in (0, 1)]
        (tmp_path / f"{side}.csv").write_text("\n".join(["item,epoch,score", *rows]) + "\n")
    out = compare(tmp_path / "out", [tmp_path / "before.csv"], [tmp_path / "after.csv"])
    row = effects_of(out)["gain:none"]
    assert (row["estimate"], row["n_tasks"]) == (pytest.approx(2.0), 8)
    rates = pl.read_parquet(out / "analysis/pass_rates.parquet").filter(run="base")
    assert rates["pass_rate"].item() == pytest.approx(sum(BEFORE) / 8 + 0.5)


def test_four_arms_of_a_metric_give_its_lift(tmp_path):
    shifts = {("before", "plain"): 0, ("before", "steps"): 3, ("after", "plain"): 1, ("after", "steps"): 9}
    for (side, task), shift in shifts.items():
        values = [value + shift * (1 + place % 2) for place, value in enumerate(BEFORE)]
        write_lm_eval(tmp_path / side, scored(values), task=task)
    conditions = ("--condition", "none=plain", "curated=steps")
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"], *conditions)
    assert effects_of(out)["lift:curated-none"]["estimate"] == pytest.approx((9 - 1 - 3) * 1.5)
    assert "Is the lift resolved at this n?" in text_of(out / "findings.html")


def test_the_browser_shows_the_score_and_calls_it_neither_pass_nor_fail(declared):
    record = json.loads((declared / "comparison.json").read_text(encoding="utf-8"))
    assert record["range"] == [["exact_match", [0.0, 100.0]]]
    page = (declared / "episodes.html").read_text(encoding="utf-8")
    data = json.loads(gzip.decompress(base64.b64decode(re.search(r">\s*(H4sI[^<]+)<", page)[1])))
    cells = data["cells"]["none"]
    assert {data["verdicts"][place] for place in cells["verdict"]["logs"]} == {"scored"}
    assert cells["score"][:2] == ["12.5", "30"]


def test_of_a_score_that_no_item_has_it_is_said(tmp_path):
    logs = logs_of(tmp_path, [line(n, None) for n in range(4)], [line(n, None) for n in range(4)])
    with pytest.raises(UserError, match="scores of all arms: found 'none', expected at least one score"):
        compare(tmp_path / "out", *logs)
