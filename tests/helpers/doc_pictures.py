r"""Take the pictures of the docs from finished studies: figures as they are, first screens of pages as PNG.

    python tests/helpers/doc_pictures.py --results results --out docs/figures

Of a study that is not finished the pictures that are there stay, which is said.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow_scripts"), str(ROOT / "tests/helpers")]

from chromium import chromium  # noqa: E402

# picture in docs/figures: what it is of, below the results
FIGURES = {
    "tier_trajectory.svg": "embedded/figures/tier_trajectory.svg",
    "pocket_trajectory.svg": "pocket/figures/tier_trajectory.svg",
    "pocket_conditions.svg": "pocket/figures/condition_ladder.svg",
}
SCREENS = {"findings.png": "embedded/findings.html", "episodes.png": "embedded/episodes.html"}
WIDTH, HEIGHT = 1100, 760  # px


def take(results: Path, out: Path) -> list[str]:
    """Write the pictures whose studies are finished into `out`; gives the names of those that are not."""
    missing = [name for name, of in {**FIGURES, **SCREENS}.items() if not (results / of).exists()]
    for name, of in FIGURES.items():
        if name not in missing:
            shutil.copyfile(results / of, out / name)
    screens = {name: of for name, of in SCREENS.items() if name not in missing}
    with chromium() as browser:
        for name, of in screens.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto((results / of).resolve().as_uri())
            page.wait_for_load_state()
            page.screenshot(path=out / name)
            page.close()
    return missing


def main(argv: list[str] | None = None) -> None:
    """Take the pictures, and say which were not taken."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument(
        "--results", type=Path, default=ROOT / "results", help="folder of finished studies"
    )
    arguments.add_argument("--out", type=Path, default=ROOT / "docs/figures", help="folder of the pictures")
    options = arguments.parse_args(argv)
    for name in take(options.results, options.out):
        print(f"{name}: as it was: {({**FIGURES, **SCREENS})[name]} is not there")


if __name__ == "__main__":
    main()
