"""Fixtures that several modules of unit tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillift.chat.answer_cache import AnswerCache


@pytest.fixture
def study_file(tmp_path):
    """Writes a study file and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def cache(tmp_path):
    """An empty cache of answers."""
    with AnswerCache(tmp_path / "answers.sqlite") as kept:
        yield kept
