r"""Score all episodes of a study on all scoring paths.

    python workflow_scripts/score.py \
        --spec '{"judges": ["conclusion", "tail"], "primary_judge": "conclusion"}' \
        --tasks results/embedded/tasks.parquet \
        --episodes s/base=results/embedded/episodes/s/base.parquet \
        --verdicts conclusion/s/base=results/embedded/verdicts/conclusion/s/base.parquet \
        --verdicts tail/s/base=results/embedded/verdicts/tail/s/base.parquet \
        --out results/embedded/scores.parquet

`--episodes` is given once for each run, `--verdicts` once for each judge and run.
"""

from __future__ import annotations

from pathlib import Path

from skillift.commands import labelled_path, parser, run
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, VERDICTS
from skillift.judging.scoring import build_scores
from skillift.tables import read_labelled, read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Read tasks, episodes and verdicts, score, write the scores."""
    arguments = parser(__doc__)
    arguments.add_argument("--tasks", type=Path, required=True, help="table of tasks")
    for option, form in (("episodes", "student/run"), ("verdicts", "judge/student/run")):
        arguments.add_argument(
            f"--{option}",
            type=labelled_path(form),
            action="extend",
            nargs="+",
            required=True,
            metavar=f"{form}=PATH",
            help=f"table of {option}",
        )
    arguments.add_argument("--out", type=Path, required=True, help="table of scores to write")
    options = arguments.parse_args(argv)
    scores = build_scores(
        read_labelled(options.episodes, EPISODES),
        read_labelled(options.verdicts, VERDICTS),
        read_table(options.tasks, TASKS),
        options.spec["judges"],
        options.spec["primary_judge"],
    )
    write_table(scores, options.out, SCORES)


if __name__ == "__main__":
    run(main)
