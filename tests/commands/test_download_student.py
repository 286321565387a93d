"""Claims about `download_student.py`, with the real client of the hub and a hub on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from gguf_models import write_gguf
from hub_server import COMMIT, hub
from tiny_models import write_student

from skillift.tables import folder_digests, read_json

pytestmark = pytest.mark.models

MODEL = "owner/tiny"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The model that the hub serves, with files that a student does not need."""
    folder = write_student(tmp_path_factory.mktemp("hub") / "tiny")
    (folder / "README.md").write_text("A card.")
    (folder / "pytorch_model.bin").write_bytes(b"old weights")
    shutil.copy(folder / "model.safetensors", folder / "consolidated.safetensors")  # as Mistral's are
    return folder


@pytest.fixture
def download(scripts, tmp_path):
    """Runs the command against a hub; returns the finished process."""

    def run(address, offline=False, **spec):
        command = [sys.executable, str(scripts / "students/download_student.py")]
        command += ["--spec", json.dumps({"name": "s", "model": MODEL, "revision": "main", **spec})]
        command += [f"--model={tmp_path / 'model'}", f"--manifest={tmp_path / 'manifest.json'}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {
            "HF_ENDPOINT": address,
            "HF_HOME": str(tmp_path / "cache"),
            "HF_HUB_OFFLINE": str(int(offline)),
            "HF_HUB_ETAG_TIMEOUT": "2",
            "HF_TOKEN": "hf_canary0123456789",
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_model_of_the_hub_becomes_a_student_at_a_recorded_commit(download, source, tmp_path):
    with hub(MODEL, source) as (address, arrived):
        done = download(address)
        assert done.returncode == 0, done.stderr
        wanted = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
        manifest = read_json(tmp_path / "manifest.json")
        assert manifest["source"] == {"kind": "hub", "model": MODEL, "revision": "main", "commit": COMMIT}
        assert manifest["digests"] == folder_digests(tmp_path / "model")
        assert wanted <= set(manifest["digests"])
        left = {"README.md", "pytorch_model.bin", "consolidated.safetensors"}
        assert not left & set(manifest["digests"])
        assert not any(path.endswith(tuple(left)) for path in arrived if "/resolve/" in path)
        for name in wanted:
            assert (tmp_path / "model" / name).read_bytes() == (source / name).read_bytes()
        n_downloads = sum("/resolve/" in path for path in arrived)
        assert download(address).returncode == 0
        assert sum("/resolve/" in path for path in arrived) == n_downloads  # kept, and not asked for again
    shutil.rmtree(tmp_path / "model")
    done = download(address, offline=True)
    assert done.returncode == 0, done.stderr
    assert read_json(tmp_path / "manifest.json") == manifest


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("GatedRepo", ("key 'model'", "(gated)", "Accept the model's terms", "HF_TOKEN")),
        ("RepoNotFound", ("key 'model'", "expected a model of the hub", "Correct the name")),
    ],
)
def test_what_the_hub_refuses_is_an_error_that_names_the_student_and_the_fix(
    error, words, download, source, tmp_path
):
    with hub(MODEL, source, error=error) as (address, _):
        done = download(address)
    _one_line(done, *words)
    assert not (tmp_path / "manifest.json").exists()


def _one_line(done, *words):
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    line = done.stderr.strip().splitlines()[-1]  # bars of downloads stand before it
    assert "students.s" in line
    assert all(word in line for word in words), line
    assert "canary" not in line


def test_an_unknown_revision_is_an_error(download, source):
    with hub(MODEL, source) as (address, _):
        _one_line(download(address, revision="v9"), "key 'revision'", "'v9'", f"a revision of {MODEL}")


def test_no_network_is_an_error_that_says_what_to_do(download, source):
    with hub(MODEL, source) as (address, _):
        pass
    _one_line(download(address), "not in the cache and cannot be had", "use `source: path`")
    _one_line(download(address, offline=True), "not in the cache and cannot be had", "HF_HOME")


def test_a_file_that_differs_from_its_recorded_digest_is_an_error_and_downloaded_again(
    download, source, tmp_path
):
    with hub(MODEL, source, corrupt="model.safetensors") as (address, _):
        _one_line(download(address), "model.safetensors", "the digest", "It was deleted")
    assert not (tmp_path / "manifest.json").exists()
    with hub(MODEL, source) as (address, _):
        done = download(address)
    assert done.returncode == 0, done.stderr


def test_a_cache_that_was_copied_without_its_links_is_used_and_noted_as_not_verified(
    download, source, tmp_path
):
    with hub(MODEL, source) as (address, _):
        assert download(address).returncode == 0
    linked = read_json(tmp_path / "manifest.json")
    (tmp_path / "cache").rename(tmp_path / "linked")
    shutil.copytree(tmp_path / "linked", tmp_path / "cache")  # follows links, as `cp -rL` and Docker's COPY
    shutil.rmtree(tmp_path / "linked")
    done = download(address, offline=True)
    assert done.returncode == 0, done.stderr
    assert "students.s: not verified" in done.stderr
    copied = read_json(tmp_path / "manifest.json")
    assert copied["source"].pop("not_verified") == sorted(linked["digests"])
    assert copied == linked


def test_a_gguf_file_of_the_hub_is_downloaded_alone_and_dequantised(download, tmp_path):
    source = tmp_path / "files"
    for name in ("tiny-Q8_0.gguf", "tiny-Q4_0.gguf"):
        write_gguf(source / name)
    (source / "README.md").write_text("A card.")
    with hub(MODEL, source) as (address, arrived):
        done = download(address, file="tiny-Q8_0.gguf")
        assert done.returncode == 0, done.stderr
        assert not any("Q4_0" in path for path in arrived if "/resolve/" in path)
        _one_line(download(address, file="m.gguf"), "key 'file': found 'm.gguf', expected a GGUF file of")
    found = read_json(tmp_path / "manifest.json")["source"]
    assert (found["kind"], found["commit"], found["gguf"]["file"]) == ("hub", COMMIT, "tiny-Q8_0.gguf")
    assert "not_verified" not in found
    assert "model.safetensors" in folder_digests(tmp_path / "model")


LOOK = """
import sys
from skillift.students.hub import check_reachable
check_reachable("students.s", *sys.argv[1:])
"""


def test_a_model_that_can_be_no_student_is_refused_before_it_is_downloaded(source, tmp_path):
    folder = shutil.copytree(source, tmp_path / "source")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "owner/base", "r": 8}')
    environment = os.environ | {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    with hub(MODEL, folder) as (address, arrived):
        command = [sys.executable, "-c", LOOK, MODEL, "main", "vllm"]
        environment["HF_ENDPOINT"] = address
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    told = done.stderr.strip().splitlines()[-1]
    assert "students.s: " in told and "an adapter beside a whole model (adapter_config.json)" in told
    assert [path.rpartition("/")[2] for path in arrived if "/resolve/" in path] == ["config.json"]


def test_digests_of_the_study_are_compared(download, source):
    with hub(MODEL, source) as (address, _):
        right = folder_digests(source)
        done = download(address, digests={"model.safetensors": right["model.safetensors"]})
        assert done.returncode == 0, done.stderr
        _one_line(download(address, digests={"model.safetensors": "0" * 64}), "key 'digests'", "0" * 64)
        _one_line(download(address, digests={"other.safetensors": "0" * 64}), "'other.safetensors'")
