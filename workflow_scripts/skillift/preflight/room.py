"""Whether the memory of this machine, or of the job's control group, holds the weights of the students.

A job whose weights alone are more than there is would be killed by the kernel, after others have run for
hours. What fits beside them is measured by each training itself (`skillift.training.device_memory`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.processes.memory import Memory, memory
from skillift.stages import rule_named
from skillift.students.folders import parameter_count
from skillift.students.gguf_header import is_gguf, read_header
from skillift.study.study import Study

_FLOAT32 = 4  # bytes of a weight: as GGUF files are dequantised, and as adapters are merged
_SERVED = {"bfloat16": 2, "float32": 4}
_FIX = "Raise the limit, run where there is more memory, or take a smaller student{half}."


def too_large(
    study: Study,
    jobs: Iterable[tuple[str, Mapping[str, str]]],
    results: Path,
    gpu: bool = False,
    there: Memory | None = None,
) -> list[str]:
    """One line for each student whose weights alone the memory does not hold, of the planned jobs.

    Args:
        study: the study.
        jobs: rule and wildcards of each planned job that runs on this machine.
        results: the study's folder of results; may be missing.
        gpu: whether weights are served from a GPU's memory.
        there: the memory; by default that of this process.
    """
    there = there or memory()
    bytes_of: dict[str, int] = {}
    precision = study.data["inference"]["precision"]
    for name, wildcards in jobs:
        rule, student = rule_named(name), wildcards.get("student")
        if student is None:
            continue
        if rule.work == "training" or (rule.imports and student in study.dequantised):
            least = _FLOAT32
        elif rule.work == "answering" and not gpu:
            least = _SERVED[precision]
        else:
            continue
        bytes_of[student] = max(least, bytes_of.get(student, 0))
    found = []
    for student, least in bytes_of.items():
        parameters = _parameters(study, student, results)
        if parameters is None or least * parameters <= there.total:
            continue
        of = "float32" if least == _FLOAT32 else precision
        weights = f"{_mib(least * parameters)} of weights in {of} ({parameters:,} parameters)"
        half = ", or set `inference.precision: bfloat16`" if _only_served(study, student, precision) else ""
        expected = f"at most the {_mib(there.total)} of {there.place}"
        section = "students" if student in study.students else "references"
        found.append(problem(f"{study.path}: {section}.{student}", weights, expected, _FIX.format(half=half)))
    return found


def _mib(size: int) -> str:
    """In parts small enough for both to differ in what is shown."""
    return f"{size / 2**20:,.0f} MiB"


def _only_served(study: Study, student: str, precision: str) -> bool:
    """Whether another precision would halve what a student takes at the least."""
    trained = any(run.student == student for run in study.trained_runs)
    return precision == "float32" and not trained and student not in study.dequantised


def _parameters(study: Study, student: str, results: Path) -> int | None:
    """The number of weights, where files tell it by now."""
    made, entry = results / "students" / student / "model", study.model(student)
    place = made if made.is_dir() else Path(study.model_folder(student)) if "path" in entry else None
    try:
        if place is None:
            return None
        return read_header(place).parameters if is_gguf(place) else parameter_count(place)
    except UserError:  # told with the folder
        return None
