"""What the planned jobs need from outside: keys, servers and models of a hub, looked for before any job runs.

A job would find the same out when its turn comes; by then an hour of others may have passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from skillift.errors import UserError
from skillift.stages import rule_named
from skillift.study.study import Study

_AT_ONCE = 16


def missing(study: Study, jobs: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    """What cannot be had, one line each: the key of the study, what was found, and the fix.

    Args:
        study: the study.
        jobs: rule and wildcards of each planned job.
    """
    looks = [look for _, look in sorted(_looks(study, jobs).items())]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # one that does not answer holds up no other
        return list(dict.fromkeys(filter(None, pool.map(_problem, looks))))


def _problem(look: Callable[[], None]) -> str | None:
    try:
        look()
    except UserError as error:
        return str(error)
    return None


def _looks(study: Study, jobs: Iterable[tuple[str, Mapping[str, str]]]) -> dict:
    """By key of the study: a function that raises where that model cannot be had."""
    looks: dict[str, Callable[[], None]] = {}

    def chat(where: str, entry: dict) -> None:
        looks[where] = partial(_check_chat, where, entry)

    for name, wildcards in jobs:
        rule = rule_named(name)
        if rule.asks in ("verdicts", "certification"):
            chat(f"judges.{wildcards['judge']}", study.data["judges"][wildcards["judge"]])
        elif rule.asks == "demonstrations":
            chat(f"judges.{study.primary_judge}", study.data["judges"][study.primary_judge])
            if study.data["teacher"]["kind"] == "api":
                chat("teacher", study.data["teacher"])
        elif rule.asks == "episodes":
            # with the settings that it has of `inference`
            chat(
                f"references.{wildcards['student']}", study.reference_spec(wildcards["student"])["reference"]
            )
        elif rule.downloads:
            section = "students" if wildcards["student"] in study.students else "references"
            where = f"{section}.{wildcards['student']}"
            looks[where] = partial(_check_hub, where, study, wildcards["student"])
    return looks


def _check_chat(where: str, entry: dict) -> None:
    from skillift.chat.models import ChatModel

    model = ChatModel.from_entry(entry, where)
    if not model.offline:
        from skillift.chat.access import check_access  # litellm takes seconds to import

        check_access(model)


def _check_hub(where: str, study: Study, student: str) -> None:
    from skillift.preflight.templates import chat_mistakes
    from skillift.students.folder_checks import tokenizer_mistakes
    from skillift.students.hub import check_reachable, tokenizer_folder

    spec, chat = study.hub_spec(student), study.chat(student)
    model = spec["model"], spec["revision"]
    check_reachable(where, *model, study.data["inference"]["engine"], chat)
    folder = tokenizer_folder(where, *model)
    lines = [*tokenizer_mistakes(folder, chat), *chat_mistakes(study, student, folder, chat)]
    if lines:
        raise UserError("\n".join(f"{where}: {line}" for line in lines))
