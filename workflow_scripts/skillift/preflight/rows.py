"""What only tasks and the rest of a study tell together: demonstrations made wrong, special tokens.

Suites, skills and worked solutions of own tasks: `skillift.preflight.own_data`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillift.study.study import Study
from skillift.yaml_sources.source import read_source

if TYPE_CHECKING:
    import polars as pl


def mistakes(study: Study) -> list[str]:
    """One line for each mistake: file, line, key, what was found, what was expected, the fix."""
    if not study.own_files():
        pack = study.data["tasks"]["pack"]
        return list(_rejected(study, pack["skills"] * pack["per_skill"]["train"]))
    from skillift.preflight.own_data import own_data  # plans of the task pack do without tables

    data = own_data(study)
    if data.skills is None or data.tasks is None:
        return data.mistakes
    rejected = _rejected(study, data.tasks["suite"].to_list().count("train"))
    return [*rejected, *_special_tokens(study, data.tasks, data.skills)]


def _rejected(study: Study, n_train: int) -> Iterator[str]:
    """Corpora with enough train tasks, but not without those whose solution the teacher makes wrong."""
    teacher = study.data.get("teacher", {})
    n_wrong = round(teacher.get("corrupted_share", 0) * n_train)
    if not n_wrong or teacher["attempts"] > 1:  # another attempt makes others wrong
        return
    source = read_source(study.path, "study file")
    for name, corpus in study.data["corpora"].items():
        most = n_train - n_wrong
        if corpus["verified"] and most < corpus["rows"] <= n_train:
            why = f"of {n_train} demonstrations, teacher.corrupted_share makes {n_wrong} wrong"
            fix = "Lower rows or teacher.corrupted_share (0 for own solutions), or add train tasks."
            yield source.problem(("corpora", name, "rows"), corpus["rows"], f"at most {most} ({why})", fix)


def _special_tokens(study: Study, tasks: pl.DataFrame, skills: pl.DataFrame) -> list[str]:
    from skillift.preflight.students import prompt_mistakes

    return prompt_mistakes(study, tasks, skills)
