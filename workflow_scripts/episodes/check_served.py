r"""Check that a run was asked what the study says, and that what the engine serves is what was trained.

    python workflow_scripts/episodes/check_served.py \
        --spec '{"student": "s", "run": "sft-s0", "precision": "float32", "thinking": false}' \
        --episodes episodes/s/sft-s0.parquet --prompts prompts/s/sft-s0.parquet \
        --base-prompts prompts/s/base.parquet --probes runs/s/sft-s0/probes.parquet \
        --served served/s/sft-s0.parquet \
        --answers checks/answers/s/sft-s0.parquet --out checks/served/s/sft-s0.parquet

The run `base` has neither `--probes` nor `--base-prompts`: nothing was trained, and the table of `--out` has
no rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES
from skillift.contracts.served_checks import ANSWER_CHECK, PROBES, PROMPTS, SERVED, SERVED_CHECK
from skillift.engines.probes import check_served
from skillift.episodes.answer_checks import check_answers, check_same_prompts
from skillift.settings.specs import ServedSpec
from skillift.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Compare the tables, write what was found."""
    arguments = parser(__doc__, ServedSpec)
    arguments.add_argument("--episodes", required=True, help="table of episodes")
    arguments.add_argument("--prompts", required=True, help="table of what was to be asked")
    arguments.add_argument("--base-prompts", help="table of what the run base was to be asked")
    arguments.add_argument("--probes", help="table of probes, scored by the trainer")
    arguments.add_argument("--served", required=True, help="table of their scores by the engine")
    arguments.add_argument("--answers", required=True, help="table of prompts and thinking mode to write")
    arguments.add_argument("--out", required=True, help="table of distances to write")
    options = arguments.parse_args(argv)
    spec, served = options.spec, read_table(options.served, SERVED)
    episodes, prompts = read_table(options.episodes, EPISODES), read_table(options.prompts, PROMPTS)
    if options.base_prompts:
        check_same_prompts(prompts, read_table(options.base_prompts, PROMPTS), spec.where)
    answers = check_answers(episodes, prompts, spec.thinking, spec.where)
    probes = read_table(options.probes, PROBES) if options.probes else None
    write_table(answers, options.answers, ANSWER_CHECK)
    write_table(check_served(probes, served, spec.precision, spec.where), options.out, SERVED_CHECK)


if __name__ == "__main__":
    run(main)
