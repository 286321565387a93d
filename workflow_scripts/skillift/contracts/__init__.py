"""The tables that pass between steps, as pandera schemas over polars frames.

Every command checks tables, and so imports pandera (`pa`): here, as where pandas and hypothesis are not
installed, which `pandera[polars]` supports. Nothing in here makes use of them, and to import them takes 0.6 s
and 0.2 s of CPU.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

import polars as pl


class _LeftOut(MetaPathFinder):
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in ("pandas", "hypothesis"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


_left_out = _LeftOut()
sys.meta_path.insert(0, _left_out)
try:
    import pandera.polars as pa

    pa.Check.get_backend(pl.LazyFrame())  # at its first check, pandera looks for pandas once more
finally:
    sys.meta_path.remove(_left_out)  # later imports find both

__all__ = ["pa"]
