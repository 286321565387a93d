r"""Say what a run would rebuild, why, and what it would cost, before anything runs.

    python workflow_scripts/audit/audit.py
    python workflow_scripts/audit/audit.py --study studies/mine.yaml --html audit.html

The plan is Snakemake's own: unknown options go to it, so `--forceall`, `--profile` or a target work. For
each rule it prints how many jobs would run and the reason in words, what is reused, minutes, device hours,
calls over APIs and USD, with where these numbers come from: this study's benchmarks and tables, else declared
rates and prices, else `unknown`. `--json` prints all of it as JSON, `--html` writes a page;
docs/how-to/audit.md describes both.

No rule calls this. It writes nothing but that page, makes no call, and needs no key and no GPU.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.errors import UserError, problem
from skillift.running.project_settings import add_options, settings

if TYPE_CHECKING:
    from skillift.audit.audit import Audit

REPOSITORY = Path(__file__).resolve().parents[2]


def main(argv: list[str] | None = None) -> None:
    """Plan, and print or write the audit.

    Raises:
        UserError: Snakemake cannot plan or is of an untested version, or a file that costs are counted from
            cannot be read.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    arguments.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments.add_argument("--html", type=Path, metavar="FILE", help="write the page, too")
    arguments.add_argument("--cores", type=_cores, default=os.cpu_count(), help="cores to use (default: all)")
    arguments.add_argument(
        "--minutes",
        type=_rate,
        action="append",
        default=[],
        metavar="RULE=MINUTES",
        help="minutes of one job of a rule, for jobs that no benchmark tells of; may be given several times",
    )
    add_options(arguments, config=True)
    options, others = arguments.parse_known_args(argv)
    html = options.html and options.html.absolute()
    found = settings(options.study, options.directory, options.config)
    others += ["--config", *found.changes, f"study={found.study_from_folder().path}"]
    if found.folder != REPOSITORY:
        others += ["--snakefile", str(REPOSITORY / "Snakefile")]
    os.chdir(found.folder)
    audit = audited(others, options.cores, dict(options.minutes))
    if html:
        from skillift.audit.audit_page import write_page

        write_page(audit, html, REPOSITORY / "workflow_scripts/assets/pages")
    if options.json:
        json.dump(audit.as_record(), sys.stdout, indent=1)
        print()
    else:
        _print(audit)


def audited(options: list[str], cores: int, minutes: dict[str, float]) -> Audit:
    """The audit of a run with these options of Snakemake, in the working folder."""
    from skillift.audit.audit import Audit
    from skillift.audit.code_notes import NotedCode
    from snakemake_inside.plan import read_plan

    planned = read_plan(["--cores", str(cores), *options])
    declared = {rule: 60 * each for rule, each in minutes.items()}
    if unknown := sorted(set(declared) - {job.rule for job in planned.plan.jobs}):
        raise UserError(problem("--minutes", unknown, "rules of the plan"))
    answers = planned.state / "answers.sqlite"
    return Audit(planned.plan, planned.study, cores, answers, NotedCode(planned.state / "code"), declared)


def _print(audit: Audit) -> None:
    from rich.console import Console

    from skillift.audit.audit_text import headline, notes, rows

    console = Console(highlight=False, markup=False)
    console.print(headline(audit))
    if audit.groups:
        console.print(rows(audit))
    for note in notes(audit):
        console.print(note)


def _cores(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 1")
    return int(text)


def _rate(text: str) -> tuple[str, float]:
    rule, _, number = text.partition("=")
    try:
        minutes = float(number)
    except ValueError:
        minutes = -1.0
    if not rule or not 0 <= minutes < float("inf"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected RULE=MINUTES")
    return rule, minutes


if __name__ == "__main__":
    # A plan of thousands of jobs lives as long as this process: to look through it for garbage, and to take
    # it apart at the end, would be a quarter of the time.
    gc.disable()
    run(main)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
