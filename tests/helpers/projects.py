"""Copies of the project to run Snakemake in, and what a dry run says that it would do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from planner import jobs_in
from preloaded import program

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    *("Snakefile", "config.yaml", "rules", "envs", "profiles", "studies", "workflow_scripts", "README.md"),
    "CITATION.cff",
)


def commands() -> list[Path]:
    """Every command, sorted."""
    scripts = ROOT / "workflow_scripts"
    library = {scripts / name for name in ("skillift", "snakemake_inside")}
    return sorted(path for path in scripts.glob("*/*.py") if path.parent not in library)


def copy_project(target: Path) -> Path:
    """Copy what a run needs (not the results) to `target`, time stamps included."""
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part)  # with what Python and `module_code` keep beside the code
        else:
            shutil.copy2(source, target / part)
    return target


def copy_finished(source: Path, target: Path) -> None:
    """Copy a project with its results and what Snakemake knows of them; its own logs come and go."""
    ignore = shutil.ignore_patterns("log", "locks")
    shutil.copytree(source, target, symlinks=True, ignore=ignore)


def link_finished(source: Path, target: Path) -> None:
    """The same for plans alone, in no time: results and Snakemake's records are links to those of the source.

    Who edits a result must replace it (`edits.touch`): writing into it would change the source.
    """
    linked = {source / "results", source / ".snakemake/metadata"}

    def copy(original: str, copied: str) -> None:
        within = any(Path(original).is_relative_to(folder) for folder in linked)
        (os.link if within else shutil.copy2)(original, copied)

    ignore = shutil.ignore_patterns("log", "locks", "iocache")
    shutil.copytree(source, target, symlinks=True, ignore=ignore, copy_function=copy)


def snakemake(folder: Path, *options: str, study: str = "studies/smoke.yaml", timeout: int = 900):
    """Run Snakemake in a project folder on two cores; returns the completed process with its text."""
    return subprocess.run(
        [sys.executable, *_command(options, study)],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def started_snakemake(folder: Path, *options: str, study: str = "studies/smoke.yaml"):
    """The same, 2 s sooner, as a fork of a process that has imported Snakemake: for plans and short runs."""
    return program(folder, *_command(options, study), env=_environment(), together=True)


def dry_run(folder: Path, *options: str, **study: str):
    """What a run would do, in Snakemake's words."""
    return started_snakemake(folder, "--dry-run", *options, **study)


def _command(options: tuple[str, ...], study: str) -> list[str]:
    return ["-m", "snakemake", "--cores", "2", *options, *(["--config", f"study={study}"] if study else [])]


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def planned_jobs(folder: Path, **options) -> set[str]:
    """The jobs that a plain run would do now, as `planner.jobs_in` names them."""
    finished = dry_run(folder, **options)
    assert finished.returncode == 0, finished.stdout
    return jobs_in(finished.stdout)


def replace_in(path: Path, old: str, new: str, count: int = 1) -> None:
    """Replace `old`, which must stand `count` times in the file, by `new`."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == count, f"{path} holds {old!r} {text.count(old)} times, not {count}"
    path.write_text(text.replace(old, new), encoding="utf-8")
