"""The tables that pass between steps, as pandera schemas over polars frames.

Every command checks tables, and so imports pandera (`pa`): here, as where pandas is not installed, which
`pandera[polars]` supports. Nothing in here makes use of pandas, whose import takes 0.6 s of CPU.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

import polars as pl


class _NoPandas(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


_no_pandas = _NoPandas()
sys.meta_path.insert(0, _no_pandas)
try:
    import pandera.polars as pa

    pa.Check.get_backend(pl.LazyFrame())  # at its first check, pandera looks for pandas once more
finally:
    sys.meta_path.remove(_no_pandas)  # later imports find pandas

__all__ = ["pa"]
