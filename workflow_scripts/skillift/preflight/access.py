"""What the planned jobs need from outside: keys, servers and models of a hub, looked for before any job runs.

A job would find the same out when its turn comes; by then an hour of others may have passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from skillift.errors import UserError
from skillift.settings.chat_models import (
    PARAPHRASER,
    ApiTeacher,
    AskedModel,
    AskedTeacher,
    Judge,
    Paraphraser,
)
from skillift.stages import rule_named
from skillift.study.study import Study

_AT_ONCE = 16


def missing(
    study: Study, jobs: Iterable[tuple[str, Mapping[str, str]]], state: Path | None = None
) -> list[str]:
    """What cannot be had, one line each: the key of the study, what was found, and the fix.

    Args:
        study: the study.
        jobs: rule and wildcards of each planned job.
        state: the study's folder of state, where fetched packages are kept.
    """
    looks = [look for _, look in sorted(_looks(study, jobs, state).items())]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # one that does not answer holds up no other
        return list(dict.fromkeys(filter(None, pool.map(_problem, looks))))


def _problem(look: Callable[[], None]) -> str | None:
    try:
        look()
    except UserError as error:
        return str(error)
    return None


def _looks(study: Study, jobs: Iterable[tuple[str, Mapping[str, str]]], state: Path | None) -> dict:
    """By key of the study: a function that raises where that model cannot be had."""
    looks: dict[str, Callable[[], None]] = {}

    def chat(where: str, entry: Judge | AskedTeacher | AskedModel | Paraphraser) -> None:
        looks[where] = partial(_check_chat, where, entry)

    for name, wildcards in jobs:
        rule = rule_named(name)
        if rule.asks in ("verdicts", "certification"):
            chat(f"judges.{wildcards['judge']}", study.declared.judges[wildcards["judge"]])
        elif rule.asks == "demonstrations":
            chat(f"judges.{study.primary_judge}", study.declared.judges[study.primary_judge])
            if isinstance(study.declared.teacher, ApiTeacher):
                chat("teacher", study.declared.teacher)
        elif rule.asks == "paraphrases" and study.paraphraser:
            chat(PARAPHRASER, study.paraphraser)
        elif rule.asks == "episodes":
            # with the settings that it has of `inference`
            chat(f"references.{wildcards['student']}", study.reference_spec(wildcards["student"]).reference)
        elif rule.downloads:
            student = wildcards["student"]
            where = f"{'students' if student in study.students else 'references'}.{student}"
            if study.model(student)["source"] == "hub":
                looks[where] = partial(_check_hub, where, study, student)
            else:
                looks |= _packages(where, study, student, state)
    return looks


def _packages(where: str, study: Study, student: str, state: Path | None) -> dict[str, Callable[[], None]]:
    """By key of the study: a function that raises where a package is not offered.

    Where its weights are there already, one that raises where they are no student.
    """
    from skillift.students.packages import CACHE, cached, check_offered, key_of, parts_of

    spec = study.package_spec(student)
    parts = parts_of(spec)
    if state and (file := cached(parts, spec.sha256, state / CACHE)):
        return {where: partial(_check_weights, where, study, student, file)}
    return {key: partial(check_offered, key, part) for part in parts if (key := key_of(where, parts, part))}


def _check_weights(where: str, study: Study, student: str, file: Path) -> None:
    from skillift.preflight.templates import chat_mistakes
    from skillift.students.folder_checks import folder_mistakes

    chat = study.chat(student)
    lines = folder_mistakes(file, study.data["inference"]["engine"], chat)
    lines += chat_mistakes(study, student, file, chat)
    if lines:
        raise UserError("\n".join(f"{where}: {line}" for line in lines))


def _check_chat(where: str, entry: Judge | AskedTeacher | AskedModel | Paraphraser) -> None:
    from skillift.chat.models import ChatModel

    model = ChatModel.from_entry(entry, where)
    if not model.offline:
        from skillift.chat.access import check_access  # litellm takes seconds to import

        check_access(model)


def _check_hub(where: str, study: Study, student: str) -> None:
    from skillift.preflight.templates import chat_mistakes
    from skillift.students.folder_checks import tokenizer_mistakes
    from skillift.students.hub import cached_folder, check_reachable, tokenizer_folder

    spec, chat = study.hub_spec(student), study.chat(student)
    model, file = (spec.model, spec.revision), spec.file
    check_reachable(where, *model, study.data["inference"]["engine"], chat, file)
    # what the header of a GGUF file says of its tokenizer is known once the file is there
    folder = cached_folder(*model, file) if file else tokenizer_folder(where, *model)
    if folder is None:
        return
    lines = [*tokenizer_mistakes(folder, chat), *chat_mistakes(study, student, folder, chat)]
    if lines:
        raise UserError("\n".join(f"{where}: {line}" for line in lines))
