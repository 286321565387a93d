"""How long a study takes: once from scratch, by stage, and again when nothing is to be done."""

from __future__ import annotations

import csv
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from projects import ROOT, snakemake


@dataclass(frozen=True)
class Stage:
    """What the jobs of one file of rules took: job-seconds, and the largest job's memory in MB."""

    name: str
    jobs: int
    seconds: float
    longest: float
    memory_mb: float


def run_cold(project: Path, study_path: str, study_name: str, cores: int) -> float:
    """Run a study in a fresh copy of the project; seconds from start to report.

    Raises:
        SystemExit: the study failed; prints Snakemake's output.
    """
    report = Path("results", study_name, "report.html")
    (project / report).parent.mkdir(parents=True)
    start = time.perf_counter()
    options = ("--cores", str(cores), "--report", str(report), "--report-after-run")
    done = snakemake(project, *options, study=study_path, timeout=3600)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nThe study failed in {project}.")
    return seconds


def no_op(project: Path, study_path: str, repeats: int = 3) -> float:
    """Median seconds of a dry run in a finished project.

    Raises:
        SystemExit: something is to be done, so this is no no-op.
    """
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        done = snakemake(project, "--dry-run", study=study_path)
        seconds.append(time.perf_counter() - start)
        if done.returncode or "Nothing to be done" not in done.stdout:
            raise SystemExit(f"{done.stdout}\nA finished study has something to do.")
    return statistics.median(seconds)


def stages(benchmarks: Path) -> list[Stage]:
    """One row for each file of rules, in the Snakefile's order, from Snakemake's benchmark files."""
    order = re.findall(r'^include: "rules/(\w+)\.smk"', (ROOT / "Snakefile").read_text(), re.MULTILINE)
    stage_of = {
        declared: name
        for name in order
        for declared in re.findall(r"\{BENCHMARKS\}/(\w+)", (ROOT / f"rules/{name}.smk").read_text())
    }
    jobs: dict[str, list[dict]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        declared = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        with path.open(encoding="utf-8") as lines:
            jobs.setdefault(stage_of[declared], []).extend(csv.DictReader(lines, delimiter="\t"))
    return [_stage(name, jobs[name]) for name in order if name in jobs]


def _stage(name: str, rows: list[dict]) -> Stage:
    seconds = [float(row["s"]) for row in rows]
    # jobs that end within a second have no memory measured
    memory = [float(row["max_rss"]) for row in rows if row["max_rss"] not in ("-", "NA")]
    return Stage(name, len(rows), sum(seconds), max(seconds), max(memory, default=0.0))
