"""What every command shares: parsing `--spec`, and turning a `UserError` into one line.

A rule passes all behavioural settings of its command as one canonical JSON text (`--spec`);
how the command is run (threads, concurrency, paths) comes as separate options. Files that each run has one
of come as one path pattern (`skillift.path_patterns`), with the runs in the spec. A spec that grows with the
number of runs comes on the standard input, one word a line (`@/dev/stdin`): Linux takes no argument above
128 KiB.
"""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar, cast

from skillift.errors import UserError
from skillift.processes.killed_jobs import watch_memory
from skillift.processes.parent_watchdog import exit_with_parent
from skillift.processes.progress import heartbeat
from skillift.redaction import redact

if TYPE_CHECKING:
    from skillift.settings.base import Settings

S = TypeVar("S", bound="Settings")


def json_object(text: str) -> dict:
    """Parse the value of `--spec`; for use as an argparse type.

    Raises:
        argparse.ArgumentTypeError: the text is not a JSON object.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON ({error})") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"a JSON object was expected, found {type(value).__name__}")
    return value


def spec_of(model: type[S] | None) -> Callable[[str], S]:
    """The parser of `--spec` for a step whose settings have that model; for use as an argparse type.

    Without a model it takes no settings.

    It raises a `UserError` with all that is wrong, one line each.
    """

    def spec(text: str) -> S:
        from skillift.settings.base import Settings
        from skillift.settings.reading import read_settings
        from skillift.yaml_sources.source import Source

        read = read_settings(Source("--spec", json_object(text)), model or Settings)
        if read.problems:
            raise UserError("\n".join(line for lines in read.problems.values() for line in lines))
        return cast("S", read.settings)

    return spec


def parser_without_spec(doc: str) -> argparse.ArgumentParser:
    """An argument parser with the command's docstring as its help; `@FILE` stands for its lines."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, fromfile_prefix_chars="@"
    )


def parser(doc: str, spec: type[Settings] | None = None) -> argparse.ArgumentParser:
    """An argument parser with the command's docstring as its help and `--spec` declared.

    Args:
        doc: the docstring.
        spec: the model of the step's settings; left out for a step that has none, and takes `{}`.
    """
    result = parser_without_spec(doc)
    result.add_argument(
        "--spec", type=spec_of(spec), required=True, help="behavioural settings, a JSON object"
    )
    return result


def parser_with_study(doc: str, spec: type[Settings]) -> argparse.ArgumentParser:
    """The same for a command that may take its settings from a study file (`--study`) instead of `--spec`."""
    result = parser_without_spec(doc)
    settings = result.add_mutually_exclusive_group(required=True)
    settings.add_argument("--spec", type=spec_of(spec), help="behavioural settings, a JSON object")
    settings.add_argument("--study", type=Path, help="study file that has them")
    return result


def run(main: Callable[[], None]) -> None:
    """Run a command's `main` as a program: a `UserError` ends it with its text and status 1.

    Started by a workflow, it ends with that (`skillift.processes.parent_watchdog`), and its log is never
    silent for long (`skillift.processes.progress`).
    Keys of the environment are taken out of that text, and out of the traceback of any other error.
    """
    sys.excepthook = _show
    starter = os.environ.get("RUN_BY")
    if starter:
        gc.freeze()  # what imports made
        gc.enable()
        atexit.register(gc.freeze)  # to look for garbage at the end takes as long as some imports
        exit_with_parent(starter)
        if state := os.environ.get("STATE"):
            watch_memory(state)
    try:
        with heartbeat(Path(sys.argv[0]).stem) if starter else nullcontext():
            main()
    except UserError as error:
        print(f"error: {redact(str(error))}", file=sys.stderr)
        sys.exit(1)


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback as Python does, without the secrets that its text may hold; of a stop one line."""
    if issubclass(kind, KeyboardInterrupt):
        place = traceback.extract_tb(trace)[-1:]
        at = "".join(f", in {Path(frame.filename).name} line {frame.lineno}" for frame in place)
        print(f"interrupted{at}", file=sys.stderr)
        return
    text = redact("".join(traceback.format_exception(kind, error, trace)))
    print(text, end="", file=sys.stderr)
    if os.strerror(errno.ENOSPC) in text:  # each library has an error of its own for it
        fix = "Free space there, and run the same again: what is finished is kept."
        print(f"error: the disk is full. {fix}", file=sys.stderr)
