"""What bfloat16 would save is said once, where it matters and where this machine has it."""

from __future__ import annotations

import json

import pytest
from study_files import EMBEDDED

from skillift.preflight import precision
from skillift.preflight.mistakes import warnings
from skillift.study.study import load_study

SMOLLM2 = {"hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "vocab_size": 49_152}
SMOLLM2 |= {"num_attention_heads": 9, "num_key_value_heads": 3}
TINY = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "vocab_size": 600}


@pytest.fixture
def notes(study_file, tmp_path, monkeypatch):
    """Notes on a study in some precision whose student `s` has some configuration, on some processor."""

    def told(config: dict = SMOLLM2, declared: str = "float32", has: bool = True) -> list[str]:
        monkeypatch.setattr(precision, "processor_has_bfloat16", lambda: has)
        folder = tmp_path / "results/embedded/students/s/model"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config))
        text = EMBEDDED.replace("precision: float32", f"precision: {declared}")
        return warnings(load_study(study_file(text)), {"results": str(tmp_path / "results")})

    return told


def test_a_large_student_in_float32_is_told_what_bfloat16_would_save(notes):
    (line,) = notes()
    for words in (
        "inference.precision is float32",
        "a training of s (some 134 M",
        "0.9 GiB instead of 1.4 GiB",
        "0.5 GiB",
    ):
        assert words in line


@pytest.mark.parametrize(
    "case", [{"has": False}, {"declared": "bfloat16"}, {"config": TINY}], ids=lambda case: next(iter(case))
)
def test_where_it_saves_nothing_nothing_is_said(notes, case):
    assert notes(**case) == []
