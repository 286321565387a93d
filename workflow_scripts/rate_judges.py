r"""Error rates of certified judges: false passes and false fails with their intervals, by kind of case.

    python workflow_scripts/rate_judges.py --spec '{"confidence": 0.95}' \
        --certification results/embedded/certification/conclusion.parquet \
                        results/embedded/certification/tail.parquet \
        --out results/embedded/analysis/certification.parquet
"""

from __future__ import annotations

from pathlib import Path

from skillift.commands import parser, run


def main(argv: list[str] | None = None) -> None:
    """Read the certification of each judge, compute the rates, write them in one table."""
    arguments = parser(__doc__)
    arguments.add_argument(
        "--certification", type=Path, nargs="+", required=True, help="table of each judge's certification"
    )
    arguments.add_argument("--out", type=Path, required=True, help="table of error rates to write")
    options = arguments.parse_args(argv)

    import polars as pl

    from skillift.contracts.analysis import CERTIFICATION_RATES
    from skillift.contracts.pipeline import CERTIFICATION
    from skillift.statistics.certification import error_rates
    from skillift.tables import read_table, write_table

    verdicts = pl.concat([read_table(path, CERTIFICATION) for path in options.certification])
    write_table(error_rates(verdicts, options.spec["confidence"]), options.out, CERTIFICATION_RATES)


if __name__ == "__main__":
    run(main)
