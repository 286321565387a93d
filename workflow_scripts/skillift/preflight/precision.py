"""What bfloat16 would save of a study in float32, where this machine's processor computes in it.

A note, not an error: precision changes numbers, so it stays a key of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skillift.errors import UserError
from skillift.processes.memory import gib, processor_has_bfloat16
from skillift.running.job_sizes import Shape
from skillift.students.folder_files import read_object
from skillift.study.study import Study

LARGE = 20_000_000  # parameters from which on a training's memory is more than that of the libraries
_TOKENS = 400  # of the row that the note speaks of


def precision_notes(study: Study, results: Path | str) -> list[str]:
    """One sentence, where the study is in float32, a student of it large, and the processor has bfloat16.

    Args:
        study: the study.
        results: the folder of all results, with the students that an earlier run has made.
    """
    if study.data["inference"]["precision"] != "float32" or not processor_has_bfloat16():
        return []
    sizes = {name: shape for name, shape in _shapes(study, Path(results)) if shape.parameters >= LARGE}
    if not sizes:
        return []
    name = max(sizes, key=lambda student: sizes[student].parameters)
    shape = sizes[name]
    rows = [gib(_TOKENS * shape.token_bytes(precision)) for precision in ("float32", "bfloat16")]
    weights = [gib(size * shape.parameters) for size in (4, 2)]
    return [
        f"{study.path}: inference.precision is float32, and this machine's processor has bfloat16, too. With "
        f"`precision: bfloat16` a training of {name} (some {shape.parameters / 1e6:.0f} M parameters) would "
        f"keep about {rows[1]} instead of {rows[0]} of a row of {_TOKENS} tokens, and its engine "
        f"{weights[1]} instead of {weights[0]} of weights. It changes results, so it is the study's to say "
        "(docs/how-to/students.md, Memory)."
    ]


def _shapes(study: Study, results: Path) -> Iterator[tuple[str, Shape]]:
    """The students' shapes, as far as files tell them before the first job."""
    for name in study.students:
        made = results / study.name / "students" / name / "model"
        given = [Path(study.model_folder(name))] if name in study.students_from("path") else []
        for folder in (*given, made):
            try:
                yield name, _with_parameters(read_object(folder / "config.json"))
                break
            except (UserError, OSError, TypeError, ValueError):  # not there yet, or told elsewhere
                continue


def _with_parameters(config: dict) -> Shape:
    """A configuration's shape, with about as many parameters as its blocks and embeddings have."""
    shape = Shape.of(config, 0)
    text = config.get("text_config") or config
    heads = text.get("num_attention_heads") or 1
    shared = (text.get("num_key_value_heads") or heads) / heads  # keys and values that heads have in common
    block = round((2 + 2 * shared) * shape.hidden**2) + 3 * shape.hidden * shape.intermediate
    return Shape.of(config, shape.vocabulary * shape.hidden + shape.layers * block)
