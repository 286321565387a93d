r"""Draw every figure and page of made-up studies that are hard to draw, and take pictures of them.

    python tests/helpers/pictures.py /tmp/pictures --study names zero

Writes the figures, tables, findings and further pages (`picture_pages.py`) of each study of
`picture_studies.STUDIES` into a folder of its name, a picture of each at 1400 and 400 pixels (Chromium is
needed), and prints what a browser can see to be wrong: texts over each other, run together or beyond the
drawing, cut labels, pages wider than the window. Whether a page reads well only a look at its picture tells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow_scripts"), str(ROOT / "tests/helpers")]

from chromium import chromium  # noqa: E402
from made_specs import viewed  # noqa: E402
from picture_pages import further_pages  # noqa: E402
from picture_studies import HARD, STUDIES, Tables, extent_of, made  # noqa: E402

from skillift.reporting.registry import Extent  # noqa: E402

WIDTHS = (1400, 400)
SCREEN = 900  # px
HIGHEST = 6000  # px of a picture
# what is on a page when it has drawn itself, by how its file's name begins
READY = {"figure_": "#figure svg", "page_episodes": "html[data-ready]", "page_report": ".prose"}


def draw_study(spec: dict, tables: Tables, has: Extent, out: Path) -> Iterator[Path]:
    """The pages of a study of some extent: figures, tables, findings, and what else a reader opens."""
    from skillift.figures import draw, save, save_page
    from skillift.figures.figure_page import viewer
    from skillift.findings import findings
    from skillift.findings.findings_page import findings_page
    from skillift.findings.made import made_now
    from skillift.publication.html_parts import PageParts
    from skillift.publication.published_tables import publish
    from skillift.reporting.registry import figures_for, parts_of, tables_for

    (out / "figures").mkdir(parents=True, exist_ok=True)
    scripts = out / "viewer.js"
    scripts.write_text(viewer(), encoding="utf-8")
    figures = {}
    for name in figures_for(has):
        chart = draw(name, tables, viewed(spec))
        path = out / f"figure_{name}.html"
        save_page(chart, name, scripts, path)
        svg = out / f"figures/{name}.svg"
        save(chart, svg)
        figures[name] = svg.read_text(encoding="utf-8")
        yield path
    for name in tables_for(has):
        csv = [out / f"{part}.csv" for part in parts_of(name)]
        path = out / f"table_{name}.html"
        publish(name, tables, viewed(spec), path, out / f"{name}.tex", csv)
        yield path
    page = PageParts(
        *(
            (ROOT / f"workflow_scripts/assets/pages/findings.{kind}").read_text("utf-8")
            for kind in ("html", "css", "js")
        )
    )
    captions = {name: (ROOT / f"rules/captions/{name}.rst").read_text("utf-8") for name in figures}
    made_by = made_now(ROOT / "CITATION.cff", b"")
    view = viewed(spec)
    parts = findings(tables, view)
    path = out / "findings.html"
    html = findings_page(parts, spec["name"], view, page, figures, captions, made_by)
    path.write_text(html, encoding="utf-8")
    yield path
    yield from further_pages(spec, tables, parts, out)


def take(browser, path: Path) -> list[str]:
    """Pictures of a page beside it, with all that is folded opened; gives what a browser sees to be wrong."""
    found = []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": SCREEN})
        page.goto(path.resolve().as_uri())
        ready = next((ready for start, ready in READY.items() if path.name.startswith(start)), "body")
        page.wait_for_selector(ready, timeout=60_000)
        if path.name.startswith("page_report"):
            page.wait_for_timeout(500)  # its script says nothing when it has laid the page out
        elif not path.name.startswith("figure_"):
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        height = min(HIGHEST, page.evaluate("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": width, "height": height}
        page.screenshot(path=path.with_name(f"{path.stem}_{width}.png"), full_page=True, clip=clip)
        found += [f"{path.name} at {width}: {wrong}" for wrong in page.evaluate(_WRONG)]
        page.close()
    return found


# what a browser can tell; turned labels have boxes that overlap though they do not
_WRONG = """() => {
  const found = [], page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`${page.scrollWidth} px wide`);
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    const scale = frame.width / (svg.viewBox.baseVal.width || frame.width);
    const texts = [...svg.querySelectorAll("text")]
      .filter((each) => each.textContent.trim() && +getComputedStyle(each).opacity > 0)
      .filter((each) => !/rotate\\((?!0[,)])/.test(each.getAttribute("transform") || ""))
      .map((each) => ({
        says: each.textContent,
        at: each.getBoundingClientRect(),
        axis: each.closest(".role-axis-label"),
      }));
    for (const [place, { says, at, axis }] of texts.entries()) {
      if (says.includes("\\u2026")) found.push(`cut: ${says}`);
      const out = Math.max(
        frame.left - at.left, at.right - frame.right, frame.top - at.top, at.bottom - frame.bottom
      );
      if (out > scale) found.push(`beyond the drawing: ${says}`);
      for (const other of texts.slice(place + 1)) {
        const across = Math.min(at.right, other.at.right) - Math.max(at.left, other.at.left);
        const down = Math.min(at.bottom, other.at.bottom) - Math.max(at.top, other.at.top);
        if (across > 2 * scale && down > 4 * scale) found.push(`over each other: ${says} | ${other.says}`);
        else if (axis && axis === other.axis && across > -3 * scale && down > 0.9 * at.height)
          found.push(`run together: ${says} | ${other.says}`);
      }
    }
  }
  return found;
}"""


def main() -> None:
    """Make the studies, draw them, take the pictures."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("out", type=Path, help="folder to write")
    arguments.add_argument("--study", nargs="+", choices=list(STUDIES), default=list(HARD))
    options = arguments.parse_args()
    with chromium() as browser:
        for name in options.study:
            for path in draw_study(*made(name), extent_of(name), options.out / name):
                for wrong in take(browser, path):
                    print(f"{name}: {wrong}", flush=True)


if __name__ == "__main__":
    main()
