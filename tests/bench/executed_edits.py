"""Run what the audit predicts, for every edit: `python tests/bench/executed_edits.py`.

python tests/bench/executed_edits.py --edits figure label

Runs the smoke study once, then makes each edit (or those whose names hold one of the words; with `--rows`
one for each row of docs/how-to/audit.md's table; with `--at-most` those that rerun no more jobs) in a copy
of it, audits the copy and runs it. Prints for each edit how many jobs were predicted and whether a run did
these and no others, and the minutes that were predicted and that it took. The row `all of it` is the whole
study again. With all edits this takes hours on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

from planner import STUDY, jobs_in, plans  # noqa: E402
from projects import copy_finished, copy_project, snakemake  # noqa: E402
from rerun_table import EDITS, alike  # noqa: E402


def executed(
    finished: Path, folder: Path, edit: Callable[[Path], None], *options: str
) -> tuple[int, bool, float, float]:
    """Jobs predicted, whether a run did them and no others, minutes predicted, minutes that it took.

    Raises:
        SystemExit: the run failed.
    """
    copy_finished(finished, folder)
    edit(folder)
    _, audit = plans(folder, *options, *STUDY)
    predicted = {job["job"] for job in audit["jobs"] if job["fate"] != "reused"}
    start = time.monotonic()
    ran = snakemake(folder, *options)
    if ran.returncode:
        raise SystemExit(ran.stdout[-3000:])
    minutes = (time.monotonic() - start) / 60
    return len(predicted), jobs_in(ran.stdout) == predicted, audit["costs"]["wall_minutes"], minutes


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edits", nargs="*", default=[""], help="words in the names of edits (default: all)")
    parser.add_argument(
        "--rows", action="store_true", help="one edit for each row of docs/how-to/audit.md's table"
    )
    parser.add_argument("--at-most", type=int, default=1000, metavar="JOBS", help="leave out larger edits")
    options = parser.parse_args()
    chosen = [row[0] for row in alike(EDITS)] if options.rows else EDITS
    named = [edit for edit in chosen if any(word in edit.name for word in options.edits)]
    named = [edit for edit in named if len(edit.reruns) <= options.at_most]
    edits = [(edit.name, edit.make, ()) for edit in named]
    edits.append(("all of it", lambda folder: None, ("--forceall",)))
    print("| edit | jobs predicted | the same were done | minutes predicted | taken |\n|---|--:|---|--:|--:|")
    with tempfile.TemporaryDirectory(prefix="skillift-edits-") as temporary:
        finished = copy_project(Path(temporary, "finished"))
        first = snakemake(finished)
        if first.returncode:
            raise SystemExit(first.stdout[-3000:])
        for number, (name, make, options) in enumerate(edits):
            jobs, same, predicted, taken = executed(finished, Path(temporary, str(number)), make, *options)
            row = f"| {name} | {jobs} | {'yes' if same else 'NO'} | {predicted:.1f} | {taken:.1f} |"
            print(row, flush=True)


if __name__ == "__main__":
    main()
