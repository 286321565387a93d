"""The findings page in a real browser: questions, words, figures, narrow and dark, hostile labels."""

from __future__ import annotations

import base64
import copy

import polars as pl
import pytest
from analysis_tables import full_study
from chromium import open_file, poor_contrast
from made_specs import viewed

from skillift.findings import QUESTIONS, findings
from skillift.findings.finding_rows import findings_rows, findings_text
from skillift.findings.findings_page import Made, findings_page
from skillift.publication.html_parts import PageParts

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]

FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"><text y="50">{}</text></svg>'
FIGURES = {name: FIGURE.format(name) for name in ("lift", "tier_trajectory", "path_audit")}


def page_of(repository, spec, tables, figures=FIGURES) -> str:
    parts = [
        (repository / f"workflow_scripts/assets/pages/findings.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    ]
    captions = {
        name: (repository / f"rules/captions/{name}.rst").read_text(encoding="utf-8") for name in figures
    }
    made = Made("2026-11-29", "0.1.0", "0123456789ab", b"claim\n")
    return findings_page(
        findings(tables, viewed(spec)), "made", viewed(spec), PageParts(*parts), figures, captions, made
    )


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
    parts = findings(tables, viewed(spec))
    first = page.locator("nav li")
    assert first.all_text_contents() == [f"{QUESTIONS[part.question]} {part.answer}" for part in parts]
    for part in parts:
        section = page.locator(f"#{part.question}")
        assert section.locator("li:not(figure li)").count() == len(
            [each for each in part.findings if each.claim != "warning"]
        )
        shown = section.locator(".word").all_text_contents()
        assert sorted(shown) == sorted(each.word for each in part.findings if each.word)
    assert page.locator("nav").bounding_box()["height"] < 800


def test_a_finding_leads_to_its_figure_even_where_that_is_folded_away(open_page):
    page = open_page()
    page.locator("#resolved li a").first.click()
    assert page.evaluate("location.hash") == "#figure-lift"
    assert page.is_visible("#figure-lift img")
    assert page.evaluate("document.querySelector('#figure-lift img').naturalWidth") == 300
    assert page.is_visible("#figure-lift figcaption") and not page.is_visible("#figure-lift li")
    assert not page.is_visible("#figure-path_audit")
    page.evaluate("location.hash = 'figure-path_audit'")
    page.wait_for_selector("#figure-path_audit", state="visible")
    assert page.locator("#figure-lift").count() == 1  # shown once, linked to from everywhere
    assert page.locator("a[href='#figure-recipe_band']").count() == 0  # not drawn in this study


def test_on_paper_nothing_is_folded_away(open_page):
    page = open_page()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_links_to_other_files_say_that_these_lie_in_the_results_folder(open_page):
    page = open_page()
    others = page.locator("a:not([href^='#'])")
    assert others.count() > 4
    assert others.count() == page.locator("#folder a").count()
    assert "In the results folder" in page.inner_text("#folder")


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


def test_texts_stand_out_from_their_ground(open_page):
    page = open_page()
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert poor_contrast(page) == []


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
    parts = findings(tables, viewed(spec))
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
