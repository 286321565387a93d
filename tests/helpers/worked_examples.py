"""The worked examples of docs/how-to/extending.md, added to copies of the project as the page says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from subprocess import CompletedProcess

from preloaded import program
from projects import ROOT, copy_project, replace_in

_FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)```\n", re.MULTILINE | re.DOTALL)
_ADDITION = re.compile(r"^To `([\w/.]+)`, add:\n\n```\w+\n(.*?)```\n", re.MULTILINE | re.DOTALL)
_CHANGE = re.compile(r"^In `([\w/.]+)`, replace `(.*?)` by `(.*?)`\.\n", re.MULTILINE)


def project_with(heading: str, target: Path, parts: Iterable[str] = ()) -> tuple[Path, set[str]]:
    """A copy of the project with one example added, and the files that this touches.

    Args:
        heading: that of the example on the page.
        target: the folder to make.
        parts: what the copy has besides what a run needs, such as `docs`.
    """
    folder = copy_project(target)
    for part in (*parts, ".pytest.ini"):
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy2)(ROOT / part, folder / part)
    return folder, add_example(heading, folder)


def add_example(heading: str, folder: Path) -> set[str]:
    """Add the example under that heading to a copy of the project; the files that this touches."""
    page = (ROOT / "docs/how-to/extending.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    changes, files = _CHANGE.findall(section), _FILE.findall(section)
    additions = _ADDITION.findall(section)
    for name, old, new in changes:
        replace_in(folder / name, old, new)
    for name, text in additions:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n\n{text}")
    for name, text in files:
        assert not (folder / name).exists()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {name for name, *_ in (*changes, *additions, *files)}


def files_said(what: str) -> int:
    """How many files the page says that adding a thing takes."""
    page = (ROOT / "docs/how-to/extending.md").read_text(encoding="utf-8")
    return int(re.search(rf"^\| {what}[^|]* \| (\d) \|", page, re.MULTILINE)[1])


def run_tests(folder: Path, *options: str) -> CompletedProcess:
    """Run tests of a copy, with its own library; heavy ones have a process of their own from there."""
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *options)
    path = {"PYTHONPATH": str(folder / "workflow_scripts")}
    return program(folder, *command, env={**os.environ, **path}, together=True)


def command(folder: Path, name: str, *options: str) -> tuple[int, str]:
    """Run a command of a copy; the status that it ends with, and what it prints."""
    done = program(folder, folder / "workflow_scripts" / name, *options, together=True)
    return done.returncode, done.stdout
