"""Run a Python script and time some library calls inside it, without a change to the script.

python tests/bench/stopwatch.py times.json vllm.entrypoints.llm:LLM.generate -- script.py --option value

Each target is `module:Class.method` or `module:function`. It is wrapped when the script imports the module,
so imports keep their order. Writes the seconds spent in each target, over all calls, and of the whole process
(`process`, imports included), and the most memory that it took, GiB (`peak_gib`); nested calls of one target
count once. With STOPWATCH=cpu in the environment seconds are those of the processor, over all threads: on a
machine with other work they tell more than those of the wall.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import json
import os
import re
import runpy
import sys
import time
from pathlib import Path

CLOCK = time.process_time if os.environ.get("STOPWATCH") == "cpu" else time.perf_counter
SECONDS: dict[str, float] = {}


def timed(function, target: str):
    """`function`, with its seconds added to those of `target`."""
    depth = 0

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        nonlocal depth
        depth += 1
        start = CLOCK()
        try:
            return function(*args, **kwargs)
        finally:
            depth -= 1
            if not depth:
                SECONDS[target] = SECONDS.get(target, 0.0) + CLOCK() - start

    return wrapper


class WrapOnImport(importlib.abc.MetaPathFinder):
    """Wraps the targets of a module once its own loader has run it."""

    def __init__(self, targets: list[str]) -> None:
        self.targets: dict[str, list[str]] = {}
        for target in targets:
            self.targets.setdefault(target.partition(":")[0], []).append(target)

    def find_spec(self, name, path=None, target=None):
        """The module's usual spec, with a loader that wraps afterwards; None for other modules."""
        wanted = self.targets.pop(name, None)
        spec = importlib.machinery.PathFinder.find_spec(name, path) if wanted else None
        if spec is None or spec.loader is None:
            return None
        run_module = spec.loader.exec_module

        def exec_module(module):
            run_module(module)
            for full in wanted:
                owner_name, _, method = full.partition(":")[2].rpartition(".")
                owner = functools.reduce(getattr, filter(None, owner_name.split(".")), module)
                setattr(owner, method, timed(getattr(owner, method), full))

        spec.loader.exec_module = exec_module
        return spec


def peak_gib() -> float:
    """The most memory that the script took, GiB: of the GPU where it used one, else of the machine."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated() / 2**30
    # not `ru_maxrss`: that counts what the process held before it became this script (`exec`)
    (held,) = re.findall(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(held) / 2**20


def main() -> None:
    """Run the script and write the times, even when it fails."""
    start = CLOCK()
    split = sys.argv.index("--")
    out, *targets = sys.argv[1:split]
    script, *arguments = sys.argv[split + 1 :]
    sys.meta_path.insert(0, WrapOnImport(targets))
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        SECONDS["process"] = CLOCK() - start
        SECONDS["peak_gib"] = peak_gib()
        Path(out).write_text(json.dumps(SECONDS), encoding="utf-8")


if __name__ == "__main__":
    main()
