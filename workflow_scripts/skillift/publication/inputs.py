"""The tables that figures and published tables are made from, as options of their commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.publication.registry import ANALYSIS, OPTIONAL

if TYPE_CHECKING:
    import polars as pl

SOURCES = (*ANALYSIS, "certification", "costs", *OPTIONAL)
# tables that each run has one of, and what they are called
OF_RUNS = {"log": "log.parquet", "parity": "self-parity"}


def option_of(name: str) -> str:
    """The option that gives a table: `--pass-rates` for `pass_rates`."""
    return f"--{name.replace('_', '-')}"


def add_options(arguments: argparse.ArgumentParser) -> None:
    """Declare an option for each table; which of them are needed depends on what is made."""
    for name in SOURCES:
        arguments.add_argument(option_of(name), type=Path, metavar="PARQUET", help=f"analysis/{name}.parquet")
    for name, what in OF_RUNS.items():
        arguments.add_argument(
            option_of(name),
            type=table_of_run,
            nargs="+",
            action="extend",
            default=[],
            metavar="STUDENT/RUN=PARQUET",
            help=f"{what} of one run",
        )


def table_of_run(text: str) -> tuple[str, str, Path]:
    """Parse `student/run=PATH`; for use as an argparse type."""
    name, _, path = text.partition("=")
    student, _, run_id = name.partition("/")
    if not (student and run_id and path) or "/" in run_id:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected student/run=PATH")
    return student, run_id, Path(path)


def read_inputs(names: Iterable[str], options: argparse.Namespace, what: str) -> dict[str, pl.DataFrame]:
    """Read and check the tables `names`; those of `OF_RUNS` hold all runs', with the columns student and run.

    Args:
        names: of `SOURCES` and `OF_RUNS`; one of `OPTIONAL` without its option has no rows.
        options: parsed by a parser with `add_options`.
        what: the figure or table that is made, for messages.

    Raises:
        UserError: an option is missing, or a file is missing or does not keep its contract.
    """
    import polars as pl

    from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
    from skillift.contracts.pipeline import PARITY, TRAINING_LOG
    from skillift.contracts.predictions import PREDICTIONS
    from skillift.costs.stages import STAGE_COSTS
    from skillift.tables import read_table

    schemas = {
        **ANALYSIS_TABLES,
        "certification": CERTIFICATION_RATES,
        "costs": STAGE_COSTS,
        "predictions": PREDICTIONS,
    }
    of_runs = {"log": TRAINING_LOG, "parity": PARITY}
    tables = {}
    for name in names:
        given = getattr(options, name)
        if not given and name in OPTIONAL:
            types = {column: part.dtype.type for column, part in schemas[name].columns.items()}
            tables[name] = pl.DataFrame(schema=types)
            continue
        if not given:
            raise UserError(problem(what, f"no option {option_of(name)}", "the table that it draws on"))
        if name in of_runs:
            parts = [
                read_table(path, of_runs[name]).select(
                    pl.lit(student).alias("student"), pl.lit(run_id).alias("run"), pl.all()
                )
                for student, run_id, path in given
            ]
            tables[name] = pl.concat(parts)
        else:
            tables[name] = read_table(given, schemas[name])
    return tables
