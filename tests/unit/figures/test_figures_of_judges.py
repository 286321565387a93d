"""Judges in figures: the rates of their certification, and warnings of those above the limits."""

from __future__ import annotations

import copy

import polars as pl
import pytest
from analysis_tables import full_study
from drawn_figures import drawn, marks, svg_of, texts
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.theme import WARNING, specification

# analysed once for all tests of the group; some hundred drawings take half a minute
pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]


def test_the_judge_of_the_headline_path_stands_first():
    spec, tables = full_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "judge:tail"}}
    said = texts(svg_of("certification", tables, spec))
    assert [text for text in said if text in ("conclusion", "tail")] == ["tail", "conclusion"]


@pytest.mark.parametrize("name", ["lift", "tier_trajectory"])
def test_a_warning_stands_alone_above_the_figure_and_looks_like_one(name):
    spec, tables = full_study()
    strict = copy.deepcopy(spec)
    strict["analysis"]["certification"] = {"max_false_pass": 0.0, "max_false_fail": 0.0}
    quiet, warned = (specification(draw(name, tables, viewed(each)))["title"] for each in (spec, strict))
    assert warned["subtitle"][0].startswith("Warning: judge") and warned["subtitleColor"] == WARNING
    assert quiet["subtitle"][0].startswith("path\u00a0") and quiet["subtitleColor"] != WARNING
    assert any(text.startswith("path judge:conclusion") for text in texts(svg_of(name, tables, strict)))


@pytest.mark.parametrize("name", ["tier_trajectory", "lift", "certification"])
def test_a_judge_above_the_limits_is_warned_of_where_its_numbers_are_the_headline(name):
    spec, tables = full_study()
    limits = {"certification": {"max_false_pass": 0.0, "max_false_fail": 1.0}}
    spec = {**spec, "analysis": {**spec["analysis"], **limits}}
    certain = tables["certification"].with_columns(n_wrong=1, rate=0.125)
    for rates, warned in ((certain, True), (certain.with_columns(rate=0.0), False)):
        said = " ".join(texts(svg_of(name, {**tables, "certification": rates}, spec)))
        assert ("Warning: judge conclusion errs too often: false passes 12.5 %" in said) == warned


def test_the_certification_figure_names_every_kind_and_draws_every_rate():
    rates = full_study()[1]["certification"]
    svg = drawn("certification")
    kinds = {"closed fence", "forged verdict", "odd prose (generated)", "other form"}
    of_all = {"all hostile cases", "all benign cases", "all benign, generated", "all benign, written"}
    assert kinds | of_all <= set(texts(svg))
    assert marks(svg, "symbol") == rates["rate"].count()


def test_each_judges_number_of_scored_cases_is_said_where_they_differ():
    spec, tables = full_study()
    rates = tables["certification"]
    lost = (pl.col("judge") == "tail") & (pl.col("kind") == "all") & (pl.col("part") == "all")
    even = rates.with_columns(n_unscored=0)
    uneven = even.with_columns(pl.when(lost).then(1).otherwise(0).alias("n_unscored"))
    one, two = (
        " ".join(texts(svg_of("certification", {"certification": each}, spec))) for each in (even, uneven)
    )
    assert "false passes (%), n = 16 cases" in one and "of tail" not in one
    assert "false passes (%), n = 16 cases of conclusion, 15 of tail" in two


def test_the_judges_of_other_paths_that_are_above_a_limit_are_named_without_a_warning_of_the_headlines():
    spec, tables = full_study()
    spec = {
        **spec,
        "analysis": {**spec["analysis"], "certification": {"max_false_pass": 0.1, "max_false_fail": 1.0}},
    }
    kept = tables["certification"].with_columns(rate=0.0)
    above = kept.with_columns(rate=pl.when(judge="tail").then(0.5).otherwise(0.0))
    said = "Not within the study's limits on other paths: tail"
    quiet, named = (
        " ".join(texts(svg_of("certification", {"certification": each}, spec))) for each in (kept, above)
    )
    assert said in named and "Warning" not in named
    assert "limits on other paths" not in quiet
    for name in ("lift", "tier_trajectory"):  # whose numbers are no other judge's
        assert said not in " ".join(texts(svg_of(name, {**tables, "certification": above}, spec)))


def test_a_judge_without_a_rate_is_said_and_not_drawn():
    spec, tables = full_study()
    gone = tables["certification"].with_columns(
        pl.when(judge="tail").then(None).otherwise(pl.col(name)).alias(name)
        for name in ("rate", "ci_low", "ci_high")
    )
    svg = svg_of("certification", {"certification": gone}, spec)
    assert "undefined, not drawn: 9 of 18 rates, of tail" in " ".join(texts(svg))
    assert "NaN" not in svg and marks(svg, "symbol") == 9


def test_a_measure_of_agreement_that_is_undefined_throughout_is_in_no_legend():
    spec, tables = full_study()
    nothing = pl.lit(None, dtype=pl.Float64)
    bare = tables["agreement"].with_columns(
        nothing.alias(name) for name in ("kappa", "kappa_low", "kappa_high")
    )
    measures = {"Cohen's kappa", "Gwet's AC1", "raw agreement"}
    assert measures <= set(texts(drawn("judge_agreement")))
    svg = svg_of("judge_agreement", {"agreement": bare}, spec)
    assert measures & set(texts(svg)) == {"Gwet's AC1", "raw agreement"}
    assert "95 % intervals, bootstrap over skills" in " ".join(texts(svg))  # of the other measure


def test_one_episode_with_several_answer_lines_is_one():
    spec, tables = full_study()
    one = tables["path_shift"].with_columns(n_different_lines=pl.lit(0, dtype=pl.Int64))
    first = pl.int_range(pl.len()) == one["path"].to_list().index(one["path"].min())
    one = one.with_columns(n_different_lines=pl.when(first).then(1).otherwise(0))
    said = " ".join(texts(svg_of("path_audit", {"path_shift": one}, spec)))
    assert "1 episode with several different ANSWER lines (0 to 1 an arm)" in said
