"""Modules that are found in their folder: one of several kinds is a module there, and nothing lists it.

Its name alone is known without loading it. So one kind more changes no code that the others' results depend
on; who loads it, by its name, names it as a further root of a code digest (`skillift.provenance`).
"""

from __future__ import annotations

from pathlib import Path

_LIBRARY = Path(__file__).resolve().parent


def names_in(package: str, ending: str = "", but: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of the modules of a package, sorted, without their common ending.

    Args:
        package: below `skillift`, such as `training.objectives`.
        ending: of the modules that count, such as `_engine`; it is taken off.
        but: modules that are none of the kind.
    """
    found = sorted(path.stem for path in _LIBRARY.joinpath(*package.split(".")).glob(f"*{ending}.py"))
    return tuple(name.removesuffix(ending) for name in found if name not in ("__init__", *but))
