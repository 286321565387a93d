r"""Draw one figure of a study as SVG.

    python workflow_scripts/make_figure.py lift \
        --spec '{"analysis": {"headline_path": "judge:conclusion", "confidence": 0.95},
                 "students": {"s": {"label": "45 k", "tier": 1}},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --effects results/embedded/analysis/effects.parquet \
        --certification results/embedded/analysis/certification.parquet --out lift.svg

The figures and the tables that each one draws stand in `skillift.publication.FIGURES`; loss_curves takes
`--log s/sft-s0=results/embedded/runs/s/sft-s0/log.parquet`, once for each run.
"""

from __future__ import annotations

from pathlib import Path

from skillift.commands import parser, run
from skillift.figures import draw, save
from skillift.publication import FIGURES
from skillift.result_inputs import add_options, read_inputs


def main(argv: list[str] | None = None) -> None:
    """Read the tables that the figure draws, draw it, write it."""
    arguments = parser(__doc__)
    arguments.add_argument("figure", choices=sorted(FIGURES))
    add_options(arguments)
    arguments.add_argument("--out", type=Path, required=True, help="the SVG file")
    options = arguments.parse_args(argv)

    tables = read_inputs(FIGURES[options.figure], options, f"figure {options.figure}")
    save(draw(options.figure, tables, options.spec), options.out)


if __name__ == "__main__":
    run(main)
