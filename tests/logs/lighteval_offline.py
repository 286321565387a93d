"""lighteval without a network: its command line, less what keeps it from starting.

    python tests/logs/lighteval_offline.py accelerate MODEL TASKS ...

lighteval 0.13.0 imports all of its tasks at the start, and `tiny_benchmarks` then fetches a pickle from
GitHub. It hashes texts, which xxhash takes no longer.
"""

from __future__ import annotations

import sys
from types import ModuleType

NAME = "lighteval.tasks.tasks.tiny_benchmarks"

if __name__ == "__main__":
    import xxhash

    left_out = ModuleType(NAME)
    left_out.TASKS_TABLE = []
    sys.modules[NAME] = left_out
    of_bytes = xxhash.xxh64
    xxhash.xxh64 = lambda text=b"", *rest: of_bytes(text.encode() if isinstance(text, str) else text, *rest)

    from lighteval.__main__ import app

    app()
