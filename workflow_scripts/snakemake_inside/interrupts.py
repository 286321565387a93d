"""Ctrl-C while Snakemake prints, and SIGTERM while it looks after a job that has ended.

Its own handler of messages drops whatever interrupts it, and so the Ctrl-C: the study would go on as if
nothing had been pressed. And what it does at SIGTERM wants a lock that the main thread then holds: it would
wait for itself for ever.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from functools import partial

from snakemake_inside.version import tested


def defer_sigint(logger: logging.Logger) -> None:
    """Have SIGINT wait for the end of each message that the logger's handlers are at."""
    if tested():
        for handler in logger.handlers:
            handler.handle = partial(_uninterrupted, handler.handle)  # type: ignore[assignment, method-assign]


def handle_sigterm() -> None:
    """Have what Snakemake does at SIGTERM done beside the main thread, once that has let go of the lock."""
    at_sigterm = signal.getsignal(signal.SIGTERM)
    if tested() and callable(at_sigterm):
        signal.signal(
            signal.SIGTERM,
            lambda number, frame: threading.Thread(target=at_sigterm, args=(number, frame)).start(),
        )


def _uninterrupted(handle: Callable[[logging.LogRecord], object], record: logging.LogRecord) -> object:
    """`handle(record)`; a SIGINT in between takes effect after it."""
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread alone
        return handle(record)
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        return handle(record)
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)  # to what would have had it: asyncio's, or Python's own
