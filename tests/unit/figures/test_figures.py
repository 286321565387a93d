"""Every figure: what it shows, what it says about it, and what it does with tables that are not as hoped."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import full_study, smoke_study
from drawn_figures import STUDIES, drawn, marks, svg_of, texts
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw, save
from skillift.figures.theme import LINE_CHARACTERS, finish, specification
from skillift.reporting.registry import FIGURES

# analysed once for all tests of the group; some hundred drawings take half a minute
pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]

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
        assert "unscored" in said
        # a cell of several seeds has no interval: test_figure_of_emulation
        assert ("95 % intervals" in said) == (name != "emulation_grid")
    if name in OF_STUDENTS:
        assert ("perturbed" if name == "variants" else "holdout") in said
    if name in WITH_PATH:
        assert "judge:conclusion" in said


@pytest.mark.parametrize("name", FIGURES)
def test_a_run_is_spelled_as_on_every_other_page(name):
    assert not [text for text in texts(drawn(name)) if re.search(r"(sft|answer_only)-s\d", text)]


@pytest.mark.parametrize("name", FIGURES)
def test_set_in_a_column_of_85_mm_a_figure_still_has_type_of_five_and_a_half_points(name):
    svg = drawn(name)
    width = float(ElementTree.fromstring(svg).get("width"))
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)]
    assert min(sizes) * (85 / width) / 25.4 * 72 >= 5.5


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


def test_a_figure_of_two_suites_speaks_of_suites_and_one_of_one_of_a_suite():
    spec, tables = full_study()
    both = {**spec, "analysis": {**spec["analysis"], "suites": ["holdout", "transfer"]}}
    effects = tables["effects"]
    effects = pl.concat([effects, effects.filter(suite="holdout").with_columns(suite=pl.lit("transfer"))])
    two = " ".join(texts(svg_of("transfer", {"effects": effects}, both)))
    assert "holdout and transfer suites" in two
    assert "holdout suite " in " ".join(texts(drawn("transfer")))


@pytest.mark.parametrize("length", range(LINE_CHARACTERS - 6, LINE_CHARACTERS + 3))
def test_no_line_around_a_figure_begins_or_ends_with_the_dot_between_two_of_its_parts(length):
    import altair as alt

    note = f"{'a' * length} · and more"
    title = finish(alt.Chart(), "A question?", [note]).title
    assert not [line for line in title.subtitle if line.startswith("·") or line.endswith("·")]
    assert "".join(title.subtitle).replace(" ", "").replace("·", "") == f"{'a' * length}andmore"


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_table_is_an_error_that_names_it(name):
    spec, tables = smoke_study()
    empty = {table: frame.clear() for table, frame in tables.items()}
    with pytest.raises(UserError, match=r"table|logs"):
        draw(name, empty, viewed(spec))


def test_a_figure_that_does_not_exist_is_an_error_that_lists_those_that_do():
    spec, tables = smoke_study()
    with pytest.raises(UserError, match="tier_trajectory"):
        draw("pie", tables, viewed(spec))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_caption(name, repository: Path):
    assert (repository / "rules" / "captions" / f"{name}.rst").read_text(encoding="utf-8").strip()
