"""Figures of seven recipes with names of twenty characters: what is drawn can be told apart, and fits."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import polars as pl
import pytest
from analysis_tables import RECIPES, full_study, seven_recipes
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.axes import LABEL_LINE, beside, beside_each_other, broken, row_axis
from skillift.figures.theme import BEFORE_COLOUR, WIDTH, colours, shapes, to_svg
from skillift.reporting.arms import effects_of
from skillift.reporting.view import DOT

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
def test_lines_of_seven_recipes_differ_in_colour_or_dashes(name):
    spec, tables = seven_recipes()
    dashed = [each for each in encodings(draw(name, tables, viewed(spec)).to_dict()) if "strokeDash" in each]
    assert dashed
    for encoding in dashed:
        looks = zip(
            encoding["color"]["scale"]["range"],
            map(tuple, encoding["strokeDash"]["scale"]["range"]),
            strict=True,
        )
        assert len(set(looks)) == 7


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
