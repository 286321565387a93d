"""The rows that docs/explanation/benchmarks.md lacks on a GPU, in one command (`make bench-gpu`).

python tests/bench/gpu.py --shapes 0.8B 2B 4B --minutes 9 --out gpu-rows.md
python tests/bench/gpu.py --shapes tiny --rows 8 --steps 2        # on a CPU: whether it works

For each shape: training with torch, transformers and peft alone (tokens/s, peak memory, model FLOPs
utilisation), generation with transformers alone, and the commands train and generate beside bare trl and bare
vLLM. A row that needs what is not installed names it. Each is a process of its own and is written as it is
measured; one that fails, or for which no time is left, says so and ends none of the others. What needs the
least comes first, small shapes before large ones.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

BENCH = Path(__file__).resolve().parent
HEAD = "| device, date | student | measure | skillift | bare | ratio |\n|---|---|---|---|---|---|"
SHORTEST_S = 20.0  # a row is not begun with less time left

# what each kind of row imports, in the order in which they run
KINDS = {
    "plain training": ("torch", "transformers", "peft"),
    "plain generation": ("torch", "transformers"),
    "training": ("torch", "transformers", "peft", "trl", "datasets", "polars"),
    "generation": ("torch", "transformers", "vllm", "polars"),
}


@dataclass(frozen=True)
class Row:
    """One process: what it measures, of which shape, and how it is started."""

    kind: str
    shape: str
    command: tuple[str, ...]


def rows_of(options: argparse.Namespace) -> list[Row]:
    """All rows, what needs the least first."""
    commands = {
        "plain training": ["plain_rows.py", "training", "--steps", str(options.steps)],
        "plain generation": ["plain_rows.py", "generation"],
        "training": ["fine_tuning.py", "--rows", str(options.rows), "--repeats", "1"],
        "generation": ["generation.py", "--tasks-per-skill", "1", "--repeats", "1"],
    }
    return [
        Row(kind, shape, (sys.executable, str(BENCH / name), *rest, "--shapes", shape))
        for kind in options.kinds
        for shape in options.shapes
        for name, *rest in [commands[kind]]
    ]


def missing_for(kind: str) -> list[str]:
    """The packages that a kind of row needs and that are not installed."""
    return [name for name in KINDS[kind] if importlib.util.find_spec(name) is None]


def measured(row: Row, seconds: float) -> Iterator[str]:
    """The lines of a table that a row comes to: what its process prints, or why there is nothing."""
    place = f"| {date.today()} | {row.shape} | {row.kind} |"
    if missing := missing_for(row.kind):
        yield f"{place} not measured: needs {', '.join(missing)} | | |"
        return
    if seconds < SHORTEST_S:
        yield f"{place} not measured: no time left | | |"
        return
    try:
        done = subprocess.run(row.command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        yield from _table_lines(late.stdout)
        yield f"{place} ended after {seconds:.0f} s, all that was left | | |"
        return
    yield from _table_lines(done.stdout)
    if done.returncode:
        said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        why = (said or [f"status {done.returncode}"])[-1].replace("|", "/")[:200]
        yield f"{place} failed: {why} | | |"


def _table_lines(text: str | bytes | None) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    lines = (text or "").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith("| device")]


def main(argv: list[str] | None = None) -> None:
    """Measure row by row; print and write each as it comes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", default=["0.8B", "2B", "4B"])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--minutes", type=float, default=9.0, help="for all rows together")
    parser.add_argument("--rows", type=int, default=64, help="demonstrations of a training beside bare trl")
    parser.add_argument("--steps", type=int, default=8, help="measured steps of a plain training")
    parser.add_argument("--out", type=Path, help="file to write, too")
    options = parser.parse_args(argv)
    end = time.monotonic() + 60 * options.minutes
    if options.out:
        options.out.write_text(f"{HEAD}\n", encoding="utf-8")
    print(HEAD, flush=True)
    for row in rows_of(options):
        for line in measured(row, end - time.monotonic()):
            print(line, flush=True)
            if options.out:
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")


if __name__ == "__main__":
    main()
