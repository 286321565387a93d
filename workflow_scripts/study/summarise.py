"""Print the results of a finished study as a Markdown table, for a README or an issue.

    python workflow_scripts/study/summarise.py --study studies/embedded.yaml

No rule calls this: it is what `make summary` calls. It reads the tables of `results/<study>/analysis/` and
writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.findings.summary import summary
from skillift.ledger.looks import look_level
from skillift.publication.inputs import finished_tables
from skillift.reporting.registry import FINDINGS
from skillift.reporting.view import view_of
from skillift.running.project_settings import add_options, settings
from skillift.tables import read_json


def main(argv: list[str] | None = None) -> None:
    """Read the tables, print the table.

    Raises:
        UserError: the configuration or the study is wrong, or the study is not finished.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments)
    options = arguments.parse_args(argv)
    found = settings(options.study, options.directory)
    tables = finished_tables(FINDINGS, found.results, found.study)
    look = look_level(read_json(found.results / "analysis/look.json"))
    print(summary(tables, view_of(found.study.figures_spec(), look), found.study.name))


if __name__ == "__main__":
    run(main)
