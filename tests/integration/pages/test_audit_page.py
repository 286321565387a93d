"""The audit's page in a real browser: readable, alone, and its graph can be followed."""

from __future__ import annotations

import pytest
from chromium import open_file, poor_contrast
from made_plan import HOSTILE, made_audit

from skillift.audit.audit_page import write_page

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]


@pytest.fixture
def page(tmp_path, repository):
    path = tmp_path / "audit.html"
    write_page(made_audit(HOSTILE, more=5), path, repository / "workflow_scripts/assets/pages")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_loads_nothing_from_elsewhere_and_can_be_read(browser, page, scheme):
    opened = open_file(browser, page, color_scheme=scheme)
    assert opened.errors == []
    assert opened.asked_elsewhere == []
    assert poor_contrast(opened.page) == []


def test_boxes_are_coloured_by_fate(browser, page):
    opened = open_file(browser, page)
    fill = "element => getComputedStyle(element).fill"
    fills = {fate: opened.page.eval_on_selector(f".box.{fate}", fill) for fate in ("again", "new", "reused")}
    assert len(set(fills.values())) == 3


def test_choosing_a_box_shows_what_it_needs_and_what_needs_it(browser, page):
    opened = open_file(browser, page).page
    near = "nodes => nodes.map(node => node.dataset.name).sort()"
    opened.click('.node[data-name="train s sft-s0"] .frame')
    chosen = opened.eval_on_selector_all(".node.near", near)
    assert "pretrain s" in chosen and "score" in chosen and "make_figure_0" in chosen
    assert "pretrain m" not in chosen
    opened.click('.node[data-name="train s sft-s0"] .frame')
    assert opened.locator(".chosen").count() == 0


def test_a_box_can_be_chosen_by_the_keyboard(browser, page):
    opened = open_file(browser, page).page
    opened.focus('.node[data-name="build_tasks holdout"]')
    opened.keyboard.press("Enter")
    assert opened.locator(".node.here").get_attribute("data-name") == "build_tasks holdout"


def test_the_jobs_of_a_row_unfold(browser, page):
    opened = open_file(browser, page).page
    opened.click("summary:text-is('train')")
    assert opened.is_visible("li:has-text('train s sft-s0')")


def test_a_narrow_window_scrolls_inside_its_sections_alone(browser, page):
    opened = open_file(browser, page, width=400).page
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
