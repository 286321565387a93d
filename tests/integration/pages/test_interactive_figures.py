"""Interactive figures of a finished study in a real browser: they open alone, tell numbers, pick series."""

from __future__ import annotations

import re

import pytest
from chromium import open_file
from projects import ROOT

from skillift.reporting.registry import extent, figures_for
from skillift.study.study import load_study

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]

FIGURES = figures_for(extent(load_study(ROOT / "studies/smoke.yaml")))
POINTS = "#figure svg .mark-symbol.role-mark path"


@pytest.fixture
def figure(browser, finished_smoke):
    """Opens a figure's page and waits for its drawing."""
    pages = []

    def open_figure(name: str):
        opened = open_file(browser, finished_smoke / f"results/smoke/figures/{name}.html")
        opened.page.wait_for_selector("#figure svg", timeout=20_000)
        pages.append(opened.page)
        return opened

    yield open_figure
    for page in pages:
        page.close()


def faint(page, selector: str = POINTS) -> int:
    """How many marks are drawn faint or not at all."""
    return sum(
        float(value) < 0.4
        for value in page.eval_on_selector_all(
            selector, "nodes => nodes.map(node => node.getAttribute('opacity') ?? '1')"
        )
    )


# by day every fourth: each is drawn by the same Vega, without a browser, in unit/figures/test_figures.py
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.nightly if place % 4 else ())
        for place, name in enumerate(FIGURES)
    ],
)
def test_a_figure_opens_by_itself_without_an_error_or_a_request(figure, name):
    opened = figure(name)
    assert opened.page.locator("#figure svg text").count() > 3
    assert opened.errors == []
    assert opened.asked_elsewhere == []


def test_a_figure_fills_a_wide_window_and_fits_a_narrow_one(figure):
    page = figure("lift").page
    drawn = "document.querySelector('svg.marks').getBoundingClientRect().width"
    for width, least in ((1400, 1000), (400, 320)):
        page.set_viewport_size({"width": width, "height": 800})
        assert least < page.evaluate(drawn) < width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pointing_at_a_mark_tells_its_numbers(figure):
    page = figure("lift").page
    page.locator(POINTS).first.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible", timeout=5_000)
    told = page.locator("#vg-tooltip-element").inner_text()
    assert re.search(r"estimate \[interval\].*\n?.*pp", told)
    assert "tasks" in told and "unscored" in told


def test_a_click_in_the_legend_leaves_one_series(figure):
    page = figure("tier_trajectory").page
    assert faint(page) == 0
    page.locator("#figure svg .role-legend-label text", has_text="before SFT").click()
    page.wait_for_function(
        f"[...document.querySelectorAll('{POINTS}')].some(node => node.getAttribute('opacity') < 0.5)"
    )
    drawn = page.locator(POINTS).count()
    assert 0 < faint(page) < drawn
    lines = "#figure svg .mark-line.role-mark path"
    assert 0 < faint(page, lines) < page.locator(lines).count()


def test_a_box_hides_the_published_values(figure):
    page = figure("tier_trajectory").page
    published = 7
    assert faint(page) == 0
    page.locator("input[type=checkbox]").uncheck()
    page.wait_for_function(
        f"[...document.querySelectorAll('{POINTS}')].some(node => node.getAttribute('opacity') == 0)"
    )
    assert faint(page) == published
