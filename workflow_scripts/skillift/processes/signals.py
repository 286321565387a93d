"""A program that runs Snakemake and ends with it, whoever is told to end.

A container's stop, systemd and `kill` send SIGTERM to the program that they have started, which is not
Snakemake. Snakemake itself, at a SIGTERM, waits for the jobs that are running, which may take hours; at a
Ctrl-C it ends them and empties a cluster's queue. So SIGTERM and SIGHUP are passed on as a Ctrl-C is by a
terminal: as SIGINT to Snakemake and to every process that it has started.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_with_signals(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, int | None]:
    """Run a command to its end, and pass on to all its processes what ends this one.

    Returns:
        The command's status, and the signal that ended it early; None where none came.
    """
    came: list[int] = []
    process: subprocess.Popen | None = None

    def pass_on(number: int, frame: FrameType | None = None) -> None:
        came.append(number)
        if process is not None and not (number == signal.SIGINT and _in_foreground()):
            _interrupt_all(process.pid)

    # what was ignored when this process was started (nohup) stays so
    handled = [number for number in PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in handled}
    try:
        # SIGINT reaches it even where a shell has started this process in the background, with SIGINT ignored
        process = subprocess.Popen(command, env=env, preexec_fn=_take_sigint)
        if came:  # between the handlers and the start
            _interrupt_all(process.pid)
        return process.wait(), came[0] if came else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _take_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupt_all(pid: int) -> None:
    """SIGINT to a process and to all that it has started, in that order."""
    import psutil

    try:
        first = psutil.Process(pid)
        processes = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in processes:
        try:
            each.send_signal(signal.SIGINT)
        except psutil.NoSuchProcess:
            continue


def _in_foreground() -> bool:
    """Whether a Ctrl-C in the terminal reaches all processes of this group: they have had it, too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
