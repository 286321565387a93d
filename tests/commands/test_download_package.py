"""Claims about `download_package.py`: from packages of an index on this machine to a student."""

from __future__ import annotations

import json

import package_index
import pytest
from gguf_models import write_gguf
from package_index import index, write_wheel

from skillift.errors import UserError
from skillift.students.model_folders import load_tokenizer
from skillift.students.origin import origin
from skillift.tables import folder_digests, read_json, sha256_file
from students import download_package

pytestmark = pytest.mark.models


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Serves a GGUF file in two packages; runs the command on them, and gives its manifest's path."""
    file = write_gguf(tmp_path / "whole.gguf")
    whole = file.read_bytes()
    parts = [{"package": f"tiny-part{n}", "version": "1.0", "file": f"tiny/part{n}"} for n in (1, 2)]
    for part, content in zip(parts, (whole[:9_000], whole[9_000:]), strict=True):
        write_wheel(tmp_path / "index", part["package"], part["version"], {part["file"]: content})
    spec = {"name": "s", "parts": parts, "sha256": sha256_file(file), "licence": "Apache-2.0"}
    for name in package_index.OTHERS:
        monkeypatch.delenv(name, raising=False)

    def command(**changes):
        with index(tmp_path / "index") as (address, _):
            for name, value in package_index.settings(address).items():
                monkeypatch.setenv(name, value)
            options = [f"--{name}={tmp_path / name}" for name in ("cache", "model", "manifest")]
            download_package.main(["--spec", json.dumps({**spec, **changes}), "--engine=vllm", *options])
        return tmp_path / "manifest"

    return command


def test_packages_become_a_student_whose_manifest_names_them_their_uploader_and_their_licence(
    run, tmp_path, capsys
):
    manifest = read_json(run())
    assert manifest["digests"] == folder_digests(tmp_path / "model")
    assert load_tokenizer(tmp_path / "model").eos_token == "<|im_end|>"
    source = manifest["source"]
    assert (source["kind"], source["licence"]) == ("package", "Apache-2.0")
    assert [part["author"] for part in source["parts"]] == ["Somebody"] * 2
    assert source["gguf"]["sha256"] == sha256_file(tmp_path / "whole.gguf")
    assert "Apache-2.0, the packages' metadata MIT" in capsys.readouterr().err
    told = origin(manifest)
    for words in (
        "from the Python packages tiny-part1 1.0, tiny-part2 1.0",
        "a third party's upload (by Somebody, as it says itself), not known to be the model's maker's",
        "dequantised to float32 from a GGUF file (Q8_0), tensors: 5 of F32, 8 of Q4_0, 7 of Q8_0",
    ):
        assert words in told


def test_weights_that_the_study_does_not_mean_leave_no_student(run, tmp_path):
    with pytest.raises(UserError, match="key 'sha256'"):
        run(sha256="0" * 64)
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "manifest").exists()
