r"""Publish one table of a study as a self-contained HTML page, as LaTeX and as CSV.

    python workflow_scripts/publication/make_table.py effects \
        --spec '{"analysis": {"headline_path": "judge:conclusion", "confidence": 0.95},
                 "students": {"s": {"label": "45 k", "tier": 1}},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --effects results/embedded/analysis/effects.parquet --html effects.html --latex effects.tex \
        --csv effects.csv

The published tables and the tables that each is made from stand in `skillift.reporting.registry.TABLES`. A
table of several parts has a CSV file for each part, in the order of `skillift.reporting.registry.PARTS`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.publication.inputs import add_options, read_inputs, view_given
from skillift.publication.published_tables import publish
from skillift.reporting.registry import TABLES
from skillift.settings.analysis_specs import FiguresSpec


def main(argv: list[str] | None = None) -> None:
    """Read the tables that the published table is made from, write it in its three forms."""
    arguments = parser(__doc__, FiguresSpec)
    arguments.add_argument("table", choices=sorted(TABLES))
    add_options(arguments)
    arguments.add_argument("--html", type=Path, required=True, help="the page to write")
    arguments.add_argument("--latex", type=Path, required=True, help="the LaTeX file to write")
    arguments.add_argument("--csv", type=Path, required=True, nargs="+", help="the files of all rows")
    options = arguments.parse_args(argv)

    tables = read_inputs(TABLES[options.table], options, f"table {options.table}")
    publish(options.table, tables, view_given(options), options.html, options.latex, options.csv)


if __name__ == "__main__":
    run(main)
