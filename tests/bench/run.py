"""Time a study, engine and training beside bare scripts, calls, analysis, browser, plans (`make bench`).

python tests/bench/run.py --study studies/embedded.yaml --cores 2

The study runs in a temporary copy of the project; its models, tasks and corpus are then what the bare
scripts work on. On a machine that does other work the seconds mean little, the ratios still something.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/helpers"), str(REPOSITORY / "workflow_scripts")]

import against_bare  # noqa: E402
import analysis_speed  # noqa: E402
import api_calls  # noqa: E402
import episode_browser  # noqa: E402
import fine_tuning  # noqa: E402
import scale  # noqa: E402
import study_times  # noqa: E402
from projects import copy_project  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from skillift.running.project_settings import settings  # noqa: E402


def study_table(rows: list[study_times.Stage], wall: float, dry: float) -> Table:
    """Cold study time by stage, and the no-op."""
    table = Table(title="Study", caption="job time: summed over jobs, which run side by side")
    for name in ("stage", "jobs", "job time, s", "longest job, s", "largest job, MB"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for row in rows:
        numbers = (row.seconds, row.longest, row.memory_mb)
        table.add_row(row.name, str(row.jobs), *(f"{number:.1f}" for number in numbers))
    table.add_section()
    table.add_row("whole study with report, wall clock", "", f"{wall:.1f}")
    table.add_row("nothing to do (snakemake -n, median of 3)", "", f"{dry:.1f}")
    return table


def comparison_table(title: str, caption: str, rows: list[against_bare.Comparison]) -> Table:
    """skillift beside the bare script."""
    table = Table(title=title, caption=caption)
    for name in ("measure", "skillift", "bare", "ratio"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for row in rows:
        table.add_row(row.measure, f"{row.skillift:.2f}", f"{row.bare:.2f}", f"{row.ratio:.2f}")
    return table


def asked_table(
    title: str, rows: list[api_calls.Row] | list[analysis_speed.Row] | list[episode_browser.Row]
) -> Table:
    """What was found beside what is asked."""
    table = Table(title=title)
    for name in ("measure", "found", "asked"):
        table.add_column(name)
    for row in rows:
        table.add_row(row.measure, row.found, row.asked)
    return table


def plans_table(rows: Iterable[scale.Plan]) -> Table:
    """What planning takes as a study grows."""
    table = Table(title="Planning: snakemake --dry-run --quiet rules, and the audit")
    for name in ("study", "jobs", "CPU, s", "wall clock, s", "memory, MB"):
        table.add_column(name, justify="left" if name == "study" else "right")
    for row in rows:
        numbers = (row.cpu_seconds, row.seconds)
        table.add_row(
            row.study, str(row.jobs), *(f"{number:.1f}" for number in numbers), f"{row.memory_mb:.0f}"
        )
    return table


def main() -> None:
    """Run all measurements and print their tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", default="studies/embedded.yaml", help="study file, students from scratch")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores for the study")
    parser.add_argument("--threads", type=int, default=1, help="threads of one engine or training job")
    parser.add_argument("--repeats", type=int, default=3, help="measured runs of each script")
    parser.add_argument("--judgments", type=int, default=2800, help="judgments over an API")
    parser.add_argument("--kills", type=int, default=10, help="kills of a judging job")
    parser.add_argument(
        "--runs", type=int, nargs="+", default=[30, 100, 1000], help="runs of planned studies"
    )
    options = parser.parse_args()
    os.chdir(REPOSITORY)
    console = Console()
    found = settings(options.study)
    config, study = found.config, found.study
    with tempfile.TemporaryDirectory(prefix="skillift-bench-") as folder:
        project = copy_project(Path(folder, "project"))
        results = project / "results" / study.name
        console.print(f"Running {study.path} from scratch on {options.cores} cores ...")
        wall = study_times.run_cold(project, options.study, study.name, options.cores)
        dry = study_times.no_op(project, options.study)
        console.print(study_table(study_times.stages(results / "benchmarks"), wall, dry))

        student = study.students[-1]
        run = next(run.run for run in study.trained_runs if run.student == student)
        rows, equal = against_bare.engine(
            results, study, config, student, Path(folder), options.threads, options.repeats
        )
        how = f"medians of {options.repeats} runs in turn, {options.threads} thread(s), student {student}"
        caption = f"{how}; equal answers: {equal:.1%}"
        console.print(comparison_table("Episodes: generate.py and bare vLLM", caption, rows))
        model = results / "students" / student / "model"
        corpus = results / "corpus" / f"{study.corpus_of(run)}.parquet"
        spec = study.train_spec(student, run).model_dump()
        rows = fine_tuning.measure(model, corpus, spec, Path(folder), options.threads, options.repeats)
        console.print(comparison_table("Training: train.py and bare trl", f"{how}, run {run}", rows))
        pairs = fine_tuning.write_pairs(corpus, Path(folder, "pairs.parquet"))
        spec |= fine_tuning.OBJECTIVES["dpo"]
        rows = fine_tuning.measure(model, pairs, spec, Path(folder), options.threads, options.repeats)
        title = "Training on preference pairs: train.py and bare trl's DPOTrainer"
        console.print(comparison_table(title, f"{how}, each batch at once", rows))
    title = "Judging over an API: judge.py and a server that answers in a fixed time"
    console.print(asked_table(title, api_calls.measure(options.judgments, options.kills, [0.2, 1.0])))
    console.print(asked_table("Analysing a million scores: analyse.py", analysis_speed.measure()))
    console.print(asked_table("The episode browser in headless Chromium", episode_browser.measure()))
    console.print(plans_table(scale.measure(options.runs, tasks=[10], judges=[20])))


if __name__ == "__main__":
    main()
