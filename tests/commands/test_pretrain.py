"""Claims about the command `pretrain.py`."""

from __future__ import annotations

import json

import pytest

from skillift.contracts.training import TRAINING_LOG
from skillift.students.folder_checks import check_model_folder
from skillift.tables import read_json, read_table
from students import build_tokenizer, pretrain

pytestmark = pytest.mark.models

SPEC = {
    "architecture": {"hidden_size": 32, "layers": 1, "heads": 1, "kv_heads": 1, "intermediate_size": 32},
    "pretraining": {"steps": 3, "learning_rate": 6.0e-3, "seed": 0},
    "pack": None,
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    manifest = str(folder / "manifest.json")
    spec = '{"difficulty": "tiny"}'
    build_tokenizer.main(["--spec", spec, "--model", str(folder / "model"), "--manifest", manifest])
    return folder / "model"


def _run(folder, tokenizer):
    paths = {name: folder / file for name, file in _OUTPUTS.items()}
    options = [text for name, path in paths.items() for text in (f"--{name}", str(path))]
    pretrain.main(["--spec", json.dumps(SPEC), "--tokenizer", str(tokenizer), "--threads", "1", *options])
    return paths


_OUTPUTS = {"model": "model", "log": "log.parquet", "manifest": "manifest.json"}


def test_it_writes_a_servable_model_its_log_and_its_manifest(tokenizer, tmp_path):
    paths = _run(tmp_path, tokenizer)
    check_model_folder(paths["model"])
    assert read_table(paths["log"], TRAINING_LOG)["step"].to_list() == [3]
    manifest = read_json(paths["manifest"])
    assert manifest["source"] == {"kind": "scratch", **SPEC}
    assert manifest["parameter_count"] > 20_000


def test_the_same_spec_gives_the_same_bytes(tokenizer, tmp_path):
    first, again = _run(tmp_path / "a", tokenizer), _run(tmp_path / "b", tokenizer)
    for name in ("log", "manifest"):
        assert first[name].read_bytes() == again[name].read_bytes()
