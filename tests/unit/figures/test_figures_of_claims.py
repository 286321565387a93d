"""Figures of recipes, asymmetry and corrections: their rows, and what they do with cut or lost values."""

from __future__ import annotations

import re

import polars as pl
import pytest
from analysis_tables import full_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw
from skillift.figures.theme import to_svg

LIFT = "lift:curated-none"


def rows_of(chart, *columns: str) -> pl.DataFrame:
    """The rows of the chart's data set that has such columns."""
    return next(
        pl.DataFrame(rows, infer_schema_length=None)
        for rows in chart.to_dict()["datasets"].values()
        if rows and set(columns) <= set(rows[0])
    )


def test_the_recipe_band_has_every_run_and_every_pair_with_the_declared_margin_and_its_word():
    spec, tables = full_study()
    claims = tables["claims"].with_columns(margin=pl.lit(0.02))
    chart = draw("recipe_band", {**tables, "claims": claims}, viewed(spec))
    runs = rows_of(chart, "pass_rate")
    assert set(runs["run"]) == {"base", "sft-s0", "sft-s1", "answer_only-s0"}
    assert set(runs["student"]) == {"s"}
    pair = rows_of(chart, "margin").to_dicts()
    claim = claims.filter(pl.col("against") != "", path="judge:conclusion", claim="recipe_tie", student="s")
    assert len(pair) == claim.height == 1
    assert pair[0]["band"] == pytest.approx(2.0)
    svg = to_svg(chart)
    assert "differences of less than 2.0 pp" in svg
    assert f"tie: {claim['word'].item()}" in svg
    assert "answer_only − sft" in svg


def test_a_study_without_a_margin_or_with_one_recipe_has_no_band():
    spec, tables = full_study()
    unknown = tables["claims"].with_columns(margin=pl.lit(None, dtype=pl.Float64))
    svg = to_svg(draw("recipe_band", {**tables, "claims": unknown}, viewed(spec)))
    assert "no band: the study declares no margin" in svg
    claims = tables["claims"].filter(pl.col("claim") != "recipe_tie")
    with pytest.raises(UserError, match="pair of recipes"):
        draw("recipe_band", {**tables, "claims": claims}, viewed(spec))


def test_every_estimator_of_the_asymmetry_stands_under_its_level_the_naive_one_first():
    spec, tables = full_study()
    rows = rows_of(draw("asymmetry", tables, viewed(spec)), "estimator").sort("row")
    assert rows["head"].unique(maintain_order=True).to_list() == [
        "between students, n = 3",
        "between skills, all students",
        "between skills, 45 k",
        "between skills, 115 k",
        "between skills, 338 k",
    ]
    assert rows["estimator"].to_list() == ["naive", "split_half", "disattenuated", "oldham"] * 5
    assert rows["recipe"].unique().to_list() == ["sft"]


def test_a_slope_beyond_the_axis_is_told_and_its_bar_cut():
    spec, tables = full_study()
    wide = pl.col("level") == "students"
    far = {"ci_low": -14.0, "ci_high": 15.0, "slope": 0.5}
    asymmetry = tables["asymmetry"].with_columns(
        pl.when(wide).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in far.items()
    )
    chart = draw("asymmetry", {"asymmetry": asymmetry}, viewed(spec))
    rows = rows_of(chart, "estimator")
    assert rows["low"].min() >= -2 and rows["high"].max() <= 2
    svg = to_svg(chart)
    assert "arrows: bars that go on beyond a slope of 2" in svg
    assert [row["cut_low"] and row["cut_high"] for row in rows.to_dicts()] == [
        row["level"] == "students" for row in rows.to_dicts()
    ]
    assert "0.50 [−14.00, 15.00]" in svg


def test_of_one_student_the_slope_between_its_skills_stands_once():
    spec, tables = full_study()
    own = tables["asymmetry"].filter(pl.col("student").is_in(["", "s"]))
    rows = rows_of(draw("asymmetry", {"asymmetry": own}, viewed(spec)), "estimator")
    assert rows["head"].unique().to_list() == ["between skills, 45 k"] and len(rows) == 4


@pytest.mark.parametrize(("slope", "shape"), [(-11.9, "triangle-left"), (2.4, "triangle-right")])
def test_an_estimate_beyond_the_axis_is_a_hollow_arrow_at_its_end(slope, shape):
    spec, tables = full_study()
    as_it_is = draw("asymmetry", tables, viewed(spec))
    one = (pl.col("level") == "students") & (pl.col("estimator") == "naive")
    far = {"slope": slope, "ci_low": None, "ci_high": None}
    asymmetry = tables["asymmetry"].with_columns(
        pl.when(one).then(pl.lit(value, dtype=pl.Float64)).otherwise(pl.col(name)).alias(name)
        for name, value in far.items()
    )
    chart = draw("asymmetry", {"asymmetry": asymmetry}, viewed(spec))
    hollow = [layer for layer in layers_of(chart) if layer["mark"].get("fill") == "white"]
    assert {layer["mark"]["shape"] for layer in hollow} == {"triangle-left", "triangle-right"}
    end = next(layer for layer in hollow if layer["mark"]["shape"] == shape)
    assert abs(end["encoding"]["x"]["datum"]) == 2 and (end["encoding"]["x"]["datum"] < 0) == (slope < 0)
    svg, before = to_svg(chart), to_svg(as_it_is)
    assert svg.count('fill="white" stroke="#595959"') == 1  # and none at the other end
    said = "hollow arrows: estimates beyond a slope of 2"
    beyond = tables["asymmetry"].filter(path="judge:conclusion")["slope"].abs().max() > 2
    assert said in svg and (said in before) == beyond


def layers_of(chart) -> list[dict]:
    (plot,) = chart.to_dict()["vconcat"]
    return [layer for layer in plot["layer"] if isinstance(layer["mark"], dict)]


@pytest.mark.parametrize("lost", ["Rogan-Gladen", "worst case"])
def test_a_method_that_is_undefined_throughout_is_in_no_legend(lost):
    spec, tables = full_study()
    nothing = pl.lit(None, dtype=pl.Float64)
    ends = ("estimate", "ci_low", "ci_high")
    gone = {
        "corrected_effects": tables["corrected_effects"].with_columns(
            pl.when(method="rogan_gladen").then(nothing).otherwise(pl.col(name)).alias(name) for name in ends
        ),
        "bounds": tables["bounds"].with_columns(nothing.alias(name) for name in ends),
    }
    name = "corrected_effects" if lost == "Rogan-Gladen" else "bounds"
    svg = to_svg(draw("corrected_lift", {**tables, name: gone[name]}, viewed(spec)))
    legend = re.findall(r"role-legend-label.*?>([^<>]+)</text>", svg)
    assert "as judged" in legend and lost not in legend


def test_the_lift_is_shown_as_judged_corrected_and_in_the_worst_case():
    spec, tables = full_study()
    rows = rows_of(draw("corrected_lift", tables, viewed(spec)), "method")
    assert rows.group_by("student", "recipe").len()["len"].unique().to_list() == [4]
    own = {"path": "judge:conclusion", "student": "l", "run": "sft", "contrast": LIFT}
    for method, name in (("uncorrected", "as judged"), ("rogan_gladen", "Rogan-Gladen")):
        estimate = tables["corrected_effects"].filter(method=method, **own)["estimate"].item()
        drawn = rows.filter(method=name, student="l")["value"].item()
        assert drawn == (None if estimate is None else pytest.approx(100 * estimate))
    worst = rows.filter(method="worst case", student="l").to_dicts()[0]
    bounds = tables["bounds"].filter(**own)
    assert worst["low"] == pytest.approx(100 * bounds["ci_low"].item())


def test_the_corrections_of_a_study_whose_headline_is_the_bench_are_those_of_the_primary_judge():
    spec, tables = full_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "bench"}, "primary_judge": "tail"}
    rows = rows_of(draw("corrected_lift", tables, viewed(spec)), "method")
    assert rows["path"].unique().to_list() == ["judge:tail"]


def test_an_undefined_correction_says_why():
    spec, tables = full_study()
    lost = pl.col("method") == "rogan_gladen"
    nothing = pl.lit(None, dtype=pl.Float64)
    corrected = tables["corrected_effects"].with_columns(
        *(
            pl.when(lost).then(nothing).otherwise(pl.col(name)).alias(name)
            for name in ("estimate", "ci_low", "ci_high")
        ),
        pl.when(lost).then(pl.lit("no labels in an arm")).otherwise("reason").alias("reason"),
    )
    svg = to_svg(draw("corrected_lift", {**tables, "corrected_effects": corrected}, viewed(spec)))
    said = re.sub(r"<[^>]+>", " ", svg).replace("\u00a0", " ")
    assert "undefined, not drawn" in said and "why: no labels in an arm" in said
