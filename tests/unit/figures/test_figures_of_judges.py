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


def test_a_judge_without_a_rate_is_said_and_not_drawn():
    spec, tables = full_study()
    gone = tables["certification"].with_columns(
        pl.when(judge="tail").then(None).otherwise(pl.col(name)).alias(name)
        for name in ("rate", "ci_low", "ci_high")
    )
    svg = svg_of("certification", {"certification": gone}, spec)
    assert "undefined, not drawn: 9 of 18 rates, of tail" in " ".join(texts(svg))
    assert "NaN" not in svg and marks(svg, "symbol") == 9
