"""What the jobs that take a model in need of a machine's memory: little of a folder, much of a GGUF file."""

from __future__ import annotations

from math import prod
from pathlib import Path

from skillift.errors import UserError
from skillift.running.job_sizes import CONVERSION_MB, IMPORT_MB, conversion_mb
from skillift.students.gguf_header import is_gguf, read_header
from skillift.study.study import Study


def importing_mb(study: Study, student: str, state: Path) -> int:
    """Memory of taking a model in (MB): a folder is linked or copied, a GGUF file is dequantised.

    Args:
        study: the study.
        student: the id of a student or reference model from a path, the hub or a package.
        state: the study's folder of state, where fetched packages are kept.
    """
    if student not in study.dequantised:
        return IMPORT_MB
    file = _file(study, student, state)
    if file is None or not is_gguf(file):
        return CONVERSION_MB
    try:
        header = read_header(file)
    except UserError:  # the job says it
        return CONVERSION_MB
    largest = max((prod(tensor.shape) for tensor in header.tensors), default=0)
    return conversion_mb(header.parameters, largest)


def _file(study: Study, student: str, state: Path) -> Path | None:
    """The GGUF file that a student is made of; None or missing where it is yet to be fetched."""
    entry = study.model(student)
    if entry["source"] == "path":
        return Path(study.model_folder(student))
    if entry["source"] == "package":
        from skillift.students.packages import CACHE, parts_of, place_of

        spec = study.package_spec(student)
        return place_of(parts_of(spec), spec.sha256, state / CACHE)
    from skillift.students.hub import cached_folder

    return cached_folder(entry["model"], entry.get("revision", "main"), entry["file"])
