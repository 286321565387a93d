r"""Count a look at a study's results: which it is by the study's ledger, and the level of its words.

    python workflow_scripts/ledger/count_look.py \
        --spec '{"settings": {"confidence": 0.95, "headline_path": "judge:conclusion", "margins": {}},
                 "design": {"confidence": 0.95, "suites": ["holdout"]}}' \
        --tasks results/embedded/tasks/holdout.parquet --scores results/embedded/scores.parquet \
        --ledger .skillift/embedded/ledger.jsonl --out results/embedded/analysis/look.json

Verdicts and settings that were looked at before are the same look; others are a new one, and a line of the
ledger. Its number and its alpha go into `--out`, for the analysis (`--look`).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.ledger.looks import as_json, count_look
from skillift.ledger.registration import records_of, register
from skillift.settings.analysis_specs import LookSpec
from skillift.study.design import with_sizes


def main(argv: list[str] | None = None) -> None:
    """Note that results exist, count the look, write its number and alpha."""
    arguments = parser(__doc__, LookSpec)
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    arguments.add_argument("--scores", type=Path, required=True, help="scores.parquet")
    arguments.add_argument("--ledger", type=Path, required=True, help="the study's ledger, JSON lines")
    arguments.add_argument("--out", type=Path, required=True, help="look.json")
    options = arguments.parse_args(argv)

    from skillift.contracts.pipeline import SCORES, TASKS
    from skillift.ledger.entries import read_ledger
    from skillift.statistics.looked_at import looked_at
    from skillift.tables import read_table, write_json
    from skillift.tasks.suites import read_suites

    settings = options.spec.settings.model_dump()
    scores, tasks = read_table(options.scores, SCORES), read_suites(options.tasks, TASKS)
    found = looked_at(scores, tasks, settings["headline_path"])
    known = records_of(read_ledger(options.ledger))
    design = with_sizes(options.spec.design, tasks)
    register(known[-1].predictions if known else {}, options.ledger, True, design)
    look = count_look(settings, found.sha256, found.n_tasks, found.n_skills, options.ledger)
    write_json(as_json(look), options.out)


if __name__ == "__main__":
    run(main)
