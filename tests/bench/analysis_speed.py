"""Time the command analyse on a million rows of scores: seconds and memory of the whole process.

    python tests/bench/analysis_speed.py

Verdicts are drawn at random, one in a hundred is lost; only the size and the shape of the tables matter. Two
shapes of a million rows: several samples of few checkpoints, and one sample of very many checkpoints, which
has the most effects to estimate.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
from score_tables import make_tasks  # noqa: E402
from usage import took  # noqa: E402

from skillift.contracts.pipeline import CONDITIONS, SCORES, TASKS  # noqa: E402
from skillift.tables import write_table  # noqa: E402

ASKED_SECONDS, ASKED_GB = 60, 4
STUDENTS = ("xs", "s", "m", "l")
PATHS = ("bench", "judge:a", "judge:b")


class Shape(NamedTuple):
    """How a study comes to its rows: 3 paths, 4 students, 4 conditions and 200 tasks, times these."""

    name: str
    seeds: int
    checkpoints: int
    samples: int


SHAPES = (
    Shape("15 samples, 6 runs and base of each student", seeds=3, checkpoints=1, samples=15),
    Shape("26 checkpoints of 4 runs and base of each student", seeds=2, checkpoints=26, samples=1),
)


class Row(NamedTuple):
    """One line of the report."""

    measure: str
    found: str
    asked: str


def made_tables(shape: Shape, folder: Path) -> tuple[dict, int]:
    """Write scores.parquet and tasks.parquet of that shape; return the spec and the number of score rows."""
    runs = {"base": ("base", None, None)} | {
        f"{recipe}-s{seed}": (f"{recipe}-s{seed}", recipe, seed)
        for recipe in ("sft", "answer_only")
        for seed in range(shape.seeds)
    }
    steps = range(10, 10 * shape.checkpoints + 1, 10)
    cells = [(run, step) for run in runs for step in ([0] if run == "base" else steps)]
    tasks = make_tasks(judge_scored=33)
    arms = [
        (path, student, run, step, condition)
        for path in PATHS
        for student in STUDENTS
        for run, step in cells
        for condition in CONDITIONS
    ]
    frame = pl.DataFrame(arms, schema=["path", "student", "run", "step", "condition"], orient="row")
    frame = frame.join(tasks.select("task_id"), how="cross")
    frame = frame.join(pl.DataFrame({"sample": list(range(shape.samples))}), how="cross")
    generator = np.random.default_rng(0)
    lost = pl.Series(generator.random(frame.height) < 0.01)
    scores = frame.with_columns(
        suite=pl.lit("holdout"),
        passed=pl.when(~lost).then(pl.Series(generator.random(frame.height) < 0.5)),
        status=pl.when(lost).then(pl.lit("unparsed")).otherwise(pl.lit("scored")),
    )
    write_table(scores, folder / "scores.parquet", SCORES)
    write_table(tasks, folder / "tasks.parquet", TASKS)
    keys = ("student", "run", "recipe", "seed")
    declared = [
        dict(zip(keys, (student, *run), strict=True)) for student in STUDENTS for run in runs.values()
    ]
    return {
        "analysis": {"confidence": 0.95, "bootstrap_samples": 2000, "seed": 0},
        "runs": declared,
    }, scores.height


def timed(spec: dict, folder: Path) -> tuple[float, float, float]:
    """Seconds by the wall clock, of CPU, and the largest memory in GB of the command on a folder's tables."""
    command = [
        sys.executable,
        REPOSITORY / "workflow_scripts/analysis/analyse.py",
        "--spec",
        json.dumps(spec),
    ]
    command += ["--tasks", folder / "tasks.parquet", "--scores", folder / "scores.parquet"]
    try:
        found = took([*map(str, command), "--out", str(folder / "analysis")])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"analyse.py ended with status {error.returncode}") from None
    return found["seconds"], found["cpu_seconds"], found["memory_mb"] / 1e3


def measure(shapes: tuple[Shape, ...] = SHAPES) -> list[Row]:
    """Time the analysis of each shape."""
    rows = []
    for shape in shapes:
        with tempfile.TemporaryDirectory(prefix="skillift-bench-") as folder:
            spec, height = made_tables(shape, Path(folder))
            seconds, cpu, memory = timed(spec, Path(folder))
            effects = (
                pl.scan_parquet(Path(folder, "analysis/effects.parquet")).select(pl.len()).collect().item()
            )
        what = f"{height:,} scores: {shape.name}, {effects:,} effects"
        rows.append(
            Row(
                what,
                f"{seconds:.1f} s ({cpu:.1f} s of CPU), {memory:.2f} GB",
                f"under {ASKED_SECONDS} s, {ASKED_GB} GB",
            )
        )
    return rows


if __name__ == "__main__":
    for row in measure():
        print(f"{row.measure}: {row.found} ({row.asked})")
