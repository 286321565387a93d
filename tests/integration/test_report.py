"""The report, opened in a real browser."""

from __future__ import annotations

import shutil

import pytest

from skillift.publication import FIGURES, TABLES

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def opened(finished_smoke):
    """The report's page in headless Chromium, its console errors and its requests to other places."""
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser_path, "Chromium is needed to look at the report; .ci/run installs it"
    errors, requests = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((finished_smoke / "results/smoke/report.html").as_uri())
        page.wait_for_load_state("load")
        page.wait_for_timeout(500)
        yield page, errors, requests
        browser.close()


def test_the_report_opens_without_an_error_or_a_request_to_the_network(opened):
    page, errors, requests = opened
    assert "smoke" in page.content()
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_report_holds_every_figure_and_table(opened):
    page, _, _ = opened
    content = page.content()
    for name in (*FIGURES, *TABLES):
        assert name in content
