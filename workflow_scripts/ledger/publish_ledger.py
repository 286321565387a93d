r"""Copy a study's ledger to its results, for its pages and for whoever gets them.

    python workflow_scripts/ledger/publish_ledger.py --ledger .skillift/embedded/ledger.jsonl \
        --out results/embedded/analysis/ledger.jsonl

A damaged ledger is refused.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser_without_spec, run
from skillift.errors import UserError, problem
from skillift.ledger.entries import read_ledger
from skillift.tables import atomic_path


def main(argv: list[str] | None = None) -> None:
    """Check the ledger, copy it."""
    arguments = parser_without_spec(__doc__)
    arguments.add_argument("--ledger", type=Path, required=True, help="the study's ledger, JSON lines")
    arguments.add_argument("--out", type=Path, required=True, help="the copy to write")
    options = arguments.parse_args(argv)
    read_ledger(options.ledger)
    if not options.ledger.exists():
        raise UserError(problem(str(options.ledger), "no file", "the ledger of a study that was looked at"))
    with atomic_path(options.out) as temporary:
        shutil.copyfile(options.ledger, temporary)


if __name__ == "__main__":
    run(main)
