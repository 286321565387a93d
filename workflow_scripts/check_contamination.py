"""Stop the study when holdout tasks stand among the train tasks, or nearly.

    python workflow_scripts/check_contamination.py --spec '{}' --tasks tasks.parquet --out pairs.parquet

Writes the (empty) table of pairs; with any pair in it, the command fails and names them.
"""

from __future__ import annotations

from skillift.commands import parser, run
from skillift.contracts.pipeline import CONTAMINATION, TASKS
from skillift.corpus.contamination import find_contamination
from skillift.errors import UserError
from skillift.tables import read_table, write_table

SHOWN = 10


def main(argv: list[str] | None = None) -> None:
    """Read the tasks, look for pairs, write the table or fail.

    Raises:
        UserError: names the pairs of train and holdout tasks.
    """
    arguments = parser(__doc__)
    arguments.add_argument("--tasks", required=True, help="table of tasks")
    arguments.add_argument("--out", required=True, help="table of contaminated pairs to write")
    options = arguments.parse_args(argv)
    pairs = find_contamination(read_table(options.tasks, TASKS))
    if pairs.height:
        lines = [
            f"  train task {train} and holdout task {holdout}: {kind.replace('_', ' ')} ({overlap:.0%})"
            for train, holdout, kind, overlap in pairs.head(SHOWN).iter_rows()
        ]
        if pairs.height > SHOWN:
            lines.append(f"  and {pairs.height - SHOWN} more")
        raise UserError(
            f"{options.tasks}: found {pairs.height} pair(s) of a train and a holdout task that are the same, "
            "expected none: a student would be asked what it was taught. "
            "Take one task of each pair out of its suite.\n" + "\n".join(lines)
        )
    write_table(pairs, options.out, CONTAMINATION)


if __name__ == "__main__":
    run(main)
