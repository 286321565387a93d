"""Figures of effects by skill and by contrast: their rows, their order, their bold mean."""

from __future__ import annotations

import re
from itertools import pairwise

import polars as pl
import pytest
from analysis_tables import full_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw
from skillift.figures.theme import to_svg

LIFT = "lift:curated-none"


def rows_of(chart, column: str) -> pl.DataFrame:
    """The rows of the chart's data set that has such a column."""
    return next(
        pl.DataFrame(rows, infer_schema_length=None)
        for rows in chart.to_dict()["datasets"].values()
        if rows and column in rows[0]
    )


def test_the_forest_has_every_skill_by_its_mean_lift_and_the_mean_of_all_on_top():
    spec, tables = full_study()
    rows = rows_of(draw("skill_forest", tables, viewed(spec)), "skill_id")
    assert set(rows["label"]) == {"45 k", "115 k", "338 k"}
    assert rows.filter(row=0)["skill_id"].unique().to_list() == ["all skills"]
    own = tables["skill_effects"].filter(path="judge:conclusion", run="sft", contrast=LIFT)
    means = own.group_by("skill_id").agg(pl.col("estimate").mean().round(9))
    expected = means.sort("estimate", "skill_id", descending=[True, False])["skill_id"].to_list()
    drawn = rows.filter(pl.col("row") > 0).select("row", "skill_id").unique().sort("row")
    assert drawn["skill_id"].to_list() == expected
    whole = tables["effects"].filter(
        path="judge:conclusion", metric="pass", student="l", run="sft", contrast=LIFT
    )
    assert rows.filter(row=0, label="338 k")["value"].item() == pytest.approx(100 * whole["estimate"].item())


def test_the_forest_shows_the_recipe_that_most_students_have():
    spec, tables = full_study()
    rows = rows_of(draw("skill_forest", tables, viewed(spec)), "skill_id")
    assert set(rows["run"]) == {"sft"}


def test_the_placebo_ladder_has_each_contrast_before_and_after_at_its_own_place():
    spec, tables = full_study()
    rows = rows_of(draw("placebo_ladder", tables, viewed(spec)), "contrast")
    assert rows.select("contrast", "contrast_place").unique().sort("contrast_place")[
        "contrast"
    ].to_list() == [
        "curated-none",
        "placebo-none",
        "curated-placebo",
        "curated-shuffled",
    ]
    assert rows.filter("headline").group_by("label").len()["len"].sort().to_list() == [8, 8, 12]


def test_a_placebo_ladder_without_shuffled_steps_has_three_contrasts_and_without_a_placebo_is_an_error():
    spec, tables = full_study()
    effects = tables["effects"].filter(~pl.col("contrast").str.contains("shuffled"))
    assert (
        rows_of(draw("placebo_ladder", {"effects": effects}, viewed(spec)), "contrast")["contrast"].n_unique()
        == 3
    )
    with pytest.raises(UserError, match="filler-none or placebo-none"):
        draw("placebo_ladder", {"effects": effects.filter(contrast="curated-none")}, viewed(spec))


def test_a_delta_whose_interval_goes_beyond_all_deltas_is_cut_there_with_an_arrow():
    spec, tables = full_study()
    as_it_is = draw("tier_trajectory", tables, viewed(spec)).to_dict()
    whole = (
        pl.col("contrast").is_in(["curated-none"]) & (pl.col("student") == "s") & (pl.col("run") == "base")
    )
    far = {"ci_low": -4.0, "ci_high": 4.2}
    effects = tables["effects"].with_columns(
        pl.when(whole).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in far.items()
    )
    chart = draw("tier_trajectory", {**tables, "effects": effects}, viewed(spec))
    rows = rows_of(chart, "student").filter("headline")
    assert rows["low"].min() == -100 and rows["high"].max() == 100
    assert rows.filter(pl.col("cut_low") & pl.col("cut_high"))["student"].to_list() == ["s"]
    arrow = "arrows: bars that go on beyond 100 pp"
    assert arrow in to_svg(chart) and arrow not in str(as_it_is)
    drawn = str(chart.to_dict())
    assert "'domain': [-100, 100]" in drawn and "triangle-up" in drawn and "triangle-down" in drawn
    assert "cut_low" not in str(as_it_is) and "triangle-down" not in str(as_it_is)


def test_a_gain_whose_interval_goes_beyond_all_gains_is_cut_there_with_an_arrow():
    spec, tables = full_study()
    as_it_is = draw("transfer", tables, viewed(spec)).to_dict()
    one = (pl.col("contrast") == "gain:curated") & (pl.col("student") == "s") & (pl.col("run") == "sft")
    effects = tables["effects"].with_columns(
        pl.when(one).then(pl.lit(end)).otherwise(pl.col(name)).alias(name)
        for name, end in {"ci_low": -2.1, "ci_high": 2.8}.items()
    )
    chart = draw("transfer", {**tables, "effects": effects}, viewed(spec))
    rows = rows_of(chart, "student").filter("headline")
    assert rows.filter(pl.col("cut_low") & pl.col("cut_high"))["student"].to_list() == ["s"]
    assert (rows["low"].min(), rows["high"].max()) == (-100, 100)
    drawn, before = str(chart.to_dict()), str(as_it_is)
    assert "'domain': [-100, 100]" in drawn and "'domain': [-100, 100]" not in before
    assert "triangle-right" in drawn and "cut_low" not in before
    assert "arrows: bars that go on beyond 100 pp" in to_svg(chart)


def test_a_gain_of_a_share_is_cut_at_100_pp_and_one_in_tokens_is_not():
    spec, tables = full_study()
    as_it_is = str(draw("metrics", tables, viewed(spec)).to_dict())
    one = pl.col("contrast") == "gain:none"
    far = tables["effects"].with_columns(
        pl.when(one & pl.col("metric").is_in(["format", "length"]))
        .then(pl.lit(end))
        .otherwise(pl.col(name))
        .alias(name)
        for name, end in {"ci_low": -14.0, "ci_high": 14.0}.items()
    )
    chart = draw("metrics", {**tables, "effects": far}, viewed(spec))
    drawn = str(chart.to_dict())
    assert "'domain': [-100.0, 100.0]" in drawn and "triangle-right" in drawn
    assert "arrows: bars that go on beyond what a gain can be (response in form)" in to_svg(chart)
    assert "triangle-right" not in as_it_is and "arrows" not in as_it_is


@pytest.mark.parametrize("students", [1, 2, 3])
def test_numbers_of_the_forests_axis_never_run_together(students):
    spec, tables = full_study()
    kept = pl.col("student").is_in(["s", "m", "l"][:students])
    few = {name: tables[name].filter(kept) for name in ("skill_effects", "effects")}
    svg = to_svg(draw("skill_forest", few, viewed(spec)))
    numbers = re.findall(
        r'text-anchor="(\w+)" transform="translate\(([-\d.]+),[\d.]+\)"[^>]*>(−?\d+)</text>',
        re.sub(r'<text[^>]* opacity="0"[^>]*>[^<]*</text>', "", svg),
    )
    assert len(numbers) >= 3 * students
    ends = [_ends(anchor, float(at), text) for anchor, at, text in numbers]
    gaps = [other[0] - one[1] for one, other in pairwise(ends) if other[0] > one[0]]
    assert min(gaps) >= 4  # px


def _ends(anchor: str, at: float, text: str) -> tuple[float, float]:
    """Where a number of 12 px in Arial begins and ends: its digits are 0.556, its minus 0.584 of that."""
    width = 12 * (0.556 * len(text.strip("−")) + 0.584 * text.count("−"))
    start = at - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return start, start + width
