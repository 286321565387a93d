"""The tables that figures and published tables are made from, as options of their commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.ledger.looks import look_level
from skillift.path_patterns import path_pattern
from skillift.reporting.registry import ANALYSIS, OPTIONAL, WHERE_DECLARED
from skillift.tables import read_json

if TYPE_CHECKING:
    import polars as pl

    from skillift.reporting.view import View
    from skillift.settings.analysis_specs import FiguresSpec
    from skillift.study.study import Study

SOURCES = (*ANALYSIS, *WHERE_DECLARED, "certification", "costs", *OPTIONAL)
# tables that each run has one of, and what they are called
OF_RUNS = {"log": "log.parquet", "parity": "batch sensitivity"}


def option_of(name: str) -> str:
    """The option that gives a table: `--pass-rates` for `pass_rates`."""
    return f"--{name.replace('_', '-')}"


def add_options(arguments: argparse.ArgumentParser) -> None:
    """Declare an option for each table; which of them are needed depends on what is made."""
    for name in SOURCES:
        arguments.add_argument(option_of(name), type=Path, metavar="PARQUET", help=f"analysis/{name}.parquet")
    for name, what in OF_RUNS.items():
        arguments.add_argument(
            option_of(name), type=path_pattern("student", "run"), help=f"path pattern of {what} of each run"
        )
    arguments.add_argument("--ledger", type=Path, metavar="JSONL", help="analysis/ledger.jsonl")
    arguments.add_argument("--look", type=Path, metavar="JSON", help="analysis/look.json, the tables' level")


def view_given(options: argparse.Namespace) -> View:
    """How `--spec` wants results shown, at the level of the tables' look where `--look` is given.

    Raises:
        UserError: the file of the look is missing or wrong.
    """
    from skillift.reporting.view import view_of

    return view_of(options.spec, look_level(read_json(options.look)) if options.look else None)


def runs_with(name: str, spec: FiguresSpec) -> list[dict[str, str]]:
    """The runs that have a table of `OF_RUNS`: trained ones a log, those of students the other."""
    untrained = (None, *(spec.emulated or ()))
    return [
        run.names
        for run in spec.runs
        if (run.recipe not in untrained if name == "log" else run.student not in (spec.references or ()))
    ]


def read_inputs(names: Iterable[str], options: argparse.Namespace, what: str) -> dict[str, pl.DataFrame]:
    """Read and check the tables `names`; those of `OF_RUNS` hold all runs', with the columns student and run.

    The ledger's table is that of `ledger.events`.

    Args:
        names: of `SOURCES` and `OF_RUNS`, and `ledger`; that, or one of `OPTIONAL`, has no rows without its
            option.
        options: parsed by a parser with `add_options` and `--spec`, which has the study's runs.
        what: the figure or table that is made, for messages.

    Raises:
        UserError: an option is missing, or a file is missing or does not keep its contract.
    """
    import polars as pl

    from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
    from skillift.contracts.predictions import PREDICTIONS
    from skillift.contracts.served_checks import BATCH_SENSITIVITY
    from skillift.contracts.training import RUN_LOG
    from skillift.costs.stages import STAGE_COSTS
    from skillift.ledger.entries import read_ledger
    from skillift.publication.ledger import events
    from skillift.tables import read_each, read_table

    schemas = {
        **ANALYSIS_TABLES,
        "certification": CERTIFICATION_RATES,
        "costs": STAGE_COSTS,
        "predictions": PREDICTIONS,
    }
    of_runs = {"log": RUN_LOG, "parity": BATCH_SENSITIVITY}
    tables = {}
    for name in names:
        given = getattr(options, name)
        if name == "ledger":
            labels = view_given(options).label_by_student
            tables[name] = events(read_ledger(given) if given else [], labels)
            continue
        if not given and name in OPTIONAL:
            types = {column: part.dtype.type for column, part in schemas[name].columns.items()}
            tables[name] = pl.DataFrame(schema=types)
            continue
        if not given:
            raise UserError(problem(what, f"no option {option_of(name)}", "the table that it draws on"))
        if name in of_runs:
            parts = [
                frame.select(pl.lit(student).alias("student"), pl.lit(run_id).alias("run"), pl.all())
                for student, run_id, frame in read_each(given, runs_with(name, options.spec), of_runs[name])
            ]
            tables[name] = pl.concat(parts, how="diagonal")  # logs of pairs have further columns
        else:
            tables[name] = read_table(given, schemas[name])
    return tables


def finished_tables(names: Iterable[str], results: Path, study: Study) -> dict[str, pl.DataFrame]:
    """Tables of a finished study's analysis by name; an optional one that it does not have has no rows.

    Args:
        names: of `SOURCES`.
        results: the study's folder of results.
        study: the study.

    Raises:
        UserError: a file is missing, as before the study is finished, or does not keep its contract.
    """
    files = {
        name: results / f"analysis/{name}.parquet" if name not in OPTIONAL or study.data[name] else None
        for name in names
    }
    files["ledger"] = results / "analysis/ledger.jsonl"
    options = argparse.Namespace(**files, spec=study.figures_spec(), look=None)
    return read_inputs(names, options, "findings")
