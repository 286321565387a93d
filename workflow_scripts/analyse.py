r"""Analyse the scores of a study: pass rates, effects, shifts between paths, agreement of the judges.

    python workflow_scripts/analyse.py \
        --spec '{"analysis": {"confidence": 0.95, "bootstrap_samples": 2000, "seed": 0},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --tasks results/embedded/tasks.parquet --scores results/embedded/scores.parquet \
        --episodes s/base=results/embedded/episodes/s/base.parquet \
                   s/sft-s0=results/embedded/episodes/s/sft-s0.parquet \
        --out results/embedded/analysis

Any tables that keep the contracts TASKS, SCORES and EPISODES will do. Without `--episodes`, what rests on
the responses (answer_line_rate, mean_completion_tokens, no_answer_line, other_line) is null. Writes
one file for each table of `skillift.publication.ANALYSIS` into the folder `--out`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.commands import parser, run


def episodes_of_run(text: str) -> tuple[str, str, Path]:
    """Parse `student/run=PATH`; for use as an argparse type."""
    name, _, path = text.partition("=")
    student, _, run_id = name.partition("/")
    if not (student and run_id and path) or "/" in run_id:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected student/run=PATH")
    return student, run_id, Path(path)


def main(argv: list[str] | None = None) -> None:
    """Read the tables, analyse them, write the tables of the analysis."""
    arguments = parser(__doc__)
    arguments.add_argument("--tasks", type=Path, required=True, help="tasks.parquet")
    arguments.add_argument("--scores", type=Path, required=True, help="scores.parquet")
    arguments.add_argument(
        "--episodes",
        type=episodes_of_run,
        nargs="+",
        action="extend",
        default=[],
        metavar="STUDENT/RUN=PATH",
        help="per run",
    )
    arguments.add_argument("--out", type=Path, required=True, help="folder for the tables")
    options = arguments.parse_args(argv)
    names = [f"{student}/{run_id}" for student, run_id, _ in options.episodes]
    if len(set(names)) < len(names):
        arguments.error(f"--episodes: found {sorted(names)}, expected each student/run once")

    import polars as pl

    from skillift.analysis_contracts import ANALYSIS_TABLES
    from skillift.contracts import EPISODES, SCORES, TASKS
    from skillift.statistics.analysis import analyse
    from skillift.statistics.pass_rates import no_responses, responses
    from skillift.tables import read_table, write_table

    frames = [
        responses(read_table(path, EPISODES), student, run_id) for student, run_id, path in options.episodes
    ]
    analysis = analyse(
        read_table(options.scores, SCORES),
        read_table(options.tasks, TASKS),
        pl.concat([no_responses(), *frames]),
        options.spec,
    )
    for name, table in analysis._asdict().items():
        write_table(table, options.out / f"{name}.parquet", ANALYSIS_TABLES[name])


if __name__ == "__main__":
    run(main)
