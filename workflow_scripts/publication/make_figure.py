r"""Draw one figure of a study as SVG and as an interactive page.

    python workflow_scripts/publication/make_figure.py lift \
        --spec '{"analysis": {"headline_path": "judge:conclusion", "confidence": 0.95},
                 "students": {"s": {"label": "45 k", "tier": 1}},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --effects results/embedded/analysis/effects.parquet \
        --certification results/embedded/analysis/certification.parquet --out lift.svg \
        --viewer results/embedded/figures/viewer.js --html lift.html

Without `--viewer` and `--html` it draws the SVG alone.

The figures and the tables that each one draws stand in `skillift.reporting.registry.FIGURES`; loss_curves
takes `--log 'results/embedded/runs/{student}/{run}/log.parquet'`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.figures import draw, save, save_page
from skillift.publication.inputs import add_options, read_inputs, view_given
from skillift.reporting.registry import FIGURES
from skillift.settings.analysis_specs import FiguresSpec


def main(argv: list[str] | None = None) -> None:
    """Read the tables that the figure draws, draw it, write it in both forms."""
    arguments = parser(__doc__, FiguresSpec)
    arguments.add_argument("figure", choices=sorted(FIGURES))
    add_options(arguments)
    arguments.add_argument("--out", type=Path, required=True, help="the SVG file")
    arguments.add_argument("--html", type=Path, help="the interactive page")
    arguments.add_argument("--viewer", type=Path, help="scripts for the page, from make_viewer.py")
    options = arguments.parse_args(argv)
    if (options.html is None) != (options.viewer is None):
        arguments.error("--html and --viewer go together")

    tables = read_inputs(FIGURES[options.figure], options, f"figure {options.figure}")
    chart = draw(options.figure, tables, view_given(options))
    save(chart, options.out)
    if options.html:
        save_page(chart, options.figure, options.viewer, options.html)


if __name__ == "__main__":
    run(main)
