r"""Check what a study predicted against what it found, and say when each prediction was registered.

    python workflow_scripts/check_predictions.py \
        --spec '{"predictions": {"lift_at_s": {"text": "", "path": "judge:conclusion", "suite": "holdout",
                     "effect": {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"},
                     "minus": null, "direction": "greater", "than": 0.0, "margin": 0.0, "confidence": 0.95}},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --tasks results/embedded/tasks.parquet --scores results/embedded/scores.parquet \
        --history .skillift/embedded/predictions.jsonl \
        --out results/embedded/analysis/predictions.parquet --copy predictions.jsonl

Any tables that keep the contracts TASKS and SCORES will do. The history is written before a study's first
job (`rules/predictions.smk`); predictions that it lacks are added here, after the results. Without
`--history` every prediction is "not registered".
"""

from __future__ import annotations

import shutil
from pathlib import Path

from skillift.commands import parser, run
from skillift.study.registration import note_predictions


def main(argv: list[str] | None = None) -> None:
    """Note that results exist, read the tables, write the verdicts and a copy of the history."""
    arguments = parser(__doc__)
    arguments.add_argument("--tasks", type=Path, required=True, help="tasks.parquet")
    arguments.add_argument("--scores", type=Path, required=True, help="scores.parquet")
    arguments.add_argument("--history", type=Path, help="history of the predictions, JSON lines")
    arguments.add_argument("--out", type=Path, required=True, help="predictions.parquet")
    arguments.add_argument("--copy", type=Path, help="where a copy of the history is written")
    options = arguments.parse_args(argv)
    if options.copy and not options.history:
        arguments.error("--copy needs --history")

    from skillift.contracts.pipeline import SCORES, TASKS
    from skillift.contracts.predictions import PREDICTIONS
    from skillift.statistics.predictions import predictions
    from skillift.tables import atomic_path, read_table, write_table

    scores, tasks = read_table(options.scores, SCORES), read_table(options.tasks, TASKS)
    history = []
    if options.history:
        history = note_predictions(options.spec.get("predictions", {}), options.history, results=True)
    write_table(predictions(scores, tasks, options.spec, history), options.out, PREDICTIONS)
    if options.copy:
        with atomic_path(options.copy) as temporary:
            shutil.copyfile(options.history, temporary)


if __name__ == "__main__":
    run(main)
