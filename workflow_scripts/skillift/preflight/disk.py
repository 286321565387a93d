"""Whether there is room for the models that the planned jobs would write."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from skillift.errors import problem
from skillift.settings.student_specs import HubSpec
from skillift.stages import rule_named
from skillift.students.gguf_header import is_gguf, read_header
from skillift.study.study import Study

_GIB = 2**30
_DEQUANTISED = 4  # bytes of a weight in float32
_BESIDE = 50 * 2**20  # tables, logs and pages of a small study (bytes)


def shortage(
    study: Study, jobs: Iterable[tuple[str, Mapping[str, str]]], results: Path, ask_hub: bool = True
) -> list[str]:
    """One line where the disk of the results lacks room for the models of the planned jobs.

    A student's copy takes what its files take, or dequantised what float32 does, and each checkpoint as much
    again. What the hub does not tell, and packages before they are fetched, count as nothing.

    Args:
        study: the study.
        jobs: rule and wildcards of each planned job.
        results: the study's folder of results; may be missing.
        ask_hub: whether the hub can be asked how large its models are.
    """

    @cache
    def size_of(student: str) -> int:
        return _model_bytes(study, student, results, ask_hub)

    needed = _BESIDE
    for name, wildcards in jobs:
        rule = rule_named(name)
        if rule.imports:
            needed += size_of(wildcards["student"])
        elif rule.work == "training":
            recipe = study.run(wildcards["student"], wildcards["run"]).recipe
            needed += size_of(wildcards["student"]) * len(study.data["recipes"][recipe]["checkpoints"])
    place = results.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needed <= free:
        return []
    fix = "Free space there, or set `results` in config.yaml to a folder on another disk."
    found, expected = f"{free / _GIB:.1f} GiB free", f"{needed / _GIB:.1f} GiB for the models of this run"
    return [problem(f"disk of {place}", found, expected, fix)]


def _model_bytes(study: Study, student: str, results: Path, ask_hub: bool) -> int:
    made = results / "students" / student / "model"
    entry = study.model(student)
    folder = made if made.is_dir() else Path(study.model_folder(student)) if "path" in entry else None
    if folder is not None and is_gguf(folder):
        return _DEQUANTISED * read_header(folder).parameters
    if folder is not None:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return _hub_bytes(study.hub_spec(student)) if entry["source"] == "hub" and ask_hub else 0


def _hub_bytes(spec: HubSpec) -> int:
    """What the hub says of a model's weights; 0 where it cannot be asked."""
    from httpx import TransportError
    from huggingface_hub import model_info
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        files = model_info(spec.model, revision=spec.revision, files_metadata=True, timeout=20).siblings
    except (HfHubHTTPError, OfflineModeIsEnabled, TransportError, OSError):
        return 0
    if name := spec.file:  # at least: of numbers of 16 bits float32 takes twice as much, of fewer more
        return 2 * sum(file.size or 0 for file in files or [] if file.rfilename == name)
    return sum(file.size or 0 for file in files or [] if file.rfilename.endswith(".safetensors"))
