"""The figure of the tiers: their order, their labels, and the published values beside them."""

from __future__ import annotations

import copy
import re

import polars as pl
import pytest
from analysis_tables import full_study
from drawn_figures import drawn, marks, svg_of, texts
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.theme import LINE

# analysed once for all tests of the group; some hundred drawings take half a minute
pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]


def test_students_stand_in_the_order_of_their_tiers():
    labels = [text for text in texts(drawn("tier_trajectory")) if text in ("45 k", "115 k", "338 k")]
    assert labels == ["45 k", "115 k", "338 k"]


def test_a_reference_model_stands_last_and_is_not_joined_to_the_tiers():
    spec, tables = full_study()
    spec = {**copy.deepcopy(spec), "references": ["s"]}
    chart = draw("tier_trajectory", tables, viewed(spec)).to_dict()
    svg = svg_of("tier_trajectory", tables, spec)
    assert [text for text in texts(svg) if text.endswith(" k")] == ["115 k", "338 k", "45 k"]
    lines = [layer for layer in chart["vconcat"][0]["layer"] if layer["mark"]["type"] == "line"]
    joined = [step["filter"] for line in lines for step in line["transform"]]
    assert {"field": "student", "oneOf": ["m", "l"]} in joined


def test_the_reference_studys_values_stand_apart_and_can_be_left_out():
    spec, tables = full_study()
    with_them, without = (
        svg_of("tier_trajectory", tables, {**spec, "figures": {"published_values": shown}})
        for shown in (True, False)
    )
    published = [-7.5, 6.0, -1.0, 3.0, -0.5, 10.0, 6.5]
    assert marks(with_them, "symbol") == marks(without, "symbol") + len(published)
    assert marks(with_them, "rule") == marks(without, "rule") + 1  # the dividing line; no intervals
    said = " ".join(texts(with_them))
    assert "other tasks and trainings, not this study's data" in said and "2605.11907" in said
    assert "published" not in " ".join(texts(without))
    assert drawn("tier_trajectory") == without  # as the study does not say
    chart = draw("tier_trajectory", tables, viewed({**spec, "figures": {"published_values": True}})).to_dict()
    rows = [row for data in chart["datasets"].values() for row in data if row.get("source")]
    assert sorted(row["value"] for row in rows) == sorted(published)
    assert min(row["x"] for row in rows) > len(spec["students"]) - 0.5
    assert any(param.get("bind", {}).get("input") == "checkbox" for param in chart["params"])


@pytest.mark.parametrize("delta", [0.0, 0.3])
def test_the_heading_of_published_values_stands_above_all_of_them(delta):
    spec, tables = full_study()
    ends = {"estimate": pl.lit(delta), "ci_low": pl.lit(delta), "ci_high": pl.lit(delta)}
    tables = {**tables, "effects": tables["effects"].with_columns(**ends)}
    spec = {**spec, "figures": {"published_values": True}}
    plot = draw("tier_trajectory", tables, viewed(spec)).to_dict()["vconcat"][0]
    scales = [layer["encoding"].get("y", {}).get("scale", {}) for layer in plot["layer"]]
    most = max(scale.get("domainMax", 100 * delta) for scale in scales)
    highest, lowest = 10.0, -7.5
    assert (most - highest) / (most - lowest) * plot["height"] >= 2 * LINE


@pytest.mark.parametrize("name", ["tier_trajectory", "variants"])
def test_students_side_by_side_have_room_for_names_of_twenty_characters(name):
    spec, tables = full_study()
    spec = copy.deepcopy(spec)
    for student, size in (("s", 135), ("m", 360), ("l", 990)):
        spec["students"][student]["label"] = f"SmolLM2-{size}M-Instruct"
    lines = re.findall(r"rotate\((\d+)\)[^>]*>(SmolLM2-\d+M-Instruct)<", svg_of(name, tables, spec))
    assert len(set(lines)) == 3 and all(int(angle) >= 300 for angle, _ in lines)
    assert not re.search(r"rotate[^>]*>45 k<", drawn(name)) and "45 k" in texts(drawn(name))


@pytest.mark.parametrize(("label", "turned"), [("45 k", False), ("a student with a long-winded label", True)])
def test_long_labels_of_students_are_turned_and_none_is_left_out(label, turned):
    spec, tables = full_study()
    spec = {**copy.deepcopy(spec), "figures": {"published_values": True}}
    spec["students"]["s"]["label"] = label
    svg = svg_of("tier_trajectory", tables, spec)
    labels = re.findall(r"rotate\((\d+)\)[^>]*>(115 k|338 k|0\.8B|2B|4B)<", svg)
    assert dict.fromkeys(name for _, name in labels) == (
        dict.fromkeys(["115 k", "338 k", "0.8B", "2B", "4B"]) if turned else {}
    )
    assert {"115 k", "338 k", "0.8B", "2B", "4B"} <= set(texts(svg))
