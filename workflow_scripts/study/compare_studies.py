r"""Set an effect of several finished studies side by side, as Markdown.

    python workflow_scripts/study/compare_studies.py --studies studies/a.yaml studies/b.yaml \
        --contrast gain:none

Studies that asked the same tasks are compared task by task, for students and recipes of the same names. Five
or more studies without a shared task get a random-effects mean; of fewer it is said whether they agree. No
rule calls this: it is what `make compare` calls. It reads the results of the studies and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.contracts.analysis import EFFECTS
from skillift.contracts.pipeline import SCORES, TASKS
from skillift.errors import UserError, problem
from skillift.ledger.looks import look_level
from skillift.protocols import of_protocol
from skillift.reporting.across_studies import comparison_text
from skillift.reporting.view import HOLDOUT, View, view_of
from skillift.running.project_settings import DIRECTORY_HELP, settings
from skillift.statistics.across_studies import Finished
from skillift.tables import read_json, read_table
from skillift.tasks.suites import files_of_suites, read_suites


def main(argv: list[str] | None = None) -> None:
    """Read the studies' tables, print the comparison.

    Raises:
        UserError: a study is wrong or not finished, or does not have the contrast.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--studies", nargs="+", required=True, help="study files")
    arguments.add_argument("--contrast", default="lift:curated-none", help="as in the table of effects")
    arguments.add_argument("--directory", help=DIRECTORY_HELP)
    options = arguments.parse_args(argv)
    if len(set(options.studies)) < 2:
        raise UserError(problem("--studies", " ".join(options.studies), "two studies or more"))
    found = [finished(path, options.directory) for path in options.studies]
    names = [name for name, *_ in found]
    if len(set(names)) < len(names):
        raise UserError(problem("--studies", ", ".join(names), "studies of different names"))
    studies = {name: study for name, study, _ in found}
    views = {name: view for name, _, view in found}
    print(comparison_text(studies, views, options.contrast), end="")


def finished(path: str, directory: str | None) -> tuple[str, Finished, View]:
    """A finished study by its file, with its name and how its results are shown."""
    known = settings(path, directory)
    results, spec = Path(known.results), known.study.figures_spec()
    analysis = spec.analysis
    study = Finished(
        analysis.headline_path,
        analysis.suite or HOLDOUT,
        read_suites(files_of_suites(results, "tasks"), TASKS),
        of_protocol(read_table(results / "scores.parquet", SCORES)),
        of_protocol(read_table(results / "analysis/effects.parquet", EFFECTS)),
        spec.runs,
    )
    look = (
        results / "analysis/look.json"
    )  # of a study that was analysed before looks were counted there is none
    return known.study.name, study, view_of(spec, look_level(read_json(look)) if look.exists() else None)


if __name__ == "__main__":
    run(main)
