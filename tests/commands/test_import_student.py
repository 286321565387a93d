"""Claims about the command `import_student.py`."""

from __future__ import annotations

import json

import pytest
from chat_folders import GEMMA, write_base
from plain_folders import write_folder
from tiny_models import write_student

from skillift.errors import UserError
from skillift.students import head_sizes
from skillift.tables import folder_digests, read_json
from students import import_student


def _run(source, folder, engine="vllm", **spec):
    model, manifest = folder / "model", folder / "manifest.json"
    files = [f"--source={source}", f"--model={model}", f"--manifest={manifest}"]
    spec = {"source": "path", **spec}
    import_student.main(["--spec", json.dumps(spec), f"--engine={engine}", *files])
    return model, manifest


@pytest.mark.models
def test_an_existing_model_folder_becomes_a_student_with_a_manifest(tmp_path):
    source = write_student(tmp_path / "source")
    model, manifest = _run(source, tmp_path / "out")
    assert folder_digests(model) == folder_digests(source)
    assert read_json(manifest)["source"] == {"kind": "path", "path": str(source)}
    assert read_json(manifest)["digests"] == folder_digests(source)


def test_a_student_that_the_studys_engine_does_not_serve_is_refused_at_its_import(tmp_path, monkeypatch):
    monkeypatch.setattr(head_sizes, "served_head_sizes", lambda: (64, 128))
    source = write_folder(tmp_path / "source", head_dim=48)
    with pytest.raises(UserError, match=r"size 48.*`engine: transformers`"):
        _run(source, tmp_path / "out")
    assert not (tmp_path / "out" / "model").exists()
    assert _run(source, tmp_path / "out", "transformers")[1].is_file()


def test_a_chat_template_of_the_spec_goes_into_the_folder_and_the_manifest(tmp_path):
    source, template = write_base(tmp_path / "source"), {"file": "gemma.jinja", "text": GEMMA}
    model, manifest = _run(source, tmp_path / "out", chat_template=template, end_tokens=["<eos>"])
    assert (model / "chat_template.jinja").read_text() == GEMMA
    digests = read_json(manifest)["digests"]
    assert digests == folder_digests(model)
    assert read_json(manifest)["source"] == {
        "kind": "path",
        "path": str(source),
        "chat_template": {"file": "gemma.jinja", "sha256": digests["chat_template.jinja"]},
        "end_tokens": ["<eos>"],
    }
    with pytest.raises(UserError, match="no chat template"):
        _run(source, tmp_path / "without")


def test_an_unreadable_model_folder_is_an_error_and_no_manifest_is_written(tmp_path):
    with pytest.raises(UserError, match="expected a model folder"):
        _run(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()
