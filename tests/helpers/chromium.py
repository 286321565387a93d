"""Pages in headless Chromium, with what went wrong on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@dataclass
class Opened:
    """A page, the errors of its scripts and console, and every address that it asked for."""

    page: object
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def asked_elsewhere(self) -> list[str]:
        """Addresses that are neither a file nor part of the page."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@contextmanager
def chromium() -> Iterator:
    """Debian's Chromium, or Chrome; closed at the end."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is needed to look at pages; .ci/run installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield browser
        browser.close()


def open_file(
    browser, path: Path, *, fragment: str = "", width: int = 1280, height: int = 800, **options
) -> Opened:
    """Open a file in a new page; `options` are those of playwright's `new_page`."""
    page = browser.new_page(viewport={"width": width, "height": height}, **options)
    opened = Opened(page)
    page.on(
        "console", lambda message: opened.errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(path.as_uri() + fragment)
    return opened


def poor_contrast(page) -> list[str]:
    """Texts in sight with a contrast below 4.5 to 1 (WCAG 2.2, 1.4.3, which exempts disabled buttons)."""
    return page.evaluate(_POOR)


# relative luminance and contrast as WCAG 2.2 defines them
_POOR = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (text) => {
    const [r, g, b] = channels(text).map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const exempt = element.matches(":disabled, script, noscript, option");
    if (!own || exempt || !element.checkVisibility()) continue;
    const lights = [getComputedStyle(element).color, ground(element)].map(light).sort((a, b) => b - a);
    const contrast = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (contrast < 4.5) poor.push(`${element.tagName}.${element.className}: ${element.textContent}`);
  }
  return poor;
}"""
