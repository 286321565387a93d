"""Time the episode browser in headless Chromium: how fast 50,000 episodes open, filter and are searched.

    python tests/bench/episode_browser.py --words 200

The episodes are made up, a response of as many words of three letters as asked for, drawn at random, so that
they compress worse than prose. Every act is timed from the click to the next drawn frame. With `--page` the
same is done to the page of a finished study.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

from browser_study import make_browsed, page_of  # noqa: E402
from chromium import chromium, open_file  # noqa: E402

ASKED_OPEN, ASKED_FILTER = 3000, 200  # ms

_CHANGED = "{const e=document.getElementById('%s'); e.value=%s; e.dispatchEvent(new Event('%s'))}"
ACTS = {
    "filter: paths disagree": "document.getElementById('flag-disagree').click()",
    "filter: pass to fail": "document.getElementById('flag-lost').click()",
    "other path": _CHANGED % ("path", "1", "change"),
    "a third condition": "document.querySelector('#conditions input:not(:checked)').click()",
    "search: in no text": _CHANGED % ("search", "'zzzz'", "input"),
    "search: in every text": _CHANGED % ("search", "'a'", "input"),
    "search: in some texts": _CHANGED % ("search", "'answer: 19'", "input"),
    "clear": "document.getElementById('clear').click()",
    "other student": _CHANGED % ("student", "0", "change"),
}
_TIMED = """async () => {
  const start = performance.now();
  %s;
  document.body.getBoundingClientRect();
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  return performance.now() - start;
}"""


class Row(NamedTuple):
    """A measure, what was found, and what is asked."""

    measure: str
    found: str
    asked: str


def measure(words: int = 200, repeats: int = 3, page: Path | None = None) -> list[Row]:
    """Open a page `repeats` times and do each of `ACTS` to it; medians, and the slowest of all repeats."""
    with tempfile.TemporaryDirectory(prefix="skillift-browser-") as folder:
        rows = []
        if page is None:
            page = Path(folder, "episodes.html")
            start = time.perf_counter()
            study = make_browsed(n_tasks=200, students=("s", "m", "l"), references=(), seeds=20, words=words)
            made = time.perf_counter()
            page.write_text(page_of(study.data()), encoding="utf-8")
            number = sum(frame.height for *_, frame in study.episodes)
            took = f"{time.perf_counter() - made:.1f} s (the tables: {made - start:.1f} s)"
            rows.append(Row(f"writing {number:,} episodes of {words} words and more", took, ""))
        rows.append(Row("size of the page", f"{page.stat().st_size / 2**20:.1f} MiB", ""))
        return rows + _timed(page, repeats)


def _timed(page: Path, repeats: int) -> list[Row]:
    opened, acts = [], {name: [] for name in ACTS}
    with chromium() as browser:
        for _ in range(repeats):
            start = time.perf_counter()
            tab = open_file(browser, page).page
            tab.wait_for_selector("html[data-ready]")
            opened.append(1000 * (time.perf_counter() - start))
            tab.wait_for_timeout(1000)
            for name, act in ACTS.items():
                acts[name].append(tab.evaluate(_TIMED % act))
            tab.close()
    found = [Row("opening, until it can be used", _told(opened), f"below {ASKED_OPEN} ms")]
    return found + [Row(name, _told(times), f"below {ASKED_FILTER} ms") for name, times in acts.items()]


def _told(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms (slowest {max(times):.0f} ms)"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=200, help="words of a response")
    parser.add_argument("--repeats", type=int, default=3, help="how often the page is opened")
    parser.add_argument("--page", type=Path, help="episodes.html of a finished study")
    options = parser.parse_args()
    for row in measure(options.words, options.repeats, options.page):
        print(f"{row.measure:50} {row.found:30} {row.asked}")


if __name__ == "__main__":
    main()
