"""Figures as interactive pages: what a reader is told of a mark, and that a page stands alone."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from analysis_tables import full_study, smoke_study
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw, save_page
from skillift.figures.figure_page import to_html
from skillift.figures.theme import specification
from skillift.reporting.registry import FIGURES

pytestmark = pytest.mark.xdist_group("made-up study")  # analysed once for them all

STUDIES = {"three tiers": full_study, "smoke": smoke_study}
# the smoke study has one recipe and one student, and so no figure of several; by day its figures are drawn in
# test_figures.py
DRAWN = [
    pytest.param(name, study, marks=pytest.mark.nightly if study == "smoke" else ())
    for name in FIGURES
    for study in STUDIES
    if study != "smoke" or name not in ("recipe_band", "emulation_grid")
]

MARKS = {"costs": ("bar",), "emulation_grid": ("rect",)}  # where estimates are no points


def encodings(node) -> list[dict]:
    """The encodings of all marks of a chart with the type of their mark, in the order of the chart."""
    if isinstance(node, list):
        return [found for part in node for found in encodings(part)]
    if not isinstance(node, dict):
        return []
    own = [{"mark": node["mark"]["type"], **node["encoding"]}] if {"mark", "encoding"} <= set(node) else []
    return own + [found for key, part in node.items() if key != "encoding" for found in encodings(part)]


def drawn_in(page: str) -> dict:
    """The chart that stands in a page."""
    return json.loads(re.search(r'vegaEmbed\("#figure", (.*), \{"actions"', page).group(1))


@pytest.mark.parametrize(("name", "study"), DRAWN)
def test_pointing_at_a_mark_tells_its_estimate_with_interval_and_n(name, study):
    spec, tables = STUDIES[study]()
    points = [
        found
        for found in encodings(specification(draw(name, tables, viewed(spec))))
        if found["mark"] in MARKS.get(name, ("point", "circle"))
    ]
    if name == "loss_curves":  # lines of steps: no estimates
        return
    assert points
    for point in points:
        told = {tip["field"] for tip in point["tooltip"]}
        assert "shown" in told
        assert told & {"n_tasks", "n_cases", "n_jobs", "n_skills"}


@pytest.mark.parametrize("name", ["tier_trajectory", "condition_ladder", "path_audit", "loss_curves"])
def test_a_click_in_the_legend_picks_series(name):
    spec, tables = full_study()
    chart = specification(draw(name, tables, viewed(spec)))
    field = "recipe" if name == "loss_curves" else "series"
    picked = [param for param in chart["params"] if param.get("bind") == "legend"]
    assert [param["select"]["fields"] for param in picked] == [[field]]
    faded = [found for found in encodings(chart) if "opacity" in found]
    assert any(found["opacity"]["condition"].get("param") == picked[0]["name"] for found in faded)


def test_a_page_holds_its_chart_and_lets_nothing_be_loaded(tmp_path):
    spec, tables = full_study()
    (tmp_path / "viewer.js").write_text("/* scripts */")
    chart = draw("lift", tables, viewed(spec))
    save_page(chart, "lift", tmp_path / "viewer.js", tmp_path / "lift.html")
    page = (tmp_path / "lift.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page and "/* scripts */" in page
    assert not re.search(r"<script[^>]+src|<link|<img|@import|https?:", page)
    assert drawn_in(page) == {key: value for key, value in specification(chart).items() if key != "$schema"}


def test_a_label_cannot_end_the_script_that_it_stands_in():
    spec, tables = smoke_study()
    spec = copy.deepcopy(spec)
    spec["students"]["s"]["label"] = "</script><script>alert(1)</script>"
    page = to_html(draw("lift", tables, viewed(spec)), "lift", "")
    assert page.count("<script>") == page.count("</script>") == 2
    assert "alert(1)" in json.dumps(drawn_in(page))


def test_a_page_without_the_viewers_scripts_is_an_error_that_says_who_writes_them(tmp_path: Path):
    spec, tables = smoke_study()
    with pytest.raises(UserError, match="make_viewer"):
        save_page(draw("lift", tables, viewed(spec)), "lift", tmp_path / "none.js", tmp_path / "lift.html")
    assert list(tmp_path.iterdir()) == []
