"""The figure of lifts: an interval for each estimate, a dot for each seed, the last checkpoint alone."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import full_study, smoke_study
from drawn_figures import drawn, marks, svg_of, texts
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw

# analysed once for all tests of the group; some hundred drawings take half a minute
pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]


def test_each_estimate_has_its_interval_and_each_seed_its_dot():
    svg = drawn("lift")
    zero, intervals, estimates, seeds = 1, 4, 4, 6
    assert marks(svg, "rule") == zero + intervals
    assert marks(svg, "symbol") == estimates + seeds


def test_a_recipe_is_shown_by_its_mean_over_seeds_and_a_single_seed_by_itself():
    said = texts(drawn("lift"))
    _, tables = full_study()
    mean = tables["effects"].filter(
        path="judge:conclusion", student="m", run="sft", contrast="lift:curated-none"
    )
    assert "115 k · sft" in said and "45 k · answer_only" in said
    assert any(text.startswith(f"{100 * mean['estimate'][0]:+.1f} [") for text in said)


def test_seeds_without_a_row_for_their_recipe_stand_side_by_side():
    spec, tables = full_study()
    effects = tables["effects"].filter(pl.col("run") != "sft")
    svg = svg_of("lift", {**tables, "effects": effects}, spec)
    assert {"115 k · sft, seed 0", "115 k · sft, seed 1"} <= set(texts(svg))
    chart = draw("tier_trajectory", {**tables, "effects": effects}, viewed(spec)).to_dict()
    rows = [row for data in chart["datasets"].values() for row in data if row.get("student") == "m"]
    assert len({row["x"] for row in rows}) == 3


def test_only_the_last_checkpoint_of_a_run_is_drawn():
    spec, tables = full_study()
    earlier = (
        tables["effects"]
        .filter(pl.col("run") != "base")
        .with_columns(step=pl.lit(50, dtype=pl.Int64), estimate=9.0)
    )
    both = pl.concat([tables["effects"], earlier])
    assert svg_of("lift", {**tables, "effects": both}, spec) == drawn("lift")


def test_a_headline_path_that_the_table_lacks_is_an_error_that_lists_the_paths():
    spec, tables = smoke_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "judge:nobody"}}
    with pytest.raises(UserError, match=r"bench, judge:conclusion, judge:tail.*judge:nobody"):
        draw("lift", tables, viewed(spec))


@pytest.mark.parametrize("name", ["lift", "lift_by_path"])
def test_a_lift_without_a_trained_run_is_an_error(name):
    spec, tables = full_study()
    with pytest.raises(UserError, match="lift:curated-none"):
        draw(name, {**tables, "effects": tables["effects"].filter(run="base")}, viewed(spec))


def test_a_band_that_goes_on_beyond_100_pp_has_arrows_and_is_said_to():
    spec, tables = full_study()
    one = (pl.col("contrast") == "lift:curated-none") & (pl.col("student") == "l")
    effects = tables["effects"].with_columns(mde=pl.when(one).then(1.4).otherwise(0.3))
    svg = svg_of("lift", {**tables, "effects": effects}, spec)
    assert marks(svg, "symbol") == marks(drawn("lift"), "symbol") + 2  # one at either end
    said = "grey arrows: bands that go on beyond 100 pp"
    assert said in " ".join(texts(svg)) and said not in " ".join(texts(drawn("lift")))
    assert any(text.endswith("> 100") for text in texts(svg))


def test_without_a_detectable_effect_no_column_is_headed_by_it():
    spec, tables = full_study()
    unknown = tables["effects"].with_columns(mde=pl.lit(None, dtype=pl.Float64))
    assert "· smallest detectable" in " ".join(texts(drawn("lift")))
    assert "smallest detectable" not in " ".join(texts(svg_of("lift", {**tables, "effects": unknown}, spec)))


@pytest.mark.parametrize(("count", "said"), [(1, "n = 1 task"), (7, "n = 7 tasks")])
def test_what_is_counted_stands_in_the_singular_where_it_is_one(count, said):
    spec, tables = full_study()
    effects = tables["effects"].with_columns(n_tasks=pl.lit(count, dtype=pl.Int64))
    found = [text for text in texts(svg_of("lift", {**tables, "effects": effects}, spec)) if "n = " in text]
    assert [text.endswith(said) for text in found] == [True]
