"""Train a student from scratch.

    python workflow_scripts/students/pretrain.py --tokenizer tokenizer/model --threads 1 --model s/model \
        --log s/log.parquet --manifest s/manifest.json --spec '{"pack": null, "architecture":
        {"hidden_size": 32, "layers": 2, "heads": 2, "kv_heads": 1, "intermediate_size": 64},
        "pretraining": {"steps": 20, "learning_rate": 6.0e-3, "seed": 0}}'

`pack` is the study's `tasks.pack`, whose dev and holdout lists are kept out of the text.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.training import TRAINING_LOG
from skillift.settings.student_specs import PretrainSpec
from skillift.students.folders import write_manifest
from skillift.students.pretraining import pretrain
from skillift.tables import write_json, write_table


def main(argv: list[str] | None = None) -> None:
    """Read the arguments, train, write the log and then the manifest."""
    arguments = parser(__doc__, PretrainSpec)
    arguments.add_argument("--tokenizer", required=True, help="folder of the tokenizer")
    arguments.add_argument(
        "--threads", type=int, default=1, help="threads of torch (results hold for one number)"
    )
    arguments.add_argument("--model", required=True, help="model folder to write")
    arguments.add_argument("--log", required=True, help="table of the training log to write")
    arguments.add_argument("--manifest", required=True, help="JSON file to write the manifest to")
    options = arguments.parse_args(argv)
    log = pretrain(options.spec, options.tokenizer, options.model, options.threads)
    write_table(log, options.log, TRAINING_LOG)
    source = {"kind": "scratch", **options.spec.model_dump()}
    write_json(write_manifest(options.model, source), options.manifest)


if __name__ == "__main__":
    run(main)
