"""Claims about model folders: what is taken in, what is refused and in which words."""

from __future__ import annotations

import json
import os

import pytest
from tiny_models import write_student

from skillift.errors import UserError
from skillift.students.folder_checks import check_model_folder
from skillift.students.folders import import_student, parameter_count, write_manifest
from skillift.tables import sha256_file

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student"))


@pytest.fixture
def model(whole, tmp_path):
    """A copy that a test may break."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in whole.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_whole_folder_is_accepted(model):
    assert check_model_folder(model) is None


def test_the_manifest_tells_source_digests_and_parameters(model):
    from transformers import AutoModelForCausalLM

    manifest = write_manifest(model, {"kind": "path", "path": "somewhere"})
    assert manifest["source"] == {"kind": "path", "path": "somewhere"}
    assert manifest["digests"]["model.safetensors"] == sha256_file(model / "model.safetensors")
    assert set(manifest["digests"]) == {file.name for file in model.iterdir()}
    assert manifest["parameter_count"] == AutoModelForCausalLM.from_pretrained(model).num_parameters()


def test_an_imported_student_has_the_same_bytes_and_leaves_the_rest_behind(model, tmp_path):
    (model / "pytorch_model.bin").write_bytes(b"old weights")
    (model / ".cache").mkdir()
    import_student(model, tmp_path / "out")
    imported = {file.name for file in (tmp_path / "out").iterdir()}
    assert imported == {file.name for file in model.iterdir()} - {"pytorch_model.bin", ".cache"}
    assert write_manifest(tmp_path / "out", {})["parameter_count"] == parameter_count(model)


def test_weights_are_linked_not_copied_where_the_file_system_can(model, tmp_path):
    import_student(model, tmp_path / "out")
    assert (model / "model.safetensors").samefile(tmp_path / "out" / "model.safetensors")


def test_the_links_of_a_download_cache_are_followed(model, tmp_path):
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for file in model.iterdir():
        (snapshot / file.name).symlink_to(file)
    import_student(snapshot, tmp_path / "out")
    assert not any(file.is_symlink() for file in (tmp_path / "out").iterdir())
    check_model_folder(tmp_path / "out")


def test_importing_again_replaces_what_was_there(model, tmp_path):
    import_student(model, tmp_path / "out")
    (tmp_path / "out" / "config.json").unlink()
    (tmp_path / "out" / "config.json").write_text("{}")
    import_student(model, tmp_path / "out")
    assert (tmp_path / "out" / "config.json").read_bytes() == (model / "config.json").read_bytes()


def _cut_weights(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _drop_a_shard(folder):
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


BREAKAGES = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json"),
    "broken config": (lambda folder: (folder / "config.json").write_text('{"model_type": '), "config.json"),
    "config of nothing": (lambda folder: (folder / "config.json").write_text("{}"), "model_type"),
    "config is a list": (lambda folder: (folder / "config.json").write_text("[]"), "JSON object"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "safetensors"),
    "weights cut short": (_cut_weights, "model.safetensors: cannot be read"),
    "weights are a pointer": (
        lambda folder: (folder / "model.safetensors").write_text("version https://git-lfs..."),
        "model.safetensors: cannot be read",
    ),
    "a shard is missing": (_drop_a_shard, "model-00002-of-00002.safetensors"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer"),
    "no chat template": (lambda folder: (folder / "chat_template.jinja").unlink(), "chat template"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_folder_is_refused_by_name_before_anything_is_written(name, model, tmp_path):
    breakage, told = BREAKAGES[name]
    breakage(model)
    with pytest.raises(UserError, match=told) as caught:
        import_student(model, tmp_path / "out")
    assert str(model) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_folder_and_a_file_in_its_place_are_refused(tmp_path):
    with pytest.raises(UserError, match="found 'nothing', expected a model folder"):
        check_model_folder(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="found 'a file'"):
        check_model_folder(tmp_path / "file")


def test_a_file_that_may_not_be_read_is_refused(model, monkeypatch):
    from pathlib import Path

    read_text = Path.read_text

    def deny(path, *arguments, **options):
        if path.name == "config.json":
            raise PermissionError(13, "Permission denied")
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", deny)  # the tests may run as root, who may read everything
    with pytest.raises(UserError, match=r"config\.json: cannot be read \(Permission denied\)"):
        check_model_folder(model)


def test_a_full_disk_is_told_in_words(model, tmp_path, monkeypatch):
    import shutil

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UserError, match="No space left on device"):
        import_student(model, tmp_path / "out")
