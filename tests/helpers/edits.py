"""What an edit is, and ways to make one in a copy of the project."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from projects import replace_in


@dataclass(frozen=True)
class Edit:
    """An edit and the exact jobs that must rerun after it.

    Attributes:
        name: in words, for the table of docs/how-to/audit.md.
        make: makes it in the project folder it gets.
        reruns: the jobs, as `rerun_sets` names them.
        why: reasons that the audit must give, by rule.
    """

    name: str
    make: Callable[[Path], None]
    reruns: frozenset[str] | set[str]
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name as the id of a test."""
        return "".join(letter if letter.isalnum() else "_" for letter in self.name)


def study(folder: Path) -> Path:
    """The study file."""
    return folder / "studies/smoke.yaml"


def replace(file: str, old: str, new: str, count: int = 1) -> Callable[[Path], None]:
    """Replace `old`, which must stand `count` times in the file."""
    return lambda folder: replace_in(folder / file, old, new, count)


def in_study(old: str, new: str, count: int = 1) -> Callable[[Path], None]:
    """The same in the study file."""
    return replace("studies/smoke.yaml", old, new, count)


def append(file: str, text: str) -> Callable[[Path], None]:
    """Write `text` at the end of a file, which must be there."""

    def make(folder: Path) -> None:
        with (folder / file).open("r+", encoding="utf-8") as opened:
            opened.seek(0, os.SEEK_END)
            opened.write(text)

    return make


def both(*edits: Callable[[Path], None]) -> Callable[[Path], None]:
    """One edit after the other."""

    def make(folder: Path) -> None:
        for edit in edits:
            edit(folder)

    return make


def change_function(module: str, name: str) -> Callable[[Path], None]:
    """Give a function of the library one more statement, which changes what it is and not what it does."""

    def make(folder: Path) -> None:
        path = folder / f"workflow_scripts/{module.replace('.', '/')}.py"
        text = path.read_text(encoding="utf-8")
        (function,) = (
            node
            for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        )
        first = function.body[1] if ast.get_docstring(function) else function.body[0]
        lines = text.splitlines(keepends=True)
        lines.insert(first.lineno - 1, f"{' ' * first.col_offset}_edited = True\n")
        path.write_text("".join(lines), encoding="utf-8")

    return make


def reformat(module: str) -> Callable[[Path], None]:
    """Write a module as Python itself would: other layout, other quotes, no comments."""

    def make(folder: Path) -> None:
        path = folder / f"workflow_scripts/{module.replace('.', '/')}.py"
        path.write_text(ast.unparse(ast.parse(path.read_text(encoding="utf-8"))), encoding="utf-8")

    return make


def delete(path: str) -> Callable[[Path], None]:
    """Delete a file or a folder."""

    def make(folder: Path) -> None:
        target = folder / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    return make


def touch(path: str) -> Callable[[Path], None]:
    """Give a result the time of now, and leave what is in it."""

    def make(folder: Path) -> None:
        target = folder / path
        copy = target.with_suffix(".copy")  # the copied project's results are links to those of the original
        shutil.copy2(target, copy)
        os.utime(copy)
        copy.replace(target)

    return make


def touch_everything(folder: Path) -> None:
    """Give every file but the results the time of now."""
    for path in folder.rglob("*"):
        if path.is_file() and not {".snakemake", "results"}.intersection(path.parts):
            os.utime(path)
