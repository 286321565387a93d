"""Claims about `push_to_hub.py`, with the real client of the hub and a hub on this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hub_server import COMMIT, hub

from skillift.tables import read_json, write_json

pytestmark = pytest.mark.slow  # starts commands beside a server


@pytest.fixture
def push(scripts, tmp_path):
    """Runs the command; returns the finished process."""
    (tmp_path / "card.md").write_text("---\ntags:\n- skillift\n---\n\n# A card\n")
    for step in (9, 10):
        (tmp_path / f"checkpoints/step-{step}").mkdir(parents=True)
        (tmp_path / f"checkpoints/step-{step}/model.safetensors").write_text(f"weights {step}")
    write_json({"steps": {"9": {}, "10": {}}}, tmp_path / "manifest.json")
    (tmp_path / "worked.parquet").write_text("rows")

    def run(address, kind, *options, repository="owner/tiny"):
        command = [sys.executable, str(scripts / "cards/push_to_hub.py"), "--kind", kind]
        command += [f"--repository={repository}", f"--card={tmp_path / 'card.md'}", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": address,
            "HF_HOME": str(tmp_path / "cache"),
            "HF_TOKEN": "hf_0123456789",
        }
        command += [f"--out={tmp_path / 'pushed.json'}"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def _of_run(folder):
    return f"--folder={folder / 'checkpoints'}", f"--manifest={folder / 'manifest.json'}"


def test_the_last_checkpoint_is_pushed_with_its_card(push, tmp_path):
    (tmp_path / "hub").mkdir()
    with hub("owner/tiny", tmp_path / "hub") as (address, arrived):
        done = push(address, "model", *_of_run(tmp_path))
    assert done.returncode == 0, done.stderr
    pushed = {path.name: path.read_text() for path in (tmp_path / "hub").iterdir()}
    assert pushed["model.safetensors"] == "weights 10"
    assert "# A card" in pushed["README.md"]
    assert read_json(tmp_path / "pushed.json") == {"repository": "owner/tiny", "commit": COMMIT}
    assert "/api/repos/create" in arrived


def test_a_corpus_is_pushed_as_a_dataset(push, tmp_path):
    (tmp_path / "hub").mkdir()
    with hub("owner/tiny", tmp_path / "hub") as (address, arrived):
        done = push(address, "dataset", f"--file={tmp_path / 'worked.parquet'}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hub/worked.parquet").read_text() == "rows"
    assert any(path.startswith("/api/datasets/owner/tiny/commit") for path in arrived)


def test_what_the_hub_refuses_is_one_line_with_the_fix_and_no_key(push, tmp_path):
    with hub("owner/tiny", tmp_path, error="Forbidden") as (address, _):
        done = push(address, "model", *_of_run(tmp_path))
    assert done.returncode == 1
    line = done.stderr.strip().splitlines()[-1]
    assert "owner/tiny: the hub took no upload" in line
    assert "HF_TOKEN" in line
    assert "0123456789" not in done.stderr
    assert not (tmp_path / "pushed.json").exists()


def test_without_an_owner_nothing_is_pushed(push, tmp_path):
    done = push("http://127.0.0.1:9", "model", *_of_run(tmp_path), repository="/tiny")
    assert done.returncode == 1
    assert "expected <owner>/<name>. Set hub.owner in config.yaml" in done.stderr
