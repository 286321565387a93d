r"""Check what a study predicted against what it found, and say when each prediction was registered.

    python workflow_scripts/predictions/check_predictions.py \
        --spec '{"predictions": {"lift_at_s": {"text": "", "path": "judge:conclusion", "suite": "holdout",
                     "effect": {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"},
                     "minus": null, "direction": "greater", "than": 0.0, "margin": 0.0, "confidence": 0.95}},
                 "runs": [{"student": "s", "run": "sft-s0", "recipe": "sft", "seed": 0}]}' \
        --tasks results/embedded/tasks/holdout.parquet --scores results/embedded/scores.parquet \
        --ledger .skillift/embedded/ledger.jsonl --look results/embedded/analysis/look.json \
        --out results/embedded/analysis/predictions.parquet

Any tables that keep the contracts TASKS and SCORES will do. The ledger is written before a study's first
job (`rules/predictions.smk`); predictions that it lacks are added here, after the results. Without `--ledger`
every prediction is "not registered". `--look` gives the level of the verdicts; without it they are at the
confidence that the study declares. `--episodes` says where the table of each run stands: predictions about a
metric that reads responses, such as `length`, need them; so do those about `same_answer` with `--intervened`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.ledger.looks import look_level
from skillift.ledger.registration import records_of, register
from skillift.path_patterns import path_pattern
from skillift.settings.publication_specs import PredictionsSpec


def main(argv: list[str] | None = None) -> None:
    """Note that results exist, read the tables, write the verdicts."""
    arguments = parser(__doc__, PredictionsSpec)
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    arguments.add_argument("--scores", type=Path, required=True, help="scores.parquet")
    arguments.add_argument(
        "--episodes",
        type=path_pattern("student", "run"),
        help="path pattern of the episodes, for metrics that read responses",
    )
    arguments.add_argument(
        "--intervened",
        type=path_pattern("student", "run"),
        help="path pattern of answers after interventions",
    )
    arguments.add_argument("--ledger", type=Path, help="the study's ledger, JSON lines")
    arguments.add_argument("--look", type=Path, help="look.json, the level of the verdicts")
    arguments.add_argument("--out", type=Path, required=True, help="predictions.parquet")
    options = arguments.parse_args(argv)

    import polars as pl

    from skillift.contracts.interventions import INTERVENED
    from skillift.contracts.pipeline import EPISODES, SCORES, TASKS
    from skillift.contracts.predictions import PREDICTIONS
    from skillift.protocols import of_protocol
    from skillift.statistics.interventions import interventions_of
    from skillift.statistics.pass_rates import no_responses, responses
    from skillift.statistics.predictions import predictions
    from skillift.tables import read_each, read_existing, read_json, read_table, write_table
    from skillift.tasks.suites import read_suites

    scores, tasks = of_protocol(read_table(options.scores, SCORES)), read_suites(options.tasks, TASKS)
    declared, runs = options.spec.predictions, options.spec.runs
    names = [run.names for run in runs]
    history = []
    if options.ledger:
        registered = {name: prediction.model_dump() for name, prediction in declared.items()}
        history = records_of(register(registered, options.ledger, results=True))
    level = look_level(read_json(options.look)).confidence if options.look else None
    episodes = read_each(options.episodes, names, EPISODES) if options.episodes else []
    frames = [responses(frame, student, run_id, tasks) for student, run_id, frame in episodes]
    altered = None
    if options.intervened:
        altered = interventions_of(read_existing(options.intervened, names, INTERVENED))
    answered = of_protocol(pl.concat([no_responses(), *frames], how="diagonal"))
    judged = predictions(scores, tasks, declared, runs, history, answered, altered, level)
    write_table(judged, options.out, PREDICTIONS)


if __name__ == "__main__":
    run(main)
