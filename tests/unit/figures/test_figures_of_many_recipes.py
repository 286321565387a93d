"""Figures of seven recipes and more, with long names: what is drawn can be told apart, and fits."""

from __future__ import annotations

import copy
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from analysis_tables import RECIPES, full_study, seven_recipes
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.axes import LABEL_LINE, beside, beside_each_other, broken, condition_axis, row_axis
from skillift.figures.theme import (
    BEFORE_COLOUR,
    COLOURS,
    LINE_AND_DISC,
    WIDTH,
    colours,
    dashed,
    repeated,
    shapes,
    to_svg,
)
from skillift.reporting.arms import effects_of
from skillift.reporting.view import DOT, View

pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]

WITH_LEGEND = ("tier_trajectory", "path_audit", "placebo_ladder", "condition_ladder", "loss_curves")


def test_each_of_seven_recipes_has_a_look_of_its_own_and_none_that_of_before():
    spec, _ = seven_recipes()
    view = viewed(spec)
    looks = list(zip(colours(view).to_dict()["range"], shapes(view).to_dict()["range"], strict=True))
    assert len(set(looks)) == len(view.series) == 8
    assert [colour for colour, _ in looks].count(BEFORE_COLOUR) == 1


def encodings(part: object) -> Iterator[dict]:
    """All encodings in a chart."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if key == "encoding":
            yield value
        elif isinstance(value, dict | list):
            yield from encodings(value)


@pytest.mark.parametrize("name", ["loss_curves", "depth"])
def test_lines_of_seven_recipes_have_colours_of_their_own_and_no_dashes(name):
    spec, tables = seven_recipes()
    found = list(encodings(draw(name, tables, viewed(spec)).to_dict()))
    ranges = [each["color"]["scale"]["range"] for each in found if "scale" in each.get("color", {})]
    assert ranges and all(len(set(each)) == len(each) == 7 for each in ranges)
    assert not [each for each in found if "strokeDash" in each]


def of_recipes(number: int) -> View:
    """A study of so many recipes, each run once."""
    spec, _ = full_study()
    names = ("student", "run", "recipe", "seed")
    runs = [("s", f"r{place}-s0", f"r{place}", 0) for place in range(number)]
    return viewed({**spec, "runs": [dict(zip(names, run, strict=True)) for run in runs]})


@pytest.mark.parametrize("number", [8, 9, 16])
def test_recipes_whose_colour_comes_again_have_another_shape_and_another_dash(number):
    view = of_recipes(number)
    of_marks = list(zip(colours(view).to_dict()["range"], shapes(view).to_dict()["range"], strict=True))
    assert len(set(of_marks)) == len(view.series) == number + 1
    assert (len({colour for colour, _ in of_marks}) == number + 1) == (number <= 8)
    dashes = dashed(view, None)
    if number <= 8:
        assert not dashes
    else:
        drawn = dashes["strokeDash"].to_dict()["scale"]["range"]
        of_lines = list(zip(repeated(COLOURS, view.recipes), map(tuple, drawn), strict=True))
        assert len(set(of_lines)) == number


# Machado, Oliveira and Fernandes (2009), severity 1: what is seen of linear red, green and blue
SEEN = {
    "all colours": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def in_lab(colour: str, seen: str) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(np.array(SEEN[seen]) @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def least_distance(names: Sequence[str], seen: str) -> float:
    return min(float(np.linalg.norm(in_lab(a, seen) - in_lab(b, seen))) for a, b in combinations(names, 2))


@pytest.mark.parametrize("seen", SEEN)
def test_the_seventh_and_eighth_colour_are_as_far_from_all_others_as_these_from_each_other(seen):
    of_okabe_and_ito = least_distance([*COLOURS[:6], BEFORE_COLOUR], seen)
    assert least_distance([*COLOURS, BEFORE_COLOUR], seen) >= of_okabe_and_ito > 15


def test_the_seventh_and_eighth_colour_are_seen_on_white():
    contrasts = [1.05 / (float(TO_XYZ[1] @ linear(colour)) + 0.05) for colour in COLOURS]
    assert min(contrasts[6:]) >= 4.5 and min(contrasts) > 2.2


@pytest.mark.parametrize("name", ["forecast"])
def test_marks_in_the_legend_of_lines_with_discs_are_such(name):
    spec, tables = full_study()
    found = encodings(draw(name, tables, viewed(spec)).to_dict())
    symbols = {each["color"]["legend"]["symbolType"] for each in found if each.get("color", {}).get("legend")}
    assert symbols == {LINE_AND_DISC}


@pytest.mark.parametrize(("panels", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (7, 3)])
def test_four_panels_leave_no_gap_in_a_second_row(panels, columns):
    assert beside_each_other(panels) == columns


@pytest.mark.parametrize(("study", "columns"), [(full_study, 3), (seven_recipes, 1)])
@pytest.mark.parametrize("name", ["placebo_ladder", "condition_ladder"])
def test_panels_of_many_series_stand_below_each_other(name, study, columns):
    spec, tables = study()
    assert draw(name, tables, viewed(spec)).to_dict()["vconcat"][0]["columns"] == columns


def test_many_series_take_most_of_a_place_and_none_of_the_next():
    spec, tables = seven_recipes()
    view = viewed(spec)
    rows = beside(effects_of(tables["effects"], view, "curated-none"), view, "position", width=0.36)
    placed = rows.filter(student="s")["x"]
    assert 0.7 < placed.max() - placed.min() < 1


def test_paths_stand_side_by_side_where_there_are_many_series():
    columns = []
    for spec, tables in (full_study(), seven_recipes()):
        facets = draw("path_audit", tables, viewed(spec)).to_dict()["vconcat"][0]["facet"]
        columns.append((facets["row"]["field"], facets["column"]["field"]))
    assert columns == [("path", "label"), ("label", "path")]


def test_paths_stand_side_by_side_where_there_are_many_students():
    spec, tables = full_study()
    spec = {**spec, "students": {**spec["students"], "xl": {"label": "1 M", "tier": 4}}}
    more = tables["path_shift"].filter(student="l").with_columns(student=pl.lit("xl"))
    drawn = draw(
        "path_audit", {"path_shift": pl.concat([tables["path_shift"], more])}, viewed(spec)
    ).to_dict()
    facets = drawn["vconcat"][0]["facet"]
    assert (facets["row"]["field"], facets["column"]["field"]) == ("label", "path")


@pytest.mark.parametrize("width", [80, 85, 118, 183, 378])
def test_names_of_conditions_never_touch_however_narrow_a_panel_is(width):
    angle = condition_axis(list("abcde"), width).to_dict()["labelAngle"]
    ascent_and_descent = 11  # px of type of 12 px
    assert width / 5 * math.sin(math.radians(-angle)) >= ascent_and_descent
    assert angle == -35 or width < 100  # turned no more than it must


@pytest.mark.parametrize("name", WITH_LEGEND)
def test_a_legend_of_seven_recipes_is_no_wider_than_the_figure(name):
    spec, tables = seven_recipes()
    svg = to_svg(draw(name, tables, viewed(spec)))
    assert float(ElementTree.fromstring(svg).get("width")) <= 1.2 * WIDTH
    assert all(recipe in svg for recipe in RECIPES)


def test_a_figure_of_blocks_with_long_heads_has_room_on_the_findings_page():
    spec, tables = copy.deepcopy(full_study())
    names = {"s": "SmolLM2-135M-Instruct", "m": "Qwen2.5-0.5B-Instruct", "l": "Llama-3.2-1B-Instruct"}
    for student, label in names.items():
        spec["students"][student]["label"] = label
    for run in spec["runs"]:
        run["recipe"] = run["recipe"] and run["recipe"].replace("sft", "worked_solution_full")
        run["run"] = run["run"].replace("sft", "worked_solution_full")
    longer = pl.col("run").str.replace("sft", "worked_solution_full")
    effects = tables["effects"].with_columns(run=longer)
    slopes = tables["asymmetry"].with_columns(recipe=pl.lit("worked_solution_full"))
    for name in ("lift_by_path", "asymmetry"):
        svg = to_svg(draw(name, {"effects": effects, "asymmetry": slopes}, viewed(spec)))
        assert float(ElementTree.fromstring(svg).get("width")) <= 540  # px, see pages/findings.css


def test_a_long_name_is_broken_between_words_and_its_dot_stands_with_what_follows():
    name = f"SmolLM2-135M-Instruct{DOT}worked_solution_full, seed 0"
    assert broken(name) == ["SmolLM2-135M-Instruct", "\u00b7\u00a0worked_solution_full,", "seed 0"]
    assert broken("SmolLM2-1700M-Instruct", 15, most=15) == ["SmolLM2-1700M-", "Instruct"]
    assert broken("a_word_without_a_hyphen", 15, most=15) == ["a_word_without_", "a_hyphen"]


def test_each_label_of_a_row_stands_in_the_middle_of_its_row_whatever_its_lines():
    names = [
        "45 k",
        f"SmolLM2-135M-Instruct{DOT}sft",
        f"SmolLM2-135M-Instruct{DOT}worked_solution_full, seed 0",
    ]
    offset = row_axis(names).to_dict()["labelOffset"]
    moved = {}
    for condition in offset["condition"]:
        rows = json.loads(re.search(r"\[.*\]", condition["test"])[0])
        moved |= dict.fromkeys(rows, condition["value"])
    assert moved == {0: 0, 1: -LABEL_LINE / 2, 2: -LABEL_LINE}


def test_where_some_logs_are_of_pairs_it_is_said_which_and_in_what_their_loss_is():
    spec, tables = seven_recipes()
    recipe = spec["runs"][-1]["recipe"]
    margin = pl.when(pl.col("run").str.starts_with(f"{recipe}-s")).then(0.1)
    paired = {**tables, "log": tables["log"].with_columns(margin=margin)}
    shown, plain = (str(draw("loss_curves", found, viewed(spec)).to_dict()) for found in (paired, tables))
    said = f"in nats per token; of {recipe}, on preference pairs, in nats per pair"
    assert said in " ".join(shown.split()) and "training loss (log scale)" in shown
    assert "preference pairs" not in plain and "training loss (nats per token, log scale)" in plain
