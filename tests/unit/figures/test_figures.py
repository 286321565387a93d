"""Figures: what they show, what they say about it, and what they do with tables that are not as hoped."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import full_study, smoke_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw, save
from skillift.figures.theme import LINE, WARNING, specification, to_svg
from skillift.reporting.registry import FIGURES

# analysed once for all tests of the group; some hundred drawings take half a minute
pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]

STUDIES = {"three tiers": full_study, "smoke": smoke_study}
# the smoke study has one recipe and one student, and so no figure of several
OF_SEVERAL = ("recipe_band", "emulation_grid")
DRAWN = [(name, study) for name in FIGURES for study in STUDIES if study != "smoke" or name not in OF_SEVERAL]
ESTIMATES = {
    "effects": ("estimate", "ci_low", "ci_high", "mde"),
    "skill_effects": ("estimate", "ci_low", "ci_high"),
    "pass_rates": ("pass_rate", "ci_low", "ci_high"),
    "claims": ("estimate", "ci_low", "ci_high"),
    "asymmetry": ("slope", "ci_low", "ci_high"),
    "corrected_effects": ("estimate", "ci_low", "ci_high"),
    "bounds": ("estimate", "ci_low", "ci_high"),
    "forecast": ("lift",),
    "sampling_budgets": ("pass_rate", "ci_low", "ci_high"),
    "path_shift": ("shift", "ci_low", "ci_high"),
    "agreement": ("kappa", "kappa_low", "kappa_high", "ac1", "ac1_low", "ac1_high", "agreement"),
}
# of those with marks: the grid of emulation has cells (test_figure_of_emulation)
OF_STUDENTS = sorted(set(FIGURES) - {"loss_curves", "certification", "costs", "emulation_grid"})
WITH_PATH = {"tier_trajectory", "lift", "condition_ladder", "skill_forest", "placebo_ladder", "asymmetry"}


def svg_of(name: str, tables: dict, spec: dict) -> str:
    return to_svg(draw(name, tables, viewed(spec)))


@cache
def drawn(name: str, study: str = "three tiers") -> str:
    """A figure of one of STUDIES as it is; drawn once for all tests that look at it."""
    spec, tables = STUDIES[study]()
    return svg_of(name, tables, spec)


def texts(svg: str) -> list[str]:
    nodes = (node for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text"))
    return [" ".join(node.itertext()).replace("\u00a0", " ") for node in nodes]


def marks(svg: str, kind: str) -> int:
    """Number of drawn items in the mark groups of a kind: `rule` or `symbol`."""
    groups = [
        group
        for group in ElementTree.fromstring(svg).iter()
        if f"mark-{kind} role-mark" in group.get("class", "")
    ]
    return sum(len(group) for group in groups)


def without_estimates(tables: dict, where: pl.Expr) -> dict:
    return {
        name: table.with_columns(
            pl.when(where).then(None).otherwise(pl.col(column)).alias(column)
            for column in ESTIMATES.get(name, ())
        )
        for name, table in tables.items()
    }


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_valid_vega_lite_and_has_the_same_bytes_each_time(name, tmp_path):
    spec, tables = full_study()
    chart = draw(name, tables, viewed(spec))
    chart.to_dict(validate=True)
    save(chart, tmp_path / "again.svg")
    assert drawn(name).encode() == (tmp_path / "again.svg").read_bytes()


@pytest.mark.parametrize(("name", "study"), DRAWN)
def test_a_figure_is_a_picture_of_its_own(name, study):
    svg = drawn(name, study)
    links = set(re.findall(r"https?://[^\"' ]+", svg))
    assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "NaN" not in svg


@pytest.mark.parametrize(("name", "study"), DRAWN)
def test_a_figure_says_its_unit_its_n_and_its_intervals(name, study):
    said = " ".join(texts(drawn(name, study)))
    assert re.search(r"\((pp|%|s|nats per token, log scale|1 = always the same verdict)\)|\bpp\b", said)
    assert re.search(r"n = \d+", said)
    if name not in ("loss_curves", "costs"):  # nothing is estimated there
        assert "95 % intervals" in said and "unscored" in said
    if name in OF_STUDENTS:
        assert ("perturbed" if name == "variants" else "holdout") in said
    if name in WITH_PATH:
        assert "judge:conclusion" in said


def test_the_judge_of_the_headline_path_stands_first():
    spec, tables = full_study()
    spec = {**spec, "analysis": {**spec["analysis"], "headline_path": "judge:tail"}}
    said = texts(svg_of("certification", tables, spec))
    assert [text for text in said if text in ("conclusion", "tail")] == ["tail", "conclusion"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_run_is_spelled_as_on_every_other_page(name):
    assert not [text for text in texts(drawn(name)) if re.search(r"(sft|answer_only)-s\d", text)]


@pytest.mark.parametrize("name", FIGURES)
def test_set_in_a_column_of_85_mm_a_figure_still_has_type_of_five_and_a_half_points(name):
    svg = drawn(name)
    width = float(ElementTree.fromstring(svg).get("width"))
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)]
    assert min(sizes) * (85 / width) / 25.4 * 72 >= 5.5


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


@pytest.mark.parametrize("name", OF_STUDENTS)
def test_a_name_of_twenty_characters_is_shown_whole(name):
    spec, tables = full_study()
    spec = copy.deepcopy(spec)
    for student, label in (("s", "SmolLM2-135M-Instruct"), ("m", "SmolLM2-360M-Instruct")):
        spec["students"][student]["label"] = label
    said = texts(svg_of(name, tables, spec))
    assert not [text for text in said if "…" in text]
    # in one line, or broken at its hyphens
    assert "SmolLM2-135M-Instruct" in " ".join(said).replace("- ", "-")


@pytest.mark.parametrize("name", FIGURES)
def test_at_most_three_lines_stand_between_the_question_and_what_is_drawn(name):
    spec, tables = full_study()
    assert 1 <= len(specification(draw(name, tables, viewed(spec)))["title"]["subtitle"]) <= 3


@pytest.mark.parametrize("name", ["lift", "tier_trajectory"])
def test_a_warning_stands_alone_above_the_figure_and_looks_like_one(name):
    spec, tables = full_study()
    strict = copy.deepcopy(spec)
    strict["analysis"]["certification"] = {"max_false_pass": 0.0, "max_false_fail": 0.0}
    quiet, warned = (specification(draw(name, tables, viewed(each)))["title"] for each in (spec, strict))
    assert warned["subtitle"][0].startswith("Warning: judge") and warned["subtitleColor"] == WARNING
    assert quiet["subtitle"][0].startswith("path\u00a0") and quiet["subtitleColor"] != WARNING
    assert any(text.startswith("path judge:conclusion") for text in texts(svg_of(name, tables, strict)))


def test_only_the_last_checkpoint_of_a_run_is_drawn():
    spec, tables = full_study()
    earlier = (
        tables["effects"]
        .filter(pl.col("run") != "base")
        .with_columns(step=pl.lit(50, dtype=pl.Int64), estimate=9.0)
    )
    both = pl.concat([tables["effects"], earlier])
    assert svg_of("lift", {**tables, "effects": both}, spec) == drawn("lift")


@pytest.mark.parametrize("name", OF_STUDENTS)
def test_an_undefined_estimate_is_said_and_never_drawn(name):
    spec, tables = full_study()
    gone = without_estimates(tables, pl.col("student") == ("s" if name == "recipe_band" else "m"))
    svg = svg_of(name, gone, spec)
    said = " ".join(texts(svg))
    assert "undefined, not drawn" in said
    assert "NaN" not in svg
    assert marks(svg, "symbol") < marks(drawn(name), "symbol")


@pytest.mark.parametrize("name", OF_STUDENTS)
def test_a_table_of_undefined_estimates_alone_still_gives_a_figure_that_says_so(name):
    spec, tables = full_study() if name == "recipe_band" else smoke_study()
    spec = {**spec, "figures": {"published_values": False}}
    svg = svg_of(name, without_estimates(tables, pl.lit(True)), spec)
    assert "undefined, not drawn" in " ".join(texts(svg))
    assert "NaN" not in svg and marks(svg, "symbol") == 0


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_table_is_an_error_that_names_it(name):
    spec, tables = smoke_study()
    empty = {table: frame.clear() for table, frame in tables.items()}
    with pytest.raises(UserError, match=r"table|logs"):
        draw(name, empty, viewed(spec))


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


def test_a_figure_that_does_not_exist_is_an_error_that_lists_those_that_do():
    spec, tables = smoke_study()
    with pytest.raises(UserError, match="tier_trajectory"):
        draw("pie", tables, viewed(spec))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_caption(name, repository: Path):
    assert (repository / "rules" / "captions" / f"{name}.rst").read_text(encoding="utf-8").strip()


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
