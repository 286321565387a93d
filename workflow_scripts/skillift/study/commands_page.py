"""The reference page of all commands, made from their docstrings and argument parsers.

The commands are the files of `workflow_scripts/<stage>/`. Each is loaded, and its `main` is called until it
parses its arguments: no command does anything before.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import patch

_INTRODUCTION = """\
# Commands

Made by `python workflow_scripts/study/document_study.py` from the commands' docstrings and options; do not
edit by hand.

A command is called from the project's folder with the Python of `.venv`, such as
`.venv/bin/python workflow_scripts/findings/summarise.py --study studies/embedded.yaml`; `make help` lists the
shorter names of those that are called most. Paths are seen from the folder that you are in.
"""
_NO_RULE = "No rule calls this."
_NO_COMMANDS = ("skillift", "snakemake_inside")  # the library, and what knows Snakemake
_PARSES = re.compile(r"\.parse_(known_)?args\(")
_PARTS = {
    "Commands for you": "No rule calls these.",
    "Commands of rules": "The workflow calls these, one for each job; `snakemake -np` shows the lines.",
}


class _AskedError(Exception):
    """Carries the parser out of a command's `main`."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def commands_page(scripts: Path) -> str:
    """The reference page of all commands with their options, as Markdown, from their own parsers.

    Args:
        scripts: the folder `workflow_scripts`.
    """
    parsers = {path.relative_to(scripts): parser_of(path) for path in command_files(scripts)}
    parts = [_INTRODUCTION]
    for heading, said in _PARTS.items():
        parts.append(f"## {heading}\n\n{said}\n")
        for path, parser in parsers.items():
            if (_NO_RULE in (parser.description or "")) == (heading == "Commands for you"):
                parts.append(_command(path, parser, scripts.parent))
    return "\n".join(parts)


def command_files(scripts: Path) -> list[Path]:
    """The files of all commands below `workflow_scripts` that have options, by name."""
    found = (path for path in scripts.glob("*/*.py") if path.parent.name not in _NO_COMMANDS)
    return sorted(
        (path for path in found if _PARSES.search(path.read_text(encoding="utf-8"))),
        key=lambda path: path.name,
    )


def parser_of(path: Path) -> argparse.ArgumentParser:
    """The argument parser of a command, without anything else of it being done.

    Raises:
        TypeError: its `main` ended without having parsed its arguments.
    """
    spec = importlib.util.spec_from_file_location(f"command_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise TypeError(f"{path}: no module")
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
        with patch.object(argparse.ArgumentParser, "parse_known_args", _ask):
            module.main([])
    except _AskedError as asked:
        return asked.parser
    finally:
        sys.path[:] = before  # a command adds the folder of the library
    raise TypeError(f"{path}: main() parses no arguments")


def _ask(parser: argparse.ArgumentParser, *_: object) -> None:
    raise _AskedError(parser)


def _command(path: Path, parser: argparse.ArgumentParser, root: Path) -> str:
    lines = [f"### `{path.name}`\n", f"`workflow_scripts/{path}`\n"]
    lines += [f"{text}\n" for text in _paragraphs(parser.description or "")]
    rows = [_row(action, root) for action in parser._actions if action.dest != "help"]
    if rows:
        lines.append("| option | default | meaning |\n| --- | --- | --- |\n" + "".join(rows))
    return "\n".join(lines)


def _paragraphs(description: str) -> Iterator[str]:
    """The paragraphs of a docstring as Markdown; calls become blocks of code."""
    for paragraph in re.split(r"\n[ \t]*\n", description.strip()):
        call = textwrap.dedent(paragraph).strip()
        if call == _NO_RULE:
            continue
        if re.match(r"(\.venv/bin/)?(python|snakemake|make) ", call):
            yield f"```sh\n{call}\n```"
        elif paragraph.startswith((" ", "- ")):
            yield paragraph
        else:
            yield " ".join(paragraph.replace(_NO_RULE, "").split())


def _row(action: argparse.Action, root: Path) -> str:
    names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.dest}`"
    if action.choices is not None:
        names += f": {_listed(action.choices)}"
    elif action.nargs in ("+", "*"):
        names += " (one or more)" if action.nargs == "+" else " (any number)"
    meaning = (
        " ".join(str(action.help or "").split()).replace(" (default: %(default)s)", "").replace("%%", "%")
    )
    told = "(default: " in meaning  # in words, such as a number of cores that is the machine's
    default = "required" if action.required else "" if told else _default(action.default, root)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (names, default, meaning)) + " |\n"


def _listed(values: Iterable) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _default(value: object, root: Path) -> str:
    """A default as text; nothing where an option is simply left out."""
    if value is None or value is False or value is argparse.SUPPRESS or value in ([], ()):
        return ""
    if isinstance(value, Path) and value.is_absolute():
        return f"`{value.relative_to(root)}`" if value.is_relative_to(root) else f"`{value.name}`"
    if isinstance(value, (list, tuple)):
        return _listed(value)
    return f"`{value}`"
