"""lighteval without a network: its command line, less a task of its own that downloads a file on import.

    python tests/logs/lighteval_offline.py accelerate MODEL TASKS ...

lighteval 0.13.0 imports all of its tasks at the start, and `tiny_benchmarks` then fetches a pickle from
GitHub.
"""

from __future__ import annotations

import sys
from types import ModuleType

NAME = "lighteval.tasks.tasks.tiny_benchmarks"

if __name__ == "__main__":
    left_out = ModuleType(NAME)
    left_out.TASKS_TABLE = []
    sys.modules[NAME] = left_out

    from lighteval.__main__ import app

    app()
