"""Whether there are as many tasks as the study takes, and none that its students would misread.

Rows and skills of corpora, suites, worked solutions; special tokens of students in texts.
"""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from skillift.errors import UserError, problem
from skillift.study.source import Source, Words, read_source
from skillift.study.study import Study
from skillift.tasks.own import read_own

_NAMED = 5  # tasks that a message names


def mistakes(study: Study) -> list[str]:
    """What asks for more tasks than there are, one line each: file, line, key, found, expected, fix."""
    source = read_source(study.path, "study file")
    own = study.own_files()
    if not own:
        pack = study.data["tasks"]["pack"]
        sizes = [pack["per_skill"]["train"]] * pack["skills"]
        return list(_corpora(study, source, sizes, told=sum(sizes)))
    try:
        skills, tasks = read_own(own["tasks"], own["skills"])
    except UserError as error:
        return str(error).splitlines()
    found = list(_suites(study, source, tasks))
    if study.data["corpora"] and "teacher" in study.data:
        train = tasks.filter(pl.col("suite") == "train")
        if study.data["teacher"]["kind"] == "worked_solution":
            found += _without_solution(own["tasks"], train)
        found += _corpora(study, source, Counter(train["skill_id"]).values())
    return found + _special_tokens(study, tasks, skills)


def _suites(study: Study, source: Source, tasks: pl.DataFrame) -> Iterator[str]:
    filled = sorted(set(tasks["suite"]) - {"train"})
    for index, suite in enumerate(study.data["inference"]["suites"]):
        if suite not in filled:
            expected = f"a suite of which there are tasks ({', '.join(filled)})"
            fix = "Add tasks, or leave it out."
            yield source.problem(("inference", "suites", index), suite, expected, fix)


def _without_solution(path: str, train: pl.DataFrame) -> Iterator[str]:
    lacking = train.filter(pl.col("worked_solution").fill_null("").str.strip_chars() == "")["task_id"].sort()
    if len(lacking):
        more = ", ..." if len(lacking) > _NAMED else ""
        named = ", ".join(lacking.head(_NAMED)) + more
        found = Words(f"none for {len(lacking)} of {len(train)} train tasks ({named})")
        expected = "a worked solution for each task of the suite train, which the teacher hands over"
        fix = "Add them, or name a teacher of the kind `api`."
        yield problem(f"{path}: worked_solution", found, expected, fix)


def _corpora(study: Study, source: Source, n_train: Iterable[int], told: float = math.inf) -> Iterator[str]:
    """Corpora of more rows or skills than can come of the train tasks, so many for each skill.

    More than `told` rows are found already where the study file is read.
    """
    sizes = sorted(n_train, reverse=True)
    for name, corpus in study.data["corpora"].items():
        if (corpus.get("skills") or 0) > len(sizes):
            expected = f"at most {len(sizes)} (skills with train tasks)"
            fix = "Lower it, or leave it out for all skills."
            yield source.problem(("corpora", name, "skills"), corpus["skills"], expected, fix)
            continue
        most, why = sum(sizes[: corpus.get("skills")]), "one demonstration of each train task"
        rejected = _rejected(study.data["teacher"], sum(sizes))
        if rejected and corpus["verified"] and not corpus.get("skills"):
            most -= rejected
            why += f", without the {rejected} that teacher.corrupted_share makes wrong"
        if most < corpus["rows"] <= told:
            fix = "Lower rows, or add train tasks."
            yield source.problem(("corpora", name, "rows"), corpus["rows"], f"at most {most} ({why})", fix)


def _rejected(teacher: dict, n_tasks: int) -> int:
    """Demonstrations that are made wrong and not asked for again."""
    return round(teacher.get("corrupted_share", 0) * n_tasks) if teacher["attempts"] == 1 else 0


def _special_tokens(study: Study, tasks: pl.DataFrame, skills: pl.DataFrame) -> list[str]:
    if importlib.util.find_spec("skillift.students.preflight") is None:
        return []
    return importlib.import_module("skillift.students.preflight").prompt_mistakes(study, tasks, skills)
