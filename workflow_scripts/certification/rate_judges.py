r"""Error rates of certified judges: false passes and false fails with their intervals, by kind of case.

    python workflow_scripts/certification/rate_judges.py \
        --spec '{"confidence": 0.95, "judges": ["conclusion", "tail"]}' \
        --certification 'results/embedded/certification/{judge}.parquet' \
        --out results/embedded/analysis/certification.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.path_patterns import path_pattern
from skillift.settings.specs import RatesSpec


def main(argv: list[str] | None = None) -> None:
    """Read the certification of each judge, compute the rates, write them in one table."""
    arguments = parser(__doc__, RatesSpec)
    arguments.add_argument(
        "--certification", type=path_pattern("judge"), required=True, help="path pattern of certifications"
    )
    arguments.add_argument("--out", type=Path, required=True, help="table of error rates to write")
    options = arguments.parse_args(argv)

    import polars as pl

    from skillift.contracts.analysis import CERTIFICATION_RATES
    from skillift.contracts.pipeline import CERTIFICATION
    from skillift.statistics.certification import error_rates
    from skillift.tables import read_each, write_table

    judges = [{"judge": judge} for judge in options.spec.judges]
    verdicts = pl.concat([frame for _, frame in read_each(options.certification, judges, CERTIFICATION)])
    write_table(error_rates(verdicts, options.spec.confidence), options.out, CERTIFICATION_RATES)


if __name__ == "__main__":
    run(main)
