"""A process that has imported Snakemake and nothing of the project, and forks of it that are any program.

Snakemake's imports take longer than a plan. `program` runs a Python program in such a fork, as its command
line would: with the same arguments, environment, working folder and module search path.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

# what a plan imports, in an order without circles
IMPORTED = (
    *("snakemake.cli", "snakemake.storage", "smart_open", "filelock", "graphlib", "jinja2.meta"),
    *("pydantic", "packaging.version", "polars", "pandera.polars"),
)


def program(
    folder: Path,
    *command: str | Path,
    env: dict[str, str] | None = None,
    together: bool = False,
    again: bool = False,
) -> subprocess.CompletedProcess:
    """Run `python -B <command>` in a folder: a file and its options, or `-m`, a module and its options.

    Args:
        folder: the working folder.
        env: the environment; by default that of this process.
        together: what it prints as errors comes with what else it prints.
        again: fork from a process that has run the same command in the same folder already. It still knows
            what it imported and remembered then: for folders whose code stays as it is.

    Raises:
        RuntimeError: the process to fork from has ended.
    """
    asked = (str(folder), *(str(part) for part in command))
    server = _server(*asked) if again else _server()
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary, "out"), Path(temporary, "out" if together else "err")]
        server.stdin.write(_request(asked, files, os.environ if env is None else env) + "\n")
        server.stdin.flush()
        try:
            status = server.stdout.readline()
        except BaseException:  # a test that took too long: its answer is not the next one's
            server.kill()
            _server.cache_clear()
            raise
        if not status:
            raise RuntimeError(f"the process to fork from has ended (status {server.wait()})")
        out, err = (file.read_text(encoding="utf-8") for file in files)
    return subprocess.CompletedProcess(
        [sys.executable, "-B", *command], int(status), out, None if together else err
    )


def _request(asked: Sequence[str], files: list[Path], env: Mapping[str, str]) -> str:
    folder, *command = asked
    return json.dumps([folder, command, [str(file) for file in files], dict(env)])


@cache
def _server(*first: str) -> subprocess.Popen:
    """The process to fork from; `first`: in which folder it has run which command before, if it has."""
    nowhere = [Path(os.devnull)] * 2
    server = subprocess.Popen(
        [sys.executable, "-B", __file__, *([_request(first, nowhere, os.environ)] if first else [])],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)  # it ends with its standard input
    return server


def _serve(first: str | None = None) -> None:
    """Fork for each request on the standard input, one a line; print how that process ended."""
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("snakemake.cli").get_argument_parser()  # this imports its plugins
    if first:
        kept = [os.dup(stream) for stream in range(3)]
        _become(*json.loads(first))
        for stream, copy in enumerate(kept):
            os.dup2(copy, stream)
            os.close(copy)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = _become(*json.loads(line))
            atexit._run_exitfuncs()
            os._exit(status)  # to take apart all that was imported would be a quarter of a plan's time
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(folder: str, command: list[str], files: list[str], environment: dict[str, str]) -> int:
    """Run a program in this process; returns the status that it ends with."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in enumerate([os.devnull, *files]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, stream)
        os.close(opened)
    module = command[0] == "-m"
    named = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:1] = [folder if module else str(Path(command[0]).parent), *named]
    sys.argv = command[1:] if module else list(command)
    try:
        if module:
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(command[0], run_name="__main__")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _serve(*sys.argv[1:])
