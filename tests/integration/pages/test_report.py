"""The report, opened in a real browser."""

from __future__ import annotations

import pytest
from chromium import open_file
from projects import ROOT

from skillift.findings import QUESTIONS
from skillift.reporting.registry import extent, figures_for, tables_for
from skillift.study.study import load_study

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]

# the smoke study asks the holdout alone and once, emulates no run and foretells nothing
NOT_ASKED = ("chain", "recipes", "scale", "sampling", "forecast", "transfer", "variants", "cost", "suites")
ASKED = [question for part, question in QUESTIONS.items() if part not in NOT_ASKED]


@pytest.fixture(scope="module")
def opened(browser, finished_smoke):
    """The report in headless Chromium."""
    report = open_file(browser, finished_smoke / "results/smoke/report.html", width=1400, height=900)
    report.page.wait_for_load_state("load")
    report.page.wait_for_timeout(500)
    yield report
    report.page.close()


def test_the_report_opens_without_an_error_or_a_request_to_the_network(opened):
    assert "smoke" in opened.page.content()
    assert opened.errors == []
    assert opened.asked_elsewhere == []


def test_the_report_holds_every_figure_and_table(opened):
    content = opened.page.content()
    has = extent(load_study(ROOT / "studies/smoke.yaml"))
    for name in (*figures_for(has), *tables_for(has)):
        assert name in content


def test_the_first_page_opens_with_a_referees_questions_and_is_not_cut_off(opened):
    page = opened.page
    assert page.locator("h1").first.bounding_box()["y"] >= 0
    text = page.inner_text(".prose")
    places = [text.index(question) for question in ASKED]
    assert places == sorted(places)
    assert page.locator(".prose a[href='episodes.html']").count() == 1


def test_the_graph_of_jobs_is_hidden_and_figures_stand_in_the_order_of_the_argument(opened):
    assert not opened.page.is_visible("#rulegraph")
    names = figures_for(extent(load_study(ROOT / "studies/smoke.yaml")))
    labels = [
        opened.page.evaluate(f"results['results/smoke/figures/{name}.svg'].labels.figure") for name in names
    ]
    assert labels == sorted(labels) and labels[0] == "01 lift"


def test_a_question_on_the_first_page_leads_to_its_figure(opened):
    opened.page.locator(".prose a", has_text="lift.svg").first.click()
    assert opened.page.wait_for_selector("text=results/smoke/figures/lift.svg")


def test_the_findings_open_within_the_report(opened):
    opened.page.evaluate(
        "app.setView({content: 'html', contentPath: results['results/smoke/findings.html'].data_uri})"
    )
    frame = opened.page.wait_for_selector("iframe").content_frame()
    frame.wait_for_selector("#resolved")
    assert frame.locator("nav li").count() == len(ASKED)
    assert opened.errors == []


def test_on_a_phone_the_menu_stands_above_the_text(browser, finished_smoke):
    report = open_file(browser, finished_smoke / "results/smoke/report.html", width=400, height=900)
    report.page.wait_for_selector(".prose")
    menu, text = (report.page.locator(name).first.bounding_box() for name in ("nav", ".prose"))
    assert menu["y"] + menu["height"] <= text["y"]
    assert text["x"] >= 0 and text["x"] + text["width"] <= 400
    report.page.close()
