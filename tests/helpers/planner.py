"""Dry runs and audits as forks of a process that has imported Snakemake: one second each, not three.

`python planner.py <options of Snakemake>` prints what a dry run prints, and after that the audit's record.
Both are made in one process, in which the code of the project that it runs in is read once.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from preloaded import program

STUDY = ("--config", "study=studies/smoke.yaml")
RECORD = "--- the audit's record ---\n"


def plans(folder: Path, *options: str, again: bool = False) -> tuple[set[str], dict]:
    """What a plain run would do now: jobs by Snakemake's dry run, and the audit's record.

    Args:
        again: as in `preloaded.program`: a third of the time where only the study changes.
    """
    done = program(folder, __file__, *(options or STUDY), again=again)
    assert done.returncode == 0, done.stdout + done.stderr
    printed, record = done.stdout.split(RECORD)
    return jobs_in(printed), json.loads(record)


def main(options: list[str]) -> None:
    """Plan with Snakemake alone, then with the audit, in the working folder."""
    from snakemake import cli

    try:
        cli.main(["--cores", "2", "--dry-run", *options])
    except SystemExit as ended:
        if ended.code:
            raise
    sys.path.insert(0, str(Path("workflow_scripts").resolve()))
    from audit.audit import audited

    record = audited(options, 2, {}).as_record()
    print(RECORD, end="")
    json.dump(record, sys.stdout)


def jobs_in(printed: str) -> set[str]:
    """The jobs of a dry run's text, each as `rule` or `rule wildcard wildcard ...`.

    Wildcard values stand in the order of their names in the first output. Jobs of a group are indented.
    """
    jobs = set()
    for block in re.split(r"\n(?= *(?:local)?(?:rule|checkpoint) \w+:\n)", printed)[1:]:
        rule = re.match(r" *(?:local)?(?:rule|checkpoint) (\w+):", block).group(1)
        wildcards = re.search(r"^ +wildcards: (.*)$", block, re.MULTILINE)
        values = [pair.split("=", 1)[1] for pair in wildcards.group(1).split(", ")] if wildcards else []
        jobs.add(" ".join([rule, *values]))
    return jobs


if __name__ == "__main__":
    main(sys.argv[1:])
