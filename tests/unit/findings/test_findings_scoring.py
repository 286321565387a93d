"""Findings on the scoring: judges, paths, lost verdicts; what they could have done to a lift is told."""

from __future__ import annotations

import re

import polars as pl
import pytest
from findings_tables import SPEC, answers, every, tables_of
from made_specs import viewed

from skillift.findings import findings
from skillift.findings.closing_lines import closing_lines
from skillift.findings.finding import points
from skillift.statistics import claim_labels


@pytest.fixture(scope="module")
def tables():
    return tables_of()


def test_agreement_is_told_over_all_runs_with_the_worst_and_the_best_kappa(tables):
    (finding,) = every(tables, "agreement")
    whole = tables["agreement"].filter(condition="all")
    same = whole["both_pass"].sum() + whole["both_fail"].sum()
    assert f"Judges a and b, same verdict: {100 * same / 1600:.1f} % of 1600 episodes" in finding.sentence
    assert "0 unscored by a, 0 by b" in finding.sentence
    assert f"kappa {whole['kappa'].min():.2f} (at " in finding.sentence
    assert f" to {whole['kappa'].max():.2f} (of the reference model big;" in finding.sentence


def test_the_headline_that_another_judge_moves_furthest_is_told(tables):
    at_lift = (pl.col("run") == "sft") & (pl.col("contrast") == "lift:curated-none")
    moved = {"shift": pl.lit(0.2), "estimate_b": pl.col("estimate_a") + 0.2}
    shifts = tables["judge_shift"].with_columns(
        pl.when(at_lift).then(value).otherwise(name).alias(name) for name, value in moved.items()
    )
    tables = {**tables, "judge_shift": shifts}
    (finding,) = every(tables, "another judge")
    headlines = tables["judge_shift"].filter(pl.col("run").is_in(["base", "sft"]))
    assert f"{headlines['same_direction'].sum()} of {headlines.height} headlines" in finding.sentence
    largest = headlines["shift"].abs().max()
    assert re.search(rf"shift [+−]{100 * largest:.1f} pp", finding.sentence)


def test_the_largest_shift_of_each_path_is_told(tables):
    shifts = every(tables, "path shift")
    assert [each.path for each in shifts] == ["judge:a", "judge:b"]
    largest = tables["path_shift"].filter(path="judge:b")["shift"].abs().max()
    assert f"{100 * largest:.1f} pp" in shifts[1].sentence
    assert "Largest of 8 shifts" in shifts[1].sentence


def test_where_no_path_and_no_judge_moves_a_number_none_is_told_to(tables):
    assert every(tables, "mixed paths") == []
    assert every(tables, "another judge")[0].sentence.endswith("none moves by 0.1 pp or more.")


def test_the_number_that_mixed_paths_would_give_is_told_as_wrong(tables):
    far = pl.when(path_before="bench", path_after="judge:b").then(pl.col("estimate") + 0.2)
    estimate = far.otherwise("estimate")
    tables = {**tables, "mixed_paths": tables["mixed_paths"].with_columns(estimate=estimate)}
    (finding,) = every(tables, "mixed paths")
    rows = tables["mixed_paths"].filter(contrast="lift:curated-none", run="sft")
    right = rows.filter(path_before="judge:a", path_after="judge:a")["estimate"].item()
    wrong = rows.filter(~pl.col("matched"))["estimate"]
    furthest = max(wrong, key=lambda value: abs(value - right))
    assert finding.sentence.startswith("A wrong number, as a warning")
    assert f"would read {points(furthest)} instead of {points(right)}" in finding.sentence
    assert finding.word == ""


def test_a_word_that_unscored_episodes_could_overturn_is_named(tables):
    assert (
        every(tables, "worst case")[0].sentence == "No episode behind a lift is unscored on the path judge:a."
    )
    row = tables["bounds"].filter(path="judge:a", contrast="lift:curated-none", run="sft")
    worse = row.with_columns(n_unscored=pl.lit(30, pl.Int64))
    for holds, ending in ((False, "its word hangs on them."), (True, "its word does not hang on them.")):
        claims = tables["claims"].with_columns(word_holds=pl.lit(holds))
        (finding,) = every({**tables, "bounds": worse, "claims": claims}, "worst case")
        assert finding.sentence.endswith(ending)
        assert "With its 30 unscored of 1200 episodes" in finding.sentence


@pytest.mark.parametrize("path", ["bench", "judge:a", "judge:b"])
def test_a_path_that_lost_more_verdicts_than_the_study_allows_has_a_banner(path):
    lost = tables_of(unscored=path)
    (finding,) = every(lost, "warning")
    assert finding.sentence.startswith(f"Warning: on the path {path}, 1200 of 1600 compared episodes have no")
    assert "most at 45 k · before SFT: 100.0 %; limit 5 %" in finding.sentence
    assert "1 warning: read it first" in closing_lines(findings(lost, viewed(SPEC)), "")[2]
    assert answers(lost)["judge"].startswith(f"More verdicts are lost than the study allows on {path}")
    assert every(lost, "warning", {**SPEC, "max_unscored_share": 1.0}) == []


def test_few_lost_verdicts_have_no_banner(tables):
    assert every(tables, "warning") == []
    few = tables["bounds"].with_columns(n_unscored=pl.col("n_episodes") // 25)
    assert every({**tables, "bounds": few}, "warning") == []
    more = tables["bounds"].with_columns(
        n_unscored=pl.when(path="judge:b", run="base").then(pl.col("n_episodes") // 15).otherwise(0)
    )
    (finding,) = every({**tables, "bounds": more}, "warning")
    assert "judge:b" in finding.sentence


def test_what_is_undefined_never_keeps_its_word(tables):
    gone = pl.when(claim="lift").then(pl.lit(claim_labels.UNDEFINED)).otherwise("word")
    everywhere = answers({**tables, "claims": tables["claims"].with_columns(word=gone)})["judge"]
    assert "The lift is undefined on judge:a" in everywhere
    assert "keeps its word" not in everywhere
    rows = tables["claims"].filter(~((pl.col("path") == "judge:b") & (pl.col("claim") == "lift")))
    both = pl.concat(
        [rows, tables["claims"].filter(path="judge:b", claim="lift").with_columns(student=pl.lit("r"))]
    )
    assert "the word of the lift differs" in answers({**tables, "claims": both})["judge"]


def test_a_second_judge_without_a_verdict_is_no_missing_judge(tables):
    silent = {**tables, "judge_shift": tables["judge_shift"].clear()}
    assert "no headline can be compared under a second judge" in answers(silent)["judge"]


def test_a_lift_that_another_path_gives_another_word_is_named(tables):
    assert every(tables, "another path") == []
    claims = tables["claims"].with_columns(
        word=pl.when(path="bench", claim="lift").then(pl.lit(claim_labels.UNDEFINED)).otherwise("word")
    )
    changed = {**tables, "claims": claims}
    (finding,) = every(changed, "another path")
    assert finding.sentence.endswith("supported on judge:a, but undefined on bench.")
    assert "the word of the lift differs" in answers(changed)["judge"]
    assert "the lift keeps its word" in answers(tables)["judge"]


def test_a_corrected_lift_stands_beside_the_judged_one(tables):
    (none,) = every(tables, "corrected lift")
    assert none.sentence.startswith("No lift can be corrected for the judge's own errors: ")
    estimates = pl.col("method").replace_strict(
        {"uncorrected": 0.43, "rogan_gladen": 0.4, "prediction_powered": 0.39}
    )
    known = tables["corrected_effects"].with_columns(
        estimate=estimates, ci_low=estimates - 0.1, ci_high=estimates + 0.1, n_labelled=pl.lit(90, pl.Int64)
    )
    (finding,) = every({**tables, "corrected_effects": known}, "corrected lift")
    assert (
        "on 90 labelled episodes: Rogan-Gladen +40.0 pp (95 % interval +30.0 to +50.0 pp); "
        "prediction-powered +39.0 pp" in finding.sentence
    )
    assert finding.sentence.endswith(
        "as judged +43.0 pp (200 tasks in 40 skills, 0 episodes unscored; path judge:a)."
    )


def test_each_judge_has_its_certificate_and_the_headlines_judge_its_warning(tables):
    assert [each.path for each in every(tables, "certification")] == ["judge:a", "judge:b"]
    assert every(tables, "warning") == []
    limits = {"certification": {"max_false_pass": 0.0, "max_false_fail": 0.0}}
    spec = {**SPEC, "analysis": {**SPEC["analysis"], **limits}}
    wrong = {**tables, "certification": tables["certification"].with_columns(rate=0.5)}
    (warning,) = every(wrong, "warning", spec)
    assert warning.sentence.startswith("Warning: judge a errs too often")
    assert answers(wrong, spec)["judge"].startswith(
        "The headline judge errs more often than the study allows"
    )
    assert "1 warning: read it first" in closing_lines(findings(wrong, viewed(spec)), "")[2]


def test_one_judge_alone_has_no_second_opinion():
    tables = tables_of(paths=("bench", "judge:a"))
    claims = {each.claim for each in every(tables)}
    assert not {"agreement", "another judge"} & claims
    assert "there is no second judge" in answers(tables)["judge"]


def test_one_path_alone_has_nothing_to_mix_or_shift():
    claims = {each.claim for each in every(tables_of(paths=("judge:a",)))}
    assert not {"agreement", "another judge", "path shift", "another path", "mixed paths"} & claims
    assert {"lift", "room to move"} <= claims
