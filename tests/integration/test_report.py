"""The report, opened in a real browser."""

from __future__ import annotations

import pytest
from chromium import chromium, open_file
from projects import ROOT

from skillift.publication import extent, figures_for, tables_for
from skillift.study import load_study

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def opened(finished_smoke):
    """The report in headless Chromium."""
    with chromium() as browser:
        report = open_file(browser, finished_smoke / "results/smoke/report.html", width=1400, height=900)
        report.page.wait_for_load_state("load")
        report.page.wait_for_timeout(500)
        yield report


def test_the_report_opens_without_an_error_or_a_request_to_the_network(opened):
    assert "smoke" in opened.page.content()
    assert opened.errors == []
    assert opened.asked_elsewhere == []


def test_the_report_holds_every_figure_and_table(opened):
    content = opened.page.content()
    has = extent(load_study(ROOT / "studies/smoke.yaml"))
    for name in (*figures_for(has), *tables_for(has)):
        assert name in content
