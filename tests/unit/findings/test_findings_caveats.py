"""What stands beside a word: one training, ANSWER lines, missing verdicts."""

from __future__ import annotations

import polars as pl
from analysis_tables import full_study
from findings_tables import COUNTS, HEADLINE, SPEC, answers, every, tables_of
from score_tables import make_episodes

from skillift.findings.finding import detectable
from skillift.statistics.pass_rates import responses

ONE_SEED = {name: COUNTS[name] for name in ("base", "sft-s0")}


def texts_seen(before: float, after: float) -> pl.DataFrame:
    """Responses of which so many have an ANSWER line, before and after SFT."""
    frames = []
    for run, step, share in (("base", 0, before), ("sft-s0", 138, after), ("sft-s1", 138, after)):
        lines = round(200 * share)
        texts = ["ANSWER: 1"] * lines + ["so it is 1"] * (200 - lines)
        frames.append(responses(make_episodes(step, {"none": texts, "curated": texts}), "s", run))
    return pl.concat(frames)


def test_a_lift_of_one_training_says_that_it_is_about_that_run():
    one, several = (answers(tables_of(HEADLINE, runs=runs))["resolved"] for runs in (ONE_SEED, COUNTS))
    assert one.endswith(
        "At 1 student a recipe has one training: what is claimed there is about that run alone."
    )
    assert "about that run" not in several


def test_differences_of_single_trainings_are_about_these_runs():
    spec, tables = full_study()
    (_, pair) = every(tables, "recipes tie", spec)  # answer_only has one seed
    assert pair.sentence.endswith("; a side has one seed, so about these runs.")
    assert all("these runs" not in each.sentence for each in every(tables, "uniform lift", spec))
    assert "these runs" not in answers(tables, spec)["uniform"]
    single = {**tables, "claims": tables["claims"].with_columns(n_runs=pl.lit(1, dtype=pl.Int64))}
    assert "by sft (a side has one seed, so about these runs): " in answers(single, spec)["uniform"]


def test_where_the_share_of_answer_lines_changes_no_lift_stands_without_the_caveat():
    tables = tables_of(("bench", *HEADLINE), seen=texts_seen(0.4, 1.0))
    assert answers(tables)["resolved"].endswith(
        "At 1 lift the share of ANSWER lines changes too: see the caveat."
    )
    (caveat,) = every(tables, "format")
    assert caveat.sentence.startswith("Lift at 45 k after SFT by sft, mean of 2 seeds: between its arms the ")
    assert "varies from 40.0 % to 100.0 %. Where the judge misses right answers in prose" in caveat.sentence
    assert "In its certification the judge failed " in caveat.sentence
    (corrected,) = every(tables, "corrected lift")
    assert "errors on ANSWER lines" in corrected.sentence
    assert "this correction cannot see errors on prose. In its certification the judge" in corrected.sentence
    on_bench = {**SPEC, "analysis": {**SPEC["analysis"], "headline_path": "bench"}}
    (caveat,) = every(tables, "format", on_bench)
    assert caveat.sentence.endswith("The extractor reads no prose, so the lift may be one of format.")


def test_where_it_does_not_change_there_is_none():
    tables = tables_of(HEADLINE, seen=texts_seen(0.9, 0.9))
    assert every(tables, "format") == []
    (corrected,) = every(tables, "corrected lift")
    assert "cannot see" not in corrected.sentence
    assert "ANSWER lines" not in answers(tables)["resolved"]


def test_random_labels_lead_with_the_correction_that_is_for_them_and_need_no_caveat():
    tables = tables_of(("bench", *HEADLINE), seen=texts_seen(0.4, 1.0))
    given = {
        **tables,
        "corrected_effects": tables["corrected_effects"].with_columns(labelled_by=pl.lit("given")),
    }
    (corrected,) = every(given, "corrected lift")
    assert "cannot see" not in corrected.sentence
    assert corrected.sentence.index("prediction-powered") < corrected.sentence.index("Rogan-Gladen")


def test_missing_verdicts_that_could_change_a_word_are_told():
    spec, tables = full_study()  # one verdict in a hundred is lost
    claims = tables["claims"].filter(pl.col("n_unscored") > 0, path="judge:conclusion", metric="pass")
    (finding,) = every(tables, "missing verdicts", spec)
    hanging = claims.filter(~pl.col("word_holds")).height
    start = f"Of {claims.height} claims with missing verdicts on the path judge:conclusion, {hanging} have"
    assert finding.sentence.startswith(start)
    by_lift = {
        each.sentence.split(" lies ")[0]: "does not hang on them" in each.sentence
        for each in every(tables, "worst case", spec)
    }
    lifts = claims.filter(claim="lift")
    assert sum(by_lift.values()) == lifts["word_holds"].sum()


def test_with_few_degrees_of_freedom_the_detectable_effect_has_its_range():
    row = {"mde": 0.2, "mde_low": 0.13, "mde_high": 0.4, "degrees_of_freedom": 6.0}
    assert detectable(row) == "20.0 pp (its variance is little known: 13.0 to 40.0 pp)"
    assert detectable(row | {"degrees_of_freedom": 39.0}) == "20.0 pp"
    assert detectable(row | {"mde": None}) == "undefined"
