"""Fails the import of a library that loads models, for the quick loop: torch and vllm take seconds to import.

Pytest installs it with `--quick` (tests/conftest.py). Pythons that tests start install it by themselves
(`sitecustomize.py`): this folder is on their path then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

LIBRARIES = ("torch", "vllm")


class _Refusing(Loader):
    """Stands for a library that is installed, as some only ask, and may not be loaded."""

    def __init__(self, error: Callable[[str], BaseException]) -> None:
        self.error = error

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        raise self.error(
            f"{_importer()} loads {name}, which the quick loop leaves out. Mark it with pytest.mark.models "
            f"(a test, or `pytestmark` of its module), or import {name} only where it is needed."
        )


def _importer() -> str:
    """The test that runs, or the module of tests that is being imported."""
    test = os.environ.get("PYTEST_CURRENT_TEST")
    if test:
        return test.rsplit(" ", 1)[0]
    frame = sys._getframe()
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.name.startswith("test_"):
            return str(path)
        frame = frame.f_back
    return "this process"


class _Guard(MetaPathFinder):
    def __init__(self, error: Callable[[str], BaseException]) -> None:
        self.error = error

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(fullname, path) if fullname in LIBRARIES else None
        if found:
            found.loader = _Refusing(self.error)
        return found


def install(error: Callable[[str], BaseException] = ImportError) -> None:
    """From now on, an import of one of LIBRARIES raises `error(message)`."""
    sys.meta_path.insert(0, _Guard(error))
