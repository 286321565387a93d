"""Made-up studies that take seconds to analyse: once for all workers of a test run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

Made = TypeVar("Made")


def made_once(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make`, called by the first worker that asks for what it returns; the others read that."""

    @cache
    def made() -> Made:
        if "SHARED_BY_WORKERS" not in os.environ:  # there is one process
            return make()
        file = Path(os.environ["SHARED_BY_WORKERS"]) / f"{make.__module__}.{make.__name__}.pickle"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                value = make()
                file.write_bytes(pickle.dumps(value))
                return value
        return pickle.loads(file.read_bytes())

    return made
