"""The tables that pass between steps, as pandera schemas over polars frames.

Every command checks tables, and so imports pandera (`pa`): here, as where pandas is not installed (what
`pandera[polars]` supports). That takes 0.2 s of CPU; with pandas, of which nothing here makes use, 0.9 s.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


sys.meta_path.insert(0, _NoPandas())
try:
    import pandera.polars as pa
finally:
    del sys.meta_path[0]  # later imports find pandas

__all__ = ["pa"]
