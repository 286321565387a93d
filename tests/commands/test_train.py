"""The command `train`: files in, files out, the manifest last."""

from __future__ import annotations

import json

import polars as pl
import pytest
import train
from tiny_models import write_student

from skillift.contracts import CORPUS, PROBES, TRAINING_LOG
from skillift.errors import UserError
from skillift.tables import read_table, sha256_file, write_table

SPEC = {
    "objective": "sft",
    "trainable": {"lora": {"rank": 2, "alpha": 4, "dropout": 0.0}},
    "learning_rate": 1.0e-2,
    "epochs": 1,
    "batch_size": 2,
    "schedule": "linear",
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "checkpoints": [1, "final"],
    "seed": 0,
    "precision": "float32",
    "thinking": False,
}


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    write_student(tmp_path / "model")
    (tmp_path / "base.json").write_text("{}")
    messages = [
        [{"role": "user", "content": "1?"}, {"role": "assistant", "content": f"ANSWER: {n}"}]
        for n in range(4)
    ]
    corpus = pl.DataFrame({"task_id": list("abcd"), "attempt": [0] * 4, "messages": messages})
    write_table(corpus, tmp_path / "corpus.parquet", CORPUS)
    names = {
        "model": "model",
        "base-manifest": "base.json",
        "corpus": "corpus.parquet",
        "state": "state",
        "checkpoints": "checkpoints",
        "log": "log.parquet",
        "probes": "probes.parquet",
        "trained-tokens": "trained_tokens.parquet",
        "manifest": "manifest.json",
    }
    options = [text for name, file in names.items() for text in (f"--{name}", str(tmp_path / file))]
    return [*options, "--threads", "1", "--spec", json.dumps(SPEC)]


def test_a_training_leaves_checkpoints_log_and_manifest(arguments, tmp_path):
    train.main(arguments)
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-1", "step-2"]
    assert read_table(tmp_path / "log.parquet", TRAINING_LOG).height == 2
    probes = read_table(tmp_path / "probes.parquet", PROBES)
    assert probes.select("step", "task_id").rows() == [(step, task) for step in (0, 1, 2) for task in "abcd"]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["base"] == sha256_file(tmp_path / "base.json")
    assert sorted(manifest["steps"]) == ["1", "2"] and manifest["final_step"] == 2
    assert not (tmp_path / "state").exists()


def test_a_failed_training_leaves_no_manifest(arguments, tmp_path):
    spec = json.dumps({**SPEC, "checkpoints": [99]})
    with pytest.raises(UserError, match="found 99"):
        train.main([*arguments[:-1], spec])
    assert not (tmp_path / "manifest.json").exists()
