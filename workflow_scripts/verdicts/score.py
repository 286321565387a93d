r"""Score all episodes of a study on all scoring paths.

    python workflow_scripts/verdicts/score.py \
        --spec '{"judges": ["conclusion", "tail"], "primary_judge": "conclusion",
        "runs": [{"student": "s", "run": "base"}]}' \
        --tasks results/embedded/tasks/holdout.parquet \
        --episodes 'results/embedded/episodes/{student}/{run}.parquet' \
        --verdicts 'results/embedded/verdicts/{judge}/{student}/{run}.parquet' \
        --out results/embedded/scores.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS, VERDICTS
from skillift.judging.scoring import build_scores
from skillift.path_patterns import path_pattern
from skillift.settings.specs import ScoresSpec
from skillift.tables import read_each, write_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read tasks, episodes and verdicts, score, write the scores."""
    arguments = parser(__doc__, ScoresSpec)
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    for option, names in (("episodes", ("student", "run")), ("verdicts", ("judge", "student", "run"))):
        arguments.add_argument(
            f"--{option}", type=path_pattern(*names), required=True, help=f"path pattern of the {option}"
        )
    arguments.add_argument("--out", type=Path, required=True, help="table of scores to write")
    options = arguments.parse_args(argv)
    judges, runs = options.spec.judges, [run.names for run in options.spec.runs]
    judged = [{"judge": judge, **run} for judge in judges for run in runs]
    scores = build_scores(
        read_each(options.episodes, runs, EPISODES),
        read_each(options.verdicts, judged, VERDICTS),
        read_suites(options.tasks, TASKS),
        judges,
        options.spec.primary_judge,
        options.spec.protocols,
    )
    write_table(scores, options.out, SCORES)


if __name__ == "__main__":
    run(main)
