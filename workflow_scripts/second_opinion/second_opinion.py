"""Set the intervals of a hierarchical Bayesian logit beside the clustered t intervals of a finished study.

    python workflow_scripts/second_opinion/second_opinion.py --study studies/embedded.yaml

No rule calls this, and no claim rests on it: it is what `make second-opinion` calls once it has installed
the sampler (numpyro) into an environment of its own. It reads scores, tasks and claims of the study, and
writes `second_opinion.parquet`, `.csv` (all rows, fractions) and `.html` into `--out`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.running.project_settings import PROJECT, add_options, settings

PYTHON = PROJECT / ".venv-second-opinion/bin/python"


def main(argv: list[str] | None = None) -> None:
    """Read the tables, sample, write the comparison, print what it comes to.

    Raises:
        UserError: the sampler is not installed, the study is wrong or not finished, or has no such path.
    """
    options = _parser().parse_args(argv)
    found = settings(options.study, options.directory)

    from skillift.second_opinion.sampling import check_set, posteriors

    check_set(options.python)
    from skillift.contracts.pipeline import SCORES, TASKS
    from skillift.contracts.second_opinion import SECOND_OPINION
    from skillift.errors import UserError, problem
    from skillift.ledger.looks import look_level
    from skillift.protocols import of_protocol
    from skillift.publication.inputs import finished_tables
    from skillift.publication.table_page import to_html
    from skillift.reporting.view import view_of
    from skillift.second_opinion.comparison import agreement, comparison
    from skillift.second_opinion.opinion_arms import data_by_path
    from skillift.second_opinion.opinion_page import page
    from skillift.tables import atomic_path, read_json, read_table, write_table
    from skillift.tasks.suites import files_of_suites, read_suites

    claims = finished_tables(["claims"], found.results, found.study)["claims"]
    # intervals are at the level of this look, as those of the claims
    spec = found.study.figures_spec()
    view = view_of(spec, look_level(read_json(found.results / "analysis/look.json")))
    scores = of_protocol(read_table(found.results / "scores.parquet", SCORES))
    tasks = read_suites(files_of_suites(found.results, "tasks"), TASKS)
    paths = data_by_path(scores, tasks, spec.runs, view.suite)
    if unknown := sorted(set(options.path) - set(paths)):
        raise UserError(problem("--path", unknown, f"scoring paths of the study: {', '.join(paths)}"))
    chosen = {path: data for path, data in paths.items() if not options.path or path in options.path}
    sampled = posteriors(chosen, options.python, found.study.data["analysis"]["seed"], view.confidence)
    table = comparison(claims, sampled, view.suite)

    folder = options.out or found.results / "second_opinion"
    write_table(table, folder / "second_opinion.parquet", SECOND_OPINION)
    with atomic_path(folder / "second_opinion.csv") as temporary:
        table.write_csv(temporary)
    with atomic_path(folder / "second_opinion.html") as temporary:
        temporary.write_text(to_html([page(table, view)], "second_opinion"), encoding="utf-8")
    for reason, rows in table.filter(table["reason"] != "").group_by("reason", maintain_order=True):
        print(f"No interval in {rows.height} of {table.height} rows: {reason[0]}.")
    print(f"{agreement(table)}\nWritten: {folder / 'second_opinion.html'}, .csv and .parquet beside it")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--path", nargs="+", default=[], help="scoring paths to do (default: all)")
    parser.add_argument(
        "--python",
        type=Path,
        default=PYTHON,
        help="Python with the set envs/second-opinion.txt (default: what `make second-opinion` made)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the files (default: results/<study>/second_opinion)"
    )
    return parser


if __name__ == "__main__":
    run(main)
