r"""Stop the study when tasks that are asked stand among the train tasks, or nearly.

    python workflow_scripts/tasks/check_contamination.py --spec '{}' --tasks tasks/*.parquet \
        --out pairs.parquet

Writes the (empty) table of pairs; with any pair in it, the command fails and names them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import CONTAMINATION, TASKS
from skillift.corpus.contamination import find_contamination, in_words
from skillift.errors import UserError
from skillift.tables import write_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read the tasks, look for pairs, write the table or fail.

    Raises:
        UserError: names the pairs of a train task and one of another suite.
    """
    arguments = parser(__doc__)
    arguments.add_argument(
        "--tasks", nargs="+", required=True, help="tables of tasks, of train and every suite that is asked"
    )
    arguments.add_argument("--out", required=True, help="table of contaminated pairs to write")
    options = arguments.parse_args(argv)
    pairs = find_contamination(read_suites(options.tasks, TASKS))
    if wrong := in_words(pairs, ", ".join(options.tasks)):
        raise UserError(wrong)
    write_table(pairs, options.out, CONTAMINATION)


if __name__ == "__main__":
    run(main)
