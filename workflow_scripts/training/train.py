r"""Fine-tune a student on a corpus: servable checkpoints, the training log and the run's manifest.

    python workflow_scripts/training/train.py --model students/s/model \
        --base-manifest students/s/manifest.json --corpus corpus/worked.parquet \
        --state .skillift/s --checkpoints runs/s/sft-s0/checkpoints \
        --log runs/s/sft-s0/log.parquet --probes runs/s/sft-s0/probes.parquet \
        --trained-tokens runs/s/sft-s0/trained_tokens.parquet \
        --manifest runs/s/sft-s0/manifest.json --spec \
        '{"objective": "sft", "trainable": {"lora": {"rank": 16, "alpha": 32, "dropout": 0.0}},
          "learning_rate": 0.005, "epochs": 6, "batch_size": 16, "schedule": "linear", "warmup_ratio": 0.05,
          "weight_decay": 0.0, "checkpoints": ["final"], "seed": 0, "precision": "float32",
          "thinking": false}'

An objective on tasks takes the table of these, too: `--tasks tasks/train.parquet`.

A recipe with `start` goes on from the last checkpoint of that run: `--start runs/s/sft-s0/checkpoints
--start-manifest runs/s/sft-s0/manifest.json`. An interrupted training continues from `--state`.
`--processes 2` shares each batch over two processes, and `--device-batch-size 4` has each work on four
rows at once; what is trained stays the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import CORPUS, TASKS
from skillift.contracts.served_checks import PROBES
from skillift.contracts.training import RUN_LOG, TRAINED_TOKENS
from skillift.errors import UserError, problem
from skillift.settings.command_options import add_options, given
from skillift.settings.config import TrainingConfig
from skillift.settings.specs import TrainSpec
from skillift.tables import read_table, sha256_file, write_json, write_table
from skillift.training.training_options import TrainingOptions


def main(argv: list[str] | None = None) -> None:
    """Read the corpus, train, write the log, and the manifest last."""
    arguments = parser(__doc__, TrainSpec)
    arguments.add_argument("--model", required=True, help="model folder of the base student")
    arguments.add_argument("--base-manifest", required=True, help="manifest of the base student")
    arguments.add_argument("--start", help="checkpoints of the run whose last one is trained on, if any")
    arguments.add_argument("--start-manifest", help="manifest of that run")
    arguments.add_argument("--tasks", help="tasks of the corpus, whose answers are scored, if any")
    arguments.add_argument("--corpus", required=True, help="table of demonstrations to train on")
    arguments.add_argument("--state", required=True, help="folder for resumable state; removed after success")
    arguments.add_argument("--threads", type=int, default=1, help="CPU threads")
    arguments.add_argument("--project", help="what the tracker calls the study")
    arguments.add_argument("--run-name", help="what the tracker calls the run")
    add_options(arguments, TrainingConfig, "`training` in config.yaml")
    arguments.add_argument("--checkpoints", required=True, help="folder of checkpoints to write")
    arguments.add_argument("--log", required=True, help="training log to write")
    arguments.add_argument(
        "--probes", required=True, help="table of probes to write, for the engine to score"
    )
    arguments.add_argument(
        "--trained-tokens", required=True, help="table of what is trained on to write, as checked"
    )
    arguments.add_argument("--manifest", required=True, help="manifest to write")
    options = arguments.parse_args(argv)
    from skillift.training.fine_tuning import last_checkpoint, train

    corpus = read_table(options.corpus, CORPUS)
    if options.tasks:
        from skillift.training.training_data import with_scoring

        corpus = with_scoring(corpus, read_table(options.tasks, TASKS))
    manifests = {"base": sha256_file(options.base_manifest)}
    model = Path(options.model)
    if (options.start is None) == ("start" in options.spec.model_fields_set):
        expected = "the checkpoints of a run (--start) exactly where the key `start` names its recipe"
        raise UserError(problem("--spec, key start", options.spec.start, expected))
    if options.start:
        model = last_checkpoint(options.start, options.start_manifest)
        manifests["start"] = sha256_file(options.start_manifest)
    named = {name: getattr(options, name) for name in ("threads", "project", "run_name")}
    how = TrainingOptions.of(given(options, TrainingConfig), **named)
    result = train(options.spec, model, corpus, options.checkpoints, options.state, how)
    write_table(result.log, options.log, RUN_LOG)
    write_table(result.probes, options.probes, PROBES)
    write_table(result.trained_tokens, options.trained_tokens, TRAINED_TOKENS)
    write_json({**manifests, **result.manifest}, options.manifest)


if __name__ == "__main__":
    run(main)
