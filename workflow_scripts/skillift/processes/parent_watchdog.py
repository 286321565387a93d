"""A job ends when the Snakemake that started it is gone.

A Snakemake that is killed leaves its jobs running. A second one would start them again beside the first, and
both would train in one folder. So the workflow hands its process to every job in the environment variable
`RUN_BY`, and a job that loses it ends, with all that it started.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_NAMESPACE = Path("/proc/self/ns/pid")  # of Linux; in a container, process ids mean something else


def this_process() -> str:
    """What names this process to the jobs that it starts: `<process id>@<namespace of process ids>`."""
    return f"{os.getpid()}@{_namespace()}"


def _namespace() -> str:
    return str(_NAMESPACE.readlink()) if _NAMESPACE.exists() else ""


def exit_with_parent(starter: str) -> None:
    """Have this process, and all that it started, end when `starter` does; at once if it has ended.

    A starter of another namespace of process ids cannot be seen from here, and is not watched.

    Args:
        starter: what `this_process` gave there.
    """
    import psutil

    number, _, namespace = starter.partition("@")
    if namespace != _namespace():
        return
    try:
        process = psutil.Process(int(number))
    except psutil.NoSuchProcess:
        _end(number)
    threading.Thread(target=_watch, args=(process,), daemon=True).start()


def _watch(process: psutil.Process) -> None:
    process.wait()
    _end(process.pid)


def _end(number: int | str) -> None:
    import psutil

    print(
        f"error: Snakemake (process {number}) has ended, and so does this job.", file=sys.stderr, flush=True
    )
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    os._exit(1)  # whatever the main thread is doing
