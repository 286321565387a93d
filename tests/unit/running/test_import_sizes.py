"""What taking a model in declares: little for a folder; by its weights for a GGUF file, from wherever."""

from __future__ import annotations

import pytest
from gguf_models import write_gguf
from plain_folders import write_folder
from study_files import REPOSITORY

from skillift.running import import_sizes
from skillift.running.import_sizes import importing_mb
from skillift.running.job_sizes import CONVERSION_MB, CONVERTER_MB, IMPORT_MB, conversion_mb
from skillift.students.packages import CACHE
from skillift.study.study import load_study

EMBEDDED = (REPOSITORY / "studies/embedded.yaml").read_text(encoding="utf-8")
SHA = "ab" * 32
PACKAGE = f"source: package, licence: MIT, sha256: {SHA}, package: tiny, version: 1.0.0, file: a/t.gguf"
HUB = "source: hub, model: a/b, file: t.gguf"
GGUF, FOLDER = "source: path, path: t.gguf", "source: path, path: model"


@pytest.fixture
def declared(study_file, tmp_path):
    def look(entry: str) -> int:
        text = EMBEDDED.replace("references: {}", f"references: {{r: {{tier: 9, {entry}}}}}")
        return importing_mb(load_study(study_file(text)), "r", tmp_path / "state")

    return look


def test_a_folder_takes_little_and_a_gguf_file_what_its_weights_take(declared, tmp_path):
    write_folder(tmp_path / "model")
    write_gguf(tmp_path / "t.gguf")
    assert declared(FOLDER) == IMPORT_MB <= CONVERTER_MB
    assert CONVERTER_MB < declared(GGUF) < CONVERTER_MB + 10


@pytest.mark.parametrize("entry", [PACKAGE, HUB], ids=["package", "hub"])
def test_what_is_yet_to_be_fetched_is_guessed_and_then_known(declared, tmp_path, monkeypatch, entry):
    from skillift.students import hub

    kept = tmp_path / "state" / CACHE / SHA / "t.gguf"
    monkeypatch.setattr(hub, "cached_folder", lambda *model: kept if kept.is_file() else None)
    assert declared(entry) == CONVERSION_MB
    write_gguf(kept)
    assert declared(entry) < CONVERTER_MB + 10


def test_a_file_that_cannot_be_read_is_left_to_the_job(declared, tmp_path, monkeypatch):
    monkeypatch.setattr(import_sizes, "is_gguf", lambda file: True)
    (tmp_path / "t.gguf").write_bytes(b"GGUF")
    assert declared(GGUF) == CONVERSION_MB


@pytest.mark.parametrize(
    ("parameters", "largest", "measured"),
    [(134_515_008, 49_152 * 576, 1_319), (268_098_176, 262_144 * 640, 3_479)],
    ids=["SmolLM2-135M", "Gemma 3 270M"],
)
def test_what_is_declared_is_near_what_was_measured(parameters, largest, measured):
    """Peaks of `import_student.py` (MB; 2026-11-30)."""
    assert measured < conversion_mb(parameters, largest) < 1.5 * measured
