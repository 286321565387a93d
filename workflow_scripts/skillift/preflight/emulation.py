"""Whether the students of an emulated run have one tokenizer: from their files, before the first job.

Where files do not tell it yet (packages, models of the hub that are not in its cache, GGUF files), the
engine does, before its first answer.
"""

from __future__ import annotations

import json
from pathlib import Path

from skillift.errors import UserError
from skillift.preflight.students import model_folders
from skillift.students.file_tokenizer import FILE
from skillift.study.emulation import EMULATED
from skillift.study.study import Study
from skillift.yaml_sources.source import Words, read_source

_OURS = "the tokenizer of students from scratch"


def mistakes(study: Study) -> list[str]:
    """One line for each emulated run of two students whose tokenizers are not the same.

    Args:
        study: the study.
    """
    known: dict[str, object] = dict.fromkeys(study.students_from("scratch"), _OURS)
    known |= {name: found for _, name, folder in model_folders(study) if (found := _tokens(folder))}
    told: list[str] = []
    for run in study.emulated_runs:
        small = study.data[EMULATED][run.recipe]["from"]["student"]
        if run.student in known and small in known and known[run.student] != known[small]:
            where = read_source(study.path, "study file")
            said = Words(f"{small}, whose tokenizer is not that of {run.student}")
            expected = "students with one tokenizer, as the scores of their tokens are added"
            key = ("recipes", f"{run.recipe}", "from", "student")
            told.append(where.problem(key, said, expected, "Emulate with students of one family."))
    return list(dict.fromkeys(told))


def _tokens(folder: Path) -> object:
    """What makes tokens of texts in a folder; None where it has no such file, or one that cannot be read."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, UserError):
        return None
    names = ("model", "added_tokens", "normalizer", "pre_tokenizer")
    return [content.get(name) for name in names] if isinstance(content, dict) else None
