r"""Sum up what the stages of a study took: jobs, seconds, memory, US dollars.

    python workflow_scripts/make_costs.py --folder results/embedded/benchmarks \
        --benchmarks results/embedded/benchmarks/score.tsv results/embedded/benchmarks/pretrain/s.tsv \
        --paid judge=results/embedded/verdicts/tail/s/base.parquet --out results/embedded/costs.parquet

A benchmark file's stage is the first part of its path below `--folder`. `--paid` gives the tables that tell
what calls of models cost. Times differ from run to run, so a second run of the same study does not repeat
this table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.commands import parser_without_spec, run
from skillift.costs.stages import STAGE_COSTS, read_benchmarks, read_paid, stage_costs
from skillift.tables import write_table


def paid_stage(text: str) -> tuple[str, Path]:
    """Parse `stage=PATH`; for use as an argparse type."""
    stage, _, path = text.partition("=")
    if not (stage and path):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected stage=PATH")
    return stage, Path(path)


def main(argv: list[str] | None = None) -> None:
    """Read the benchmark files and the tables of paid calls, write the table of stages."""
    arguments = parser_without_spec(__doc__)
    arguments.add_argument("--folder", type=Path, required=True, help="folder of all benchmark files")
    arguments.add_argument("--benchmarks", type=Path, nargs="+", required=True, help="Snakemake's files")
    arguments.add_argument(
        "--paid",
        type=paid_stage,
        nargs="+",
        action="extend",
        default=[],
        metavar="STAGE=PARQUET",
        help="tables with the column cost_usd",
    )
    arguments.add_argument("--out", type=Path, required=True, help="costs.parquet")
    options = arguments.parse_args(argv)
    jobs = read_benchmarks(options.benchmarks, options.folder)
    write_table(stage_costs(jobs, read_paid(options.paid)), options.out, STAGE_COSTS)


if __name__ == "__main__":
    run(main)
