"""A student whose weights alone are more than the memory is told before the first job."""

from __future__ import annotations

import pytest
from gguf_models import write_gguf
from plain_folders import write_folder
from study_files import REPOSITORY

from skillift.preflight.room import too_large
from skillift.processes.memory import Memory
from skillift.students.folders import parameter_count
from skillift.students.gguf_header import read_header
from skillift.study.study import load_study

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
SCRATCH = SMOKE[SMOKE.index("  s:\n") : SMOKE.index("  m:\n")]
TRAIN = ("train", {"student": "s", "run": "sft-s0"})
BASE = ("generate", {"student": "s", "run": "base"})
IMPORT = ("import_student", {"student": "s"})


@pytest.fixture
def told(study_file, tmp_path):
    """What is told of planned jobs in a control group of so many bytes."""

    def look(path: str, total: int, *jobs, gpu: bool = False, precision: str = "float32") -> list[str]:
        text = SMOKE.replace(SCRATCH, f"  s: {{tier: 1, source: path, path: {path}}}\n")
        text = text.replace("engine: vllm", f"engine: vllm, precision: {precision}")
        there = Memory(total, total // 2, "the control group /sys/fs/cgroup/job")
        return too_large(load_study(study_file(text)), jobs, tmp_path / "results", gpu, there)

    return look


def test_weights_that_the_control_group_does_not_hold_are_told_once_a_student(told, tmp_path):
    weights = 4 * parameter_count(write_folder(tmp_path / "model"))
    assert told("model", weights, TRAIN, BASE) == []
    (line,) = told("model", weights - 1, TRAIN, BASE)
    assert ": students.s: found '0 MiB of weights in float32 (12 parameters)'" in line
    assert "of the control group /sys/fs/cgroup/job" in line and "smaller student" in line


def test_what_is_only_served_takes_its_precision_and_on_a_gpu_nothing_of_the_machine(told, tmp_path):
    half = 2 * parameter_count(write_folder(tmp_path / "model"))
    assert told("model", half, BASE, precision="bfloat16") == []
    assert len(told("model", half, TRAIN, precision="bfloat16")) == 1  # merged in float32
    assert len(told("model", half, BASE)) == 1
    assert told("model", half, BASE, gpu=True) == []


def test_a_gguf_file_is_counted_as_it_is_dequantised(told, tmp_path):
    weights = 4 * read_header(write_gguf(tmp_path / "t.gguf")).parameters
    assert told("t.gguf", weights, IMPORT) == []
    assert len(told("t.gguf", weights - 1, IMPORT)) == 1


def test_what_nobody_knows_yet_and_a_broken_folder_are_no_mistakes_of_memory(told, tmp_path):
    (tmp_path / "no-weights").mkdir()
    (tmp_path / "no-weights/config.json").write_text("{}")
    assert told("no-weights", 1, TRAIN, BASE, IMPORT) == []
