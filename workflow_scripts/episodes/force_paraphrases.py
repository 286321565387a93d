r"""Have a student answer again after its chains of thought, told in a chat model's words: the second pass.

    python workflow_scripts/episodes/force_paraphrases.py --tasks tasks/holdout.parquet \
        --model students/s/model --first first_pass/s/base.parquet --chains chains/s/base.parquet \
        --paraphrases paraphrases/s/base.parquet --out interventions/s/base.parquet \
        --spec '{"conditions": ["none", "curated"], "prompt_seed": 0, "checkpoints": [0], "inference":
          {"engine": "vllm", "precision": "float32", "thinking": false, "suites": ["holdout"], "samples": 1,
           "temperature": 0.0, "top_p": 1.0, "max_tokens": 48, "max_model_len": null,
           "batch_invariant": false, "seed": 0,
           "interventions": {"kinds": ["paraphrase"], "second_pass": true}}}'

`--spec` and the model's options are those of the first pass (`generate.py`). `--first` and `--chains` are
what that wrote as `--intervened` and `--chains`, `--paraphrases` comes from `paraphrase_chains.py`; `--out`
has the rows of `--first`, too.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.interventions import CHAINS, INTERVENED, PARAPHRASES
from skillift.contracts.pipeline import TASKS
from skillift.episodes.forced_paraphrases import force_paraphrases
from skillift.episodes.student_options import add_engine_options, add_run_options, models_by_step, run_options
from skillift.settings.specs import EpisodesSpec
from skillift.tables import read_table, write_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read what the first pass wrote and the paraphrases, answer, write the interventions."""
    arguments = parser(__doc__, EpisodesSpec)
    arguments.add_argument("--tasks", nargs="+", required=True, help="table of tasks of each suite")
    add_engine_options(arguments)
    add_run_options(arguments)
    arguments.add_argument(
        "--first", required=True, help="table of answers after interventions of the first pass"
    )
    arguments.add_argument("--chains", required=True, help="table of chains that the first pass stored")
    arguments.add_argument("--paraphrases", required=True, help="table of paraphrases of these")
    arguments.add_argument("--out", required=True, help="table of answers after interventions to write")
    options = arguments.parse_args(argv)
    checkpoints, composition = models_by_step(options)
    found = force_paraphrases(
        read_table(options.first, INTERVENED),
        read_table(options.chains, CHAINS),
        read_table(options.paraphrases, PARAPHRASES),
        read_suites(options.tasks, TASKS),
        options.spec,
        checkpoints,
        run_options(options),
        options.model,
        composition,
    )
    write_table(found, options.out, INTERVENED)


if __name__ == "__main__":
    run(main)
