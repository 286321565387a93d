"""Bundle the scripts that draw a figure in a browser, once for all figures of a study.

    python workflow_scripts/publication/make_viewer.py --out results/embedded/figures/viewer.js

They come with vl-convert (Vega, Vega-Lite, Vega-Embed), so nothing is fetched. Bundling takes seconds;
hence each figure's page takes them from this file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.figures.figure_page import viewer
from skillift.tables import atomic_path


def main(argv: list[str] | None = None) -> None:
    """Write the scripts into one file."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, required=True, help="the file of scripts")
    options = arguments.parse_args(argv)
    scripts = viewer()
    with atomic_path(options.out) as temporary:
        temporary.write_text(scripts, encoding="utf-8")


if __name__ == "__main__":
    run(main)
