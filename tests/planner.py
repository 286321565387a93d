"""Dry runs and audits in processes that have Snakemake loaded already: a plan takes one second and not three.

Each plan has a process of its own, forked from one that has imported Snakemake and nothing of the project, so
it runs the code of the copied project that it is given.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

STUDY = ("--config", "study=studies/smoke.yaml")


def planner() -> ProcessPoolExecutor:
    """A pool of one process for each plan; use it as a context manager."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["snakemake.cli", "snakemake.workflow", "snakemake.api", "jsonschema", "rich"]
    )
    return ProcessPoolExecutor(max_workers=1, mp_context=context, max_tasks_per_child=1)


def plans(folder: Path, *options: str) -> tuple[set[str], dict]:
    """What a plain run would do now: jobs by Snakemake's dry run, and the audit's record."""
    scripts = str(folder / "workflow_scripts")
    # a program's own imports come along, of the project that it belongs to
    for name in [name for name in sys.modules if name.split(".")[0] in ("skillift", "snakemake_inside")]:
        del sys.modules[name]
    sys.path[:] = [scripts, *(entry for entry in sys.path if not entry.endswith("workflow_scripts"))]
    os.chdir(folder)
    printed = _printed("--dry-run", *(options or STUDY))
    from audit import audited

    return jobs_in(printed), audited(list(options or STUDY), 2, {}).as_record()


def _printed(*options: str) -> str:
    """What Snakemake prints."""
    from snakemake.cli import main

    streams = (1, 2)
    before = [os.dup(stream) for stream in streams]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        for stream in streams:
            os.dup2(file.fileno(), stream)
        try:
            status = _status(main, ["--cores", "2", *options])
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, kept in zip(streams, before, strict=True):
                os.dup2(kept, stream)
        file.seek(0)
        text = file.read()
    assert status == 0, text
    return text


def _status(main, options: list[str]) -> int:
    try:
        main(options)
    except SystemExit as ended:
        return ended.code or 0
    return 0


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
