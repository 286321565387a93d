"""Copies of the project to run Snakemake in, and what a dry run says that it would do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("Snakefile", "config.yaml", "rules", "envs", "profiles", "studies", "workflow_scripts")


def copy_project(target: Path) -> Path:
    """Copy what a run needs (not the results) to `target`, time stamps included."""
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / part)
    return target


def copy_finished(source: Path, target: Path) -> None:
    """Copy a project with its results and what Snakemake knows of them; its own logs come and go."""
    ignore = shutil.ignore_patterns("__pycache__", "log", "locks")
    shutil.copytree(source, target, symlinks=True, ignore=ignore)


def snakemake(folder: Path, *options: str, study: str = "studies/smoke.yaml", timeout: int = 900):
    """Run Snakemake in a project folder on two cores; returns the completed process with its text."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
    if study:
        command += ["--config", f"study={study}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def planned_jobs(folder: Path, **options) -> set[str]:
    """The jobs that a plain run would do now, each as `rule` or `rule wildcard wildcard ...`.

    Wildcard values stand in the order of their names in the rule's first output.
    """
    finished = snakemake(folder, "--dry-run", **options)
    assert finished.returncode == 0, finished.stdout
    jobs = set()
    for block in re.split(r"\n(?=(?:local)?(?:rule|checkpoint) \w+:\n)", finished.stdout)[1:]:
        rule = re.match(r"(?:local)?(?:rule|checkpoint) (\w+):", block).group(1)
        wildcards = re.search(r"^ +wildcards: (.*)$", block, re.MULTILINE)
        values = [pair.split("=", 1)[1] for pair in wildcards.group(1).split(", ")] if wildcards else []
        jobs.add(" ".join([rule, *values]))
    return jobs


def replace_in(path: Path, old: str, new: str, count: int = 1) -> None:
    """Replace `old`, which must stand `count` times in the file, by `new`."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == count, f"{path} holds {old!r} {text.count(old)} times, not {count}"
    path.write_text(text.replace(old, new), encoding="utf-8")
