"""A user's own skills: a YAML file, or a folder of `SKILL.md` files in the Agent Skills format.

The YAML file maps a skill's id to its `name`, its `steps` (two or more) or its `procedure` (a text) and, if
wished, its `domain` and the `answer_type` of its tasks. A folder has one folder for each skill, whose name is
the skill's id, with a file `SKILL.md`: YAML front matter, then Markdown, which is the procedure
(`skillift.tasks.skill_documents`; https://agentskills.io). Files that other tools read are read; where they
bend the format, that is a warning.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

from skillift.answers import ANSWER_TYPES
from skillift.errors import UserError, problem
from skillift.tasks.file_text import file_text, printable, unusable, with_newlines
from skillift.tasks.front_matter import read_front_matter
from skillift.tasks.skill_documents import NAMES, procedure_of
from skillift.yaml_sources.source import Source, Words, parse_source
from skillift.yaml_sources.wording import did_you_mean, one_of, shown

FEWEST_STEPS = 2
SKILL_FILE = "SKILL.md"

_KEYS = ("name", "domain", "steps", "procedure", "answer_type")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # of the Agent Skills format
_LONGEST = {"name": 64, "description": 1024}


def read_skills(
    path: Path | str, problems: list[str], warnings: list[str] | None = None
) -> tuple[list[dict], set[str]]:
    """The rows of the table of skills, and the ids of all skills.

    Args:
        path: a YAML file, or a folder of skills.
        problems: what is wrong is added to it.
        warnings: what bends the format and was read all the same is added to it.

    Raises:
        UserError: the file or folder cannot be read at all.
    """
    warnings = [] if warnings is None else warnings
    if os.path.isdir(path):
        return _folder(Path(path), problems, warnings)
    if os.path.isfile(path) and Path(path).suffix.lower() == ".md":
        folder = Path(path).absolute().parent.parent.as_posix()
        fix = f"Name the folder that the skills' folders are in: {folder}."
        expected = f"a YAML file of skills, or a folder with <skill>/{SKILL_FILE}"
        raise UserError(problem(str(path), Words("one Markdown file"), expected, fix))
    source = parse_source(file_text(path, "skills file"), path, "skills file")
    rows: list[dict] = []
    first: dict[str, str] = {}
    for given, entry in source.mapping.items():
        skill_id = unicodedata.normalize("NFC", given.strip())
        if first.setdefault(skill_id, given) != given:
            problems.append(source.problem((given,), given, "every id once, whatever its form of letters"))
        rows += _skill(source, given, skill_id, entry, problems)
    return rows, set(first)


def skill_files(folder: Path | str) -> list[str]:
    """The `SKILL.md` files of a folder of skills, sorted."""
    named = (path for path in Path(folder).glob("*/*") if path.name.lower() == SKILL_FILE.lower())
    return sorted(path.as_posix() for path in named)


def _skill(source: Source, key: str, skill_id: str, entry: object, problems: list[str]) -> Iterator[dict]:
    if not skill_id:
        problems.append(source.problem((key,), key, "an id that is not empty"))
    if not isinstance(entry, dict):
        problems.append(source.problem((key,), shown(entry), "a mapping with the keys name and steps"))
        return
    for name in entry:
        if name not in _KEYS:
            found, fix = Words(f"an unknown key '{name}'"), did_you_mean(name, list(_KEYS))
            problems.append(source.problem((key, name), found, one_of(list(_KEYS)), fix or "Delete it."))
    row = {"skill_id": skill_id, "name": entry.get("name"), "domain": entry.get("domain", "own")}
    for name in ("name", "domain"):
        if not is_text(row[name]):
            problems.append(source.problem((key, name), shown(row[name]), "text, not empty"))
    row |= _answer_type(entry, source, (key, "answer_type"), problems)
    if "procedure" in entry and "steps" in entry:
        expected = "one of steps (a list) and procedure (a text)"
        problems.append(source.problem((key,), Words("both steps and procedure"), expected, "Delete one."))
    elif "procedure" in entry:
        row["steps"] = _steps_of_text(source, (key, "procedure"), entry["procedure"], problems)
        yield row
    else:
        row["steps"] = _checked_steps(source, key, entry.get("steps"), problems)
        yield row


def _answer_type(entry: dict, source: Source, key: tuple, problems: list[str]) -> dict:
    """The field `answer_type` of a skill that names one: the type of answers to its tasks that name none."""
    if "answer_type" not in entry:
        return {}
    if entry["answer_type"] not in ANSWER_TYPES:
        problems.append(source.problem(key, shown(entry["answer_type"]), one_of(list(ANSWER_TYPES))))
    return {"answer_type": entry["answer_type"]}


def _steps_of_text(source: Source, key: tuple[str, str], text: object, problems: list[str]) -> list[str]:
    if not is_text(text) or unusable(text):
        why = Words(unusable(text)) if isinstance(text, str) and unusable(text) else shown(text)
        problems.append(source.problem(key, why, "text, not empty", "Write it below `procedure: |`."))
        return []
    procedure = procedure_of(with_newlines(text).strip("\n"))
    if procedure.unclear:
        where = source.where(key)
        problems.append(_unclear(where, [(None, heading) for _, heading in procedure.unclear]))
    return procedure.steps


def _checked_steps(source: Source, skill_id: str, steps: object, problems: list[str]) -> list[str]:
    key, expected = (skill_id, "steps"), f"a list of {FEWEST_STEPS} steps or more"
    if not isinstance(steps, list):
        fix = "Write a procedure that is no list of steps below `procedure: |`."
        problems.append(source.problem(key, shown(steps), expected, fix))
        return []
    if len(steps) < FEWEST_STEPS:
        fix = "Split it, or write it below `procedure: |`."
        number = f"{len(steps)} step{'s' * (len(steps) != 1)}"
        problems.append(source.problem(key, Words(number), expected, fix))
    for index, step in enumerate(steps):
        if not is_text(step):
            fix = "Put it in quotes: a colon makes a mapping of it." if isinstance(step, dict) else ""
            problems.append(source.problem((*key, index), shown(step), "text, not empty", fix))
        elif why := unusable(step):
            problems.append(source.problem((*key, index), Words(why), "whole characters"))
        elif "\n" in with_newlines(step).strip():
            problems.append(source.problem((*key, index), shown(step), "a step on one line"))
    return [with_newlines(step) for step in steps if isinstance(step, str)]


def _folder(folder: Path, problems: list[str], warnings: list[str]) -> tuple[list[dict], set[str]]:
    files = skill_files(folder)
    if not files:
        found, expected = Words(f"no {SKILL_FILE} in its folders"), f"<skill>/{SKILL_FILE} for each skill"
        deeper = sorted({path.parent.parent.as_posix() for path in folder.rglob(SKILL_FILE)})
        fix = f"There are some below {deeper[0]}; name that folder." if deeper else ""
        raise UserError(problem(str(folder), found, expected, fix))
    rows, first = [], dict[str, str]()
    for path in files:
        skill_id = unicodedata.normalize("NFC", Path(path).parent.name)
        if first.setdefault(skill_id, path) != path:
            expected = f"every skill once (first in {first[skill_id]})"
            problems.append(problem(path, Words("a second file of the skill"), expected, "Delete one."))
        try:
            rows.append(_skill_of_file(path, skill_id, problems, warnings))
        except UserError as error:
            problems += str(error).splitlines()
    return rows, set(first)


def _skill_of_file(path: str, skill_id: str, problems: list[str], warnings: list[str]) -> dict:
    text = with_newlines(file_text(path, "skill"))
    if why := unusable(text):
        problems.append(problem(path, Words(why), "whole characters"))
    front = read_front_matter(text, path)
    if front.source is None:
        fix = "Its folder's name serves as its name."
        warnings.append(problem(f"{path}:1", Words("no front matter"), "YAML between two lines ---", fix))
    else:
        _check_front_matter(front.source, skill_id, warnings)
    for line, key in front.quoted:
        found = Words("a colon in a text without quotes")
        fix = "The whole line was taken as the text, as other tools take it."
        warnings.append(problem(f"{path}:{line}: {key}", found, "YAML", fix))
    values = front.source.mapping if front.source else {}
    more = values.get("metadata")
    more = more if isinstance(more, dict) else {}
    domain = more.get("domain")
    name = values.get("name")
    return {
        "skill_id": skill_id,
        "name": " ".join(name.split()) if is_text(name) and not unusable(name) else skill_id,
        "domain": domain if is_text(domain) and not unusable(domain) else "own",
        "steps": _steps_of_body(path, front.body, front.body_line, problems),
        **(_answer_type(more, front.source, ("metadata", "answer_type"), problems) if front.source else {}),
    }


def _steps_of_body(path: str, body: str, first_line: int, problems: list[str]) -> list[str]:
    procedure = procedure_of(body)
    if procedure.unclear:
        lists = [(first_line + line, heading) for line, heading in procedure.unclear]
        problems.append(_unclear(f"{path}:{lists[0][0]}", lists))
    for line, number in procedure.empty_steps:
        where, found = f"{path}:{first_line + line}", Words(f"an empty step {number}")
        problems.append(problem(where, found, "text"))
    if not procedure.steps and not procedure.unclear:
        fix = "Write the procedure below the front matter."
        problems.append(problem(f"{path}:{first_line}", Words("no procedure"), "text, not empty", fix))
    return procedure.steps


def _unclear(where: str, lists: Sequence[tuple[int | None, str]]) -> str:
    named = [
        " ".join(
            filter(
                None, [f"on line {line}" if line else "", f"under '{printable(heading)}'" if heading else ""]
            )
        )
        for line, heading in lists
    ]
    found = Words(f"{len(lists)} numbered lists that may be the procedure ({'; '.join(filter(None, named))})")
    fix = "Put the procedure under such a heading, and other lists under others."
    return problem(where, found, f"one of them under a heading {', '.join(NAMES[:-1])} or {NAMES[-1]}", fix)


def _check_front_matter(source: Source, skill_id: str, warnings: list[str]) -> None:
    for key, longest in _LONGEST.items():
        value = source.mapping.get(key)
        if not is_text(value):
            warnings.append(source.problem((key,), shown(value), "text, not empty"))
        elif len(value) > longest:
            found = Words(f"{len(value)} characters")
            warnings.append(source.problem((key,), found, f"at most {longest}"))
    name = source.mapping.get("name")
    if is_text(name) and not _NAME.fullmatch(name):
        expected = "lower-case letters, digits and single hyphens between them"
        warnings.append(source.problem(("name",), name, expected))
    elif is_text(name) and name != skill_id:
        fix = f"Tasks name the skill by its folder: '{skill_id}'."
        warnings.append(source.problem(("name",), name, f"the name of its folder ({skill_id})", fix))


def is_text(value: object) -> TypeGuard[str]:
    """Whether a value is text with something in it."""
    return isinstance(value, str) and bool(value.strip())
