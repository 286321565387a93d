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
from skillift.engines.interface import RunOptions
from skillift.episodes.answering import checkpoint_folders
from skillift.episodes.forced_paraphrases import force_paraphrases
from skillift.episodes.served_models import composed
from skillift.settings.command_options import add_options, given
from skillift.settings.config import EngineConfig
from skillift.settings.specs import EpisodesSpec
from skillift.tables import read_json, read_table, write_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read what the first pass wrote and the paraphrases, answer, write the interventions."""
    arguments = parser(__doc__, EpisodesSpec)
    arguments.add_argument("--tasks", nargs="+", required=True, help="table of tasks of each suite")
    arguments.add_argument("--model", type=Path, required=True, help="model folder of the base student")
    arguments.add_argument("--checkpoints", type=Path, help="folder of the run's checkpoints")
    arguments.add_argument("--manifest", type=Path, help="manifest of the run")
    arguments.add_argument(
        "--small", type=Path, help="base student of the run whose training is borrowed, of an emulated run"
    )
    arguments.add_argument("--threads", type=int, default=1, help="CPU threads")
    add_options(arguments, EngineConfig, "`engine` in config.yaml")
    arguments.add_argument(
        "--first", required=True, help="table of answers after interventions of the first pass"
    )
    arguments.add_argument("--chains", required=True, help="table of chains that the first pass stored")
    arguments.add_argument("--paraphrases", required=True, help="table of paraphrases of these")
    arguments.add_argument("--out", required=True, help="table of answers after interventions to write")
    options = arguments.parse_args(argv)
    manifest = read_json(options.manifest) if options.manifest else None
    checkpoints = checkpoint_folders(options.spec.checkpoints, options.model, options.checkpoints, manifest)
    own = (checkpoints, options.model, options.small, options.spec.emulated)
    checkpoints, composition = composed(*own)
    found = force_paraphrases(
        read_table(options.first, INTERVENED),
        read_table(options.chains, CHAINS),
        read_table(options.paraphrases, PARAPHRASES),
        read_suites(options.tasks, TASKS),
        options.spec,
        checkpoints,
        RunOptions(options.threads, **given(options, EngineConfig).model_dump()),
        options.model,
        composition,
    )
    write_table(found, options.out, INTERVENED)


if __name__ == "__main__":
    run(main)
