"""Why a job is to be done, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from skillift.audit.differences import differences
from skillift.audit.plan import NEW, Job, Plan, Trigger
from skillift.stages import family, rule_named
from skillift.study.study import Study

_SHOWN = 3  # names of a list that are shown


class CodeNotes(Protocol):
    """The code behind digests; `code_notes.NotedCode` is one, and so is a dictionary."""

    def get(self, digest: str) -> Mapping[str, str] | None:
        """Symbol (`module:name`) -> digest of its text; None where it is not known."""


def own_reasons(job: Job, study: Study, notes: CodeNotes) -> list[str]:
    """The job's own causes, one text each; none where it only follows other jobs.

    Args:
        job: a planned job.
        study: the study of now.
        notes: the code behind the digests of now and of earlier runs, as far as it was noted.
    """
    if job.fate == NEW:
        return ["new"]
    texts = [_words(trigger, job, study, notes) for trigger in job.triggers if trigger.kind != "inputs"]
    inputs = [trigger for trigger in job.triggers if trigger.kind == "inputs"]
    if inputs:
        added = [trigger.after for trigger in inputs if trigger.after]
        removed = [trigger.before for trigger in inputs if trigger.before]
        parts = [f"{word} {_list(some)}" for word, some in (("added", added), ("removed", removed)) if some]
        texts.append(f"inputs: {'; '.join(parts)}")
    told = " ".join(texts)
    # options that only name the inputs or repeat the settings tell nothing new
    return [text for text in texts if text != "options of the command" or told == text]


def followed(job: Job, plan: Plan) -> list[str]:
    """The rules whose planned jobs this one follows, in the plan's order."""
    return list(dict.fromkeys(plan.jobs[number].rule for number in job.follows))


def families(rules: Iterable[str]) -> list[str]:
    """The rules, those of one family as one name."""
    return list(dict.fromkeys(map(family, rules)))


def subject(job: Job, study: Study) -> str:
    """What the settings of a job's rule are about: recipe `sft`, judge `tail`."""
    names, rule = dict(job.wildcards), rule_named(job.rule)
    if rule.work == "training":
        return f"recipe `{study.run(names['student'], names['run']).recipe}`"
    for wildcard in ("judge", "corpus"):
        if wildcard in names:
            return f"{wildcard} `{names[wildcard]}`"
    if rule.about:
        return rule.about
    if "student" in names and "run" not in names:
        return f"student `{names['student']}`"
    return job.rule


def _words(trigger: Trigger, job: Job, study: Study, notes: CodeNotes) -> str:
    files = _list(trigger.files)
    if trigger.kind == "spec":
        found = differences(trigger.before, trigger.after)
        if "judge" in job.wildcards:  # a judge's settings stand under `judge`
            found = [text.removeprefix("judge.") for text in found]
        return f"{subject(job, study)}: {'; '.join(found)}"
    if trigger.kind == "code":
        return changed_code(trigger, notes)
    return {
        "missing": f"missing: {files}",
        "incomplete": f"was interrupted: {files}",
        "changed": f"changed: {files}",
        "param": "options of the command",
        "command": "the rule's command",
        "environment": "the rule's software environment",
        "forced": "forced",
    }[trigger.kind]


def changed_code(trigger: Trigger, notes: CodeNotes) -> str:
    """Which functions changed, where the code of the last run was noted."""
    old, new = notes.get(trigger.before or ""), notes.get(trigger.after or "")
    if old is None or new is None:
        return "code that it reaches"
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    # a module as a whole changes with each of its parts
    parts = [name for name in changed if not name.endswith(":*")]
    return f"code: {_list([_symbol(name) for name in parts or changed])}"


def _symbol(name: str) -> str:
    module, _, symbol = name.partition(":")
    module = module.removeprefix("skillift.")
    return module if symbol in ("", "*") else f"{module}.{symbol}"


def _list(names: Iterable[str]) -> str:
    names = list(names)
    short = [str(Path(name)) for name in names[:_SHOWN]]
    more = len(names) - len(short)
    return ", ".join(short) + (f" and {more} more" if more else "")
