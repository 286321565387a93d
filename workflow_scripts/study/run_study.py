"""Run a study to its report with Snakemake, and say what it found.

    python workflow_scripts/study/run_study.py --study studies/embedded.yaml --cores 2

No rule calls this: it is what `make demo` and `make study` call. Unknown options go to Snakemake,
so `--dry-run` or `--forceall` work. It reads config.yaml and writes what Snakemake writes:
`results/<study>/` with `report.html`, below the project's folder or that of `--directory`.

Whatever ends it (Ctrl-C, SIGTERM, a lost terminal) ends Snakemake and its jobs; the same command goes on from
there.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.findings import findings
from skillift.findings.closing_lines import closing_lines
from skillift.ledger.looks import look_level
from skillift.processes.signals import run_with_signals
from skillift.publication.inputs import finished_tables
from skillift.reporting.registry import FINDINGS
from skillift.reporting.view import view_of
from skillift.running.project_settings import PROJECT, Settings, add_options, settings
from skillift.study.study import Study
from skillift.tables import read_json


def main(argv: list[str] | None = None) -> None:
    """Run Snakemake and print in six lines what the study found, and where to look.

    Ends with status 1 where the study did not finish, and with 128 and the signal's number where one came;
    Snakemake has said why by then.

    Raises:
        UserError: the configuration or the study is wrong.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(arguments, config=True)
    arguments.add_argument("--cores", "-c", help="cores to use, a number or `all` (default: all)")
    arguments.add_argument(
        "--jobs", "-j", help="jobs at once on a cluster; on one machine the same as --cores"
    )
    options, others = arguments.parse_known_args(argv)
    found = settings(options.study, options.directory, options.config, options.configfile)
    start = Path.cwd()
    if run_snakemake(found, options.cores, options.jobs, others):
        study = found.study_from_folder()
        folder = Path(found.config["results"], study.name)
        page = _seen_from(start, folder / "findings.html")
        print("\n" + "\n".join(last_lines(folder, study, page)))


def run_snakemake(found: Settings, cores: str | None, jobs: str | None, others: list[str]) -> bool:
    """Run Snakemake in the working folder, which is the current one from then on.

    Ends the process where Snakemake did not end well, see `main`.

    Args:
        found: where and what is run.
        cores: as Snakemake takes them; None for all.
        jobs: the same, of a cluster; None for one machine.
        others: further options of Snakemake.

    Returns:
        Whether the whole study was run, so that there is a report.
    """
    study = found.study_from_folder()
    found.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(found.folder)
    folder = Path(found.config["results"], study.name)
    command = [sys.executable, "-m", "snakemake"]
    if jobs:
        command += ["--jobs", jobs]
    if cores or not jobs:
        command += ["--cores", cores or str(os.cpu_count())]
    command += others
    if found.folder != PROJECT:
        command += ["--snakefile", str(PROJECT / "Snakefile")]
    if found.files:
        command += ["--configfile", *found.files]
    command += ["--config", *found.changes, f"study={study.path}"]
    whole = not {"-n", "--dry-run", "--dryrun"}.intersection(others) and not _part_alone(others)
    if whole:
        folder.mkdir(parents=True, exist_ok=True)  # Snakemake asks for the report's folder
        command += ["--report", str(folder / "report.html"), "--report-after-run"]
    if sys.stdout.isatty():
        command += ["--logger", "rich"]
    # Snakemake, making the report, warns of a coroutine of its own once for each rule
    status, ended_by = run_with_signals(
        command, os.environ | {"PYTHONWARNINGS": "ignore:coroutine:RuntimeWarning"}
    )
    if status:
        with suppress(OSError):  # not empty, as a rule
            folder.rmdir()
        if ended_by:  # the last word: above it stand tracebacks of the jobs that were under way
            name = signal.Signals(ended_by).name
            print(f"\nEnded by {name}. The same command goes on where it stood.", file=sys.stderr)
        sys.exit(128 + ended_by if ended_by else 1)
    return whole


def _part_alone(others: list[str]) -> bool:
    """Whether Snakemake is asked for a part of the study: a report of it would miss files, and fail."""
    return any(re.match(r"--(until|omit-from)(=|$)|-[UO]", word) for word in others)


def _seen_from(start: Path, path: Path) -> str:
    """A path as the caller of the command can paste it."""
    path = path.resolve()
    return str(path.relative_to(start) if path.is_relative_to(start) else path)


def last_lines(folder: Path, study: Study, page: str) -> list[str]:
    """What the study found, from its finished tables; `page`: the path of its findings."""
    tables = finished_tables(FINDINGS, folder, study)
    view = view_of(study.figures_spec(), look_level(read_json(folder / "analysis/look.json")))
    return closing_lines(findings(tables, view), page)


if __name__ == "__main__":
    run(main)
