"""Claims about the command `build_tokenizer.py`."""

from __future__ import annotations

from skillift.tables import folder_digests, read_json
from students import build_tokenizer


def test_it_writes_a_tokenizer_folder_and_a_manifest_with_its_digests(tmp_path):
    model, manifest = tmp_path / "model", tmp_path / "manifest.json"
    build_tokenizer.main(
        ["--spec", '{"difficulty": "tiny"}', "--model", str(model), "--manifest", str(manifest)]
    )
    assert (model / "tokenizer.json").is_file()
    assert read_json(manifest) == {"source": {"difficulty": "tiny"}, "digests": folder_digests(model)}
