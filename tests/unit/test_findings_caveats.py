"""What stands beside a word: one training, a family, the placebo, ANSWER lines, missing verdicts."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import full_study, make_certification
from findings_tables import COUNTS, SPEC, answers, every, tables_of
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.findings.finding import detectable
from skillift.statistics import words
from skillift.statistics.analysis import analyse
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
    one, several = (answers(tables_of(runs=runs))["resolved"] for runs in (ONE_SEED, COUNTS))
    assert one.endswith("With one training a claim is about that run, not about its recipe: so at 1 student.")
    assert "about that run" not in several


def test_differences_of_single_trainings_are_about_these_runs():
    spec, tables = full_study()
    (_, pair) = every(tables, "recipes tie", spec)  # answer_only has one seed
    assert pair.sentence.endswith("; one seed a side, so about these runs.")
    assert all("these runs" not in each.sentence for each in every(tables, "uniform lift", spec))
    assert "these runs" not in answers(tables, spec)["uniform"]
    single = {**tables, "claims": tables["claims"].with_columns(n_runs=pl.lit(1, dtype=pl.Int64))}
    assert "by sft (one seed a side, so about these runs): " in answers(single, spec)["uniform"]


def test_contrasts_with_a_placebo_are_a_family_each_with_the_effect_that_its_word_can_see():
    spec, tables = full_study()
    rows = tables["effects"].filter(
        pl.col("run").is_in(["base", "sft", "answer_only-s0"]),
        path="judge:conclusion",
        contrast="curated-placebo",
    )
    found = [each for each in every(tables, None, spec) if each.claim.startswith("curated − placebo")]
    assert len(found) == rows.height == 7
    expected = words.holm(rows["p_value"].to_list())
    assert sorted(each.numbers["p_holm"] for each in found) == pytest.approx(sorted(expected))
    for each in found:
        assert "Holm-adjusted p" in each.sentence
        (row,) = rows.filter(estimate=each.numbers["estimate"]).head(1).iter_rows(named=True)
        assert each.numbers["mde"] > row["mde"]
        resolved = each.numbers["p_holm"] < 0.05
        sign = words.SUPPORTED if each.numbers["estimate"] > 0 else words.CONTRADICTED
        assert each.word == (sign if resolved else words.NOT_RESOLVABLE)


def placebo_study(after_placebo: int):
    """Curated and none stay as they are; SFT changes what the placebo does."""
    arms = {}
    for run, counts in (("base", (40, 60, 60)), ("sft-s0", (40, 60, after_placebo))):
        for condition, count in zip(("none", "curated", "placebo"), counts, strict=True):
            arms[("judge:a", "s", run, 138 * (run != "base"), condition)] = passes(count, start=7)
    spec = {**SPEC, "students": {"s": SPEC["students"]["s"]}, "references": [], "runs": SPEC["runs"][::2]}
    tables = analyse(make_scores(arms), make_tasks(), texts_seen(1, 1).clear(), spec)._asdict()
    return spec, {**tables, "certification": make_certification(("a",))}


def test_sft_that_only_makes_the_placebo_harmful_adds_nothing_beyond_a_longer_prompt():
    spec, tables = placebo_study(after_placebo=4)
    over_placebo = tables["effects"].filter(contrast="lift:curated-placebo").row(0, named=True)
    assert over_placebo["ci_low"] > 0
    (finding,) = (each for each in every(tables, None, spec) if each.claim.startswith("lift of curated − pl"))
    assert finding.word == words.NOT_RESOLVABLE
    assert "so what SFT changed may be the placebo." in finding.sentence
    assert "supported" not in answers(tables, spec)["procedure"]


def test_where_the_share_of_answer_lines_changes_no_lift_stands_without_the_caveat():
    tables = tables_of(seen=texts_seen(0.4, 1.0))
    assert answers(tables)["resolved"].endswith(
        "At 1 lift the share of ANSWER lines changes too: see the caveat."
    )
    (caveat,) = every(tables, "format")
    assert caveat.sentence.startswith("Lift at 45 k after SFT by sft, mean of 2 seeds: between its arms the ")
    assert "goes from 40.0 % to 100.0 %. Where the judge misses right answers in prose" in caveat.sentence
    assert "In its certification the judge failed " in caveat.sentence
    (corrected,) = every(tables, "corrected lift")
    assert "errors on ANSWER lines" in corrected.sentence
    assert "this correction cannot see errors on prose. In its certification the judge" in corrected.sentence
    on_bench = {**SPEC, "analysis": {**SPEC["analysis"], "headline_path": "bench"}}
    (caveat,) = every(tables, "format", on_bench)
    assert caveat.sentence.endswith("The extractor reads no prose, so the lift may be one of format.")


def test_where_it_does_not_change_there_is_none():
    tables = tables_of(seen=texts_seen(0.9, 0.9))
    assert every(tables, "format") == []
    (corrected,) = every(tables, "corrected lift")
    assert "cannot see" not in corrected.sentence
    assert "ANSWER lines" not in answers(tables)["resolved"]


def test_random_labels_lead_with_the_correction_that_is_for_them_and_need_no_caveat():
    tables = tables_of(seen=texts_seen(0.4, 1.0))
    given = {
        **tables,
        "corrected_effects": tables["corrected_effects"].with_columns(labelled_by=pl.lit("given")),
    }
    (corrected,) = every(given, "corrected lift")
    assert "cannot see" not in corrected.sentence
    assert corrected.sentence.index("prediction-powered") < corrected.sentence.index("Rogan-Gladen")


def test_missing_verdicts_that_could_change_a_word_are_told():
    spec, tables = full_study()  # one verdict in a hundred is lost
    claims = tables["claims"].filter(pl.col("n_unscored") > 0, path="judge:conclusion")
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
