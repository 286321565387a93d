"""Processes of their own that start at once: forked from one that has loaded what they need."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import context, forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock


@cache
def _server(loaded: str) -> forkserver.ForkServer:
    """The process to fork from, which has imported a module of this folder."""
    server = forkserver.ForkServer()
    server.set_forkserver_preload([loaded])
    path = os.environ["PYTHONPATH"]
    os.environ["PYTHONPATH"] = os.pathsep.join([path, str(Path(__file__).parent)])
    try:
        server.ensure_running()
    finally:
        os.environ["PYTHONPATH"] = path
    return server


@contextmanager
def forking(loaded: str) -> Iterator[None]:
    """Have the start method `spawn` fork: what it starts gets the same, in the same form, seconds sooner."""
    with (
        mock.patch.object(forkserver, "connect_to_new_process", _server(loaded).connect_to_new_process),
        mock.patch.object(context.SpawnProcess, "_Popen", staticmethod(context.ForkServerProcess._Popen)),
    ):
        yield


def start(main: Callable[[list[str]], None], arguments: list[str]) -> BaseProcess:
    """Call a command's `main(arguments)` in a new process that has loaded `judge.py`."""
    with forking("loaded_judge"):
        process = multiprocessing.get_context("spawn").Process(target=main, args=(arguments,))
        process.start()
    return process


def kill(process: BaseProcess) -> None:
    """End it by signal 9; it must be at work still."""
    assert process.is_alive(), f"it ended with {process.exitcode}"
    process.kill()
    process.join()
