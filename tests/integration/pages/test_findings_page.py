"""The findings page in a real browser: questions, words, figures, narrow and dark, hostile labels."""

from __future__ import annotations

import base64
import copy

import polars as pl
import pytest
from analysis_tables import full_study
from chromium import open_file, poor_contrast

from skillift.findings import QUESTIONS, findings
from skillift.findings.page import findings_page, findings_rows, findings_text

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]

FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"><text y="50">{}</text></svg>'
FIGURES = {name: FIGURE.format(name) for name in ("lift", "tier_trajectory", "path_audit")}


def page_of(repository, spec, tables, figures=FIGURES) -> str:
    parts = [
        (repository / f"workflow_scripts/pages/findings.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    ]
    return findings_page(findings(tables, spec), {**spec, "name": "made"}, *parts, figures)


@pytest.fixture(scope="module")
def html(repository):
    """The page of the study as it is."""
    return page_of(repository, *full_study())


@pytest.fixture
def open_page(browser, tmp_path, repository, html):
    """Opens the page of a study; afterwards nothing may have gone wrong."""
    opened = []

    def _open(study=None, **options):
        path = tmp_path / "findings.html"
        path.write_text(page_of(repository, *study) if study else html, encoding="utf-8")
        opened.append(open_file(browser, path, **options))
        return opened[-1].page

    yield _open
    for each in opened:
        assert (each.errors, each.asked_elsewhere) == ([], [])
        each.page.close()


def test_every_question_has_its_answer_on_the_first_screen_and_its_findings_below(open_page):
    page = open_page()
    spec, tables = full_study()
    parts = findings(tables, spec)
    first = page.locator("nav li")
    assert first.all_inner_texts() == [f"{QUESTIONS[part.question]} {part.answer}" for part in parts]
    for part in parts:
        section = page.locator(f"#{part.question}")
        assert section.locator("li").count() == len(
            [each for each in part.findings if each.claim != "warning"]
        )
        assert section.locator(".word").all_inner_texts() == [
            each.word for each in part.findings if each.word
        ]
    assert page.locator("nav").bounding_box()["height"] < 800


def test_a_finding_leads_to_its_figure_which_leads_to_the_interactive_one(open_page):
    page = open_page()
    page.locator("#resolved li a").first.click()
    assert page.evaluate("location.hash") == "#figure-lift"
    assert page.is_visible("#figure-lift img")
    assert page.evaluate("document.querySelector('#figure-lift img').naturalWidth") == 300
    assert page.get_attribute("#figure-lift a", "href") == "figures/lift.html"
    assert page.locator("#figure-lift").count() == 1  # shown once, linked to from everywhere
    assert page.locator("a[href='#figure-recipe_band']").count() == 0  # not drawn in this study
    assert page.is_visible("a[href='episodes.html']") and page.is_visible("a[href='episodes.html#show=lost']")


def test_inside_a_report_links_to_files_beside_it_are_left_out(browser, tmp_path, html):
    outer = tmp_path / "report.html"
    source = base64.b64encode(html.encode()).decode()
    outer.write_text(f'<iframe src="data:text/html;base64,{source}" width="1000" height="700"></iframe>')
    opened = open_file(browser, outer)
    frame = opened.page.frames[-1]
    frame.wait_for_selector("#resolved")
    assert not frame.is_visible("a[href='episodes.html']")
    frame.locator("#resolved li a").first.click()
    assert frame.evaluate("location.hash") == "#figure-lift"
    assert opened.errors == []
    opened.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(open_page, scheme):
    assert poor_contrast(open_page(color_scheme=scheme)) == []


def test_a_narrow_screen_needs_no_scrolling_sideways(open_page):
    assert open_page(width=400).evaluate("document.documentElement.scrollWidth") <= 400


def test_hostile_labels_and_predictions_are_text(open_page):
    spec, tables = copy.deepcopy(full_study())
    hostile = "<img src=x onerror=\"document.title='run'\">"
    spec["students"]["s"]["label"] = hostile
    tables["predictions"] = tables["predictions"].with_columns(text=pl.lit(hostile))
    page = open_page((spec, tables))
    assert page.title() == "Findings · made"
    assert page.locator("img[src=x]").count() == 0
    assert hostile in page.inner_text("#prediction")


def test_the_table_and_the_reports_text_say_the_same():
    spec, tables = full_study()
    parts = findings(tables, spec)
    rows = findings_rows(parts)
    assert rows["sentence"].to_list() == [each.sentence for part in parts for each in part.findings]
    lifts = rows.filter(claim="lift")
    known = tables["claims"].filter(claim="lift", path="judge:conclusion")
    assert sorted(lifts["estimate"]) == sorted(known["estimate"])
    assert not any(column.is_nan().any() for column in rows.select("estimate", "ci_low", "p_holm", "mde"))
    text = findings_text(parts, FIGURES)
    assert all(f"**{QUESTIONS[part.question]}**" in text for part in parts)
    assert text.count("`lift.svg`_") == 2 and "recipe_band" not in text
    assert "answer\\_only" in text  # an underscore would make a link of it
