"""Commands in processes of their own that start at once: forked from one that has loaded what they need."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from functools import cache
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path


@cache
def _context():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["loaded_judge"])
    path = os.environ["PYTHONPATH"]
    os.environ["PYTHONPATH"] = os.pathsep.join([path, str(Path(__file__).parent)])
    try:
        forkserver.ensure_running()
    finally:
        os.environ["PYTHONPATH"] = path
    return context


def start(main: Callable[[list[str]], None], arguments: list[str]) -> BaseProcess:
    """Call a command's `main(arguments)` in a new process."""
    process = _context().Process(target=main, args=(arguments,))
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    """End it by signal 9; it must be at work still."""
    assert process.is_alive(), f"it ended with {process.exitcode}"
    process.kill()
    process.join()
