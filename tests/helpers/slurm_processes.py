"""Programs and processes of SLURM on this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path


def find(program: str) -> str | None:
    """Where a program is; daemons stand in folders that only root has on its PATH."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> object:
    """The first true answer of `condition`, asked four times a second: most ask a program of SLURM.

    Raises:
        TimeoutError: there was none in so many seconds; names `what`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.25)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def pid_in(file: Path, program: str) -> int | None:
    """The process whose id a daemon has written to a file, where it still is that program."""
    try:
        pid = int(file.read_text())
        running = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if running == program else None


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def kill_process(pid: int) -> None:
    """End a process at once, if it is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def step_processes(job: str) -> tuple[list[int], list[int]]:
    """A job's processes on this machine: SLURM's own, which look after its steps, and what they started."""
    children: dict[int, list[int]] = {}
    supervisors = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
        if title.startswith(f"slurmstepd: [{job}."):
            supervisors.append(int(folder.name))
    started, parents = [], list(supervisors)
    while parents:
        found = [pid for pid in children.get(parents.pop(), []) if pid not in supervisors]
        started += found
        parents += found
    return supervisors, started


def freeze(job: str) -> list[int]:
    """Stop a job's processes, whose ids are returned; SLURM's own go on.

    SLURM may lose sight of a stopped process whose parent it ends: end what is left with `kill_all`.
    """
    found = step_processes(job)[1]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    return found


def kill_all(pids: list[int]) -> None:
    """End the processes that still live, and are still stopped."""
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
                kill_process(pid)
