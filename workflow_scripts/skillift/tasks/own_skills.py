"""A user's own skills: a YAML file, or a folder of `SKILL.md` files in the Agent Skills format.

The YAML file maps a skill's id to its `name`, its five `steps` and, if wished, its `domain` and the
`answer_type` of its tasks. A folder has one
folder for each skill, with a file `SKILL.md`: YAML front matter with `name` (the folder's name, the skill's
id) and `description`, then Markdown, whose first numbered list is the procedure (https://agentskills.io).
"""

from __future__ import annotations

import re
from pathlib import Path

from skillift.answers import ANSWER_TYPES
from skillift.errors import UserError, problem
from skillift.study.schema import did_you_mean, one_of, shown
from skillift.study.source import Source, Words, parse_source, read_source, read_text

STEPS_OF_A_SKILL = 5
SKILL_FILE = "SKILL.md"

_KEYS = ("name", "domain", "steps", "answer_type")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # of the Agent Skills format
_LONGEST = {"name": 64, "description": 1024}


def read_skills(path: Path | str, problems: list[str]) -> tuple[list[dict], set[str]]:
    """The rows of the table of skills, and the ids of all skills; what is wrong is added to `problems`.

    Raises:
        UserError: the file or folder cannot be read at all.
    """
    if Path(path).is_dir():
        return _folder(Path(path), problems)
    source = read_source(path, "skills file")
    rows = [_skill(source, skill_id, entry, problems) for skill_id, entry in source.value.items()]
    return [row for row in rows if row is not None], set(source.value)


def skill_files(folder: Path | str) -> list[str]:
    """The `SKILL.md` files of a folder of skills, sorted."""
    return sorted(path.as_posix() for path in Path(folder).glob(f"*/{SKILL_FILE}"))


def _skill(source: Source, skill_id: str, entry: object, problems: list[str]) -> dict | None:
    if not skill_id.strip():
        problems.append(source.problem((skill_id,), skill_id, "an id that is not empty"))
    if not isinstance(entry, dict):
        problems.append(source.problem((skill_id,), shown(entry), "a mapping with the keys name and steps"))
        return None
    for key in entry:
        if key not in _KEYS:
            found, mend = Words(f"an unknown key '{key}'"), did_you_mean(key, list(_KEYS))
            problems.append(source.problem((skill_id, key), found, one_of(list(_KEYS)), mend or "Delete it."))
    row = {"skill_id": skill_id, "name": entry.get("name"), "domain": entry.get("domain", "own")}
    for key in ("name", "domain"):
        if not is_text(row[key]):
            problems.append(source.problem((skill_id, key), shown(row[key]), "text, not empty"))
    row |= _answer_type(entry, source, (skill_id, "answer_type"), problems)
    row["steps"] = entry.get("steps")
    _check_steps(source, skill_id, row["steps"], problems)
    return row


def _answer_type(entry: dict, source: Source, key: tuple, problems: list[str]) -> dict:
    """The field `answer_type` of a skill that names one: the type of answers to its tasks that name none."""
    if "answer_type" not in entry:
        return {}
    if entry["answer_type"] not in ANSWER_TYPES:
        problems.append(source.problem(key, shown(entry["answer_type"]), one_of(list(ANSWER_TYPES))))
    return {"answer_type": entry["answer_type"]}


def _check_steps(source: Source, skill_id: str, steps: object, problems: list[str]) -> None:
    key, expected = (skill_id, "steps"), f"a list of {STEPS_OF_A_SKILL} steps"
    if not isinstance(steps, list):
        problems.append(source.problem(key, shown(steps), expected))
        return
    if len(steps) != STEPS_OF_A_SKILL:
        mend = "Join or split steps: procedures of one length keep prompts comparable."
        problems.append(source.problem(key, Words(f"{len(steps)} steps"), expected, mend))
    for index, step in enumerate(steps):
        if not is_text(step):
            mend = "Put it in quotes: a colon makes a mapping of it." if isinstance(step, dict) else ""
            problems.append(source.problem((*key, index), shown(step), "text, not empty", mend))
        elif "\n" in step.strip():
            problems.append(source.problem((*key, index), shown(step), "a step on one line"))


def _folder(folder: Path, problems: list[str]) -> tuple[list[dict], set[str]]:
    files = skill_files(folder)
    if not files:
        found, expected = Words(f"no {SKILL_FILE} in its folders"), f"<skill>/{SKILL_FILE} for each skill"
        raise UserError(problem(str(folder), found, expected))
    rows = [_skill_of_file(path, problems) for path in files]
    return [row for row in rows if row is not None], {Path(path).parent.name for path in files}


def _skill_of_file(path: str, problems: list[str]) -> dict | None:
    text = read_text(Path(path), "skill")
    parts = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$(.*)", text, re.DOTALL | re.MULTILINE)
    if parts is None:
        mend = "Begin the file with ---, name: ..., description: ..., ---."
        problems.append(problem(f"{path}:1", Words("no front matter"), "YAML between two lines ---", mend))
        return None
    # a line before the front matter keeps the file's count of lines
    source = parse_source("\n" + parts[1], path, "skill's front matter")
    skill_id = Path(path).parent.name
    _check_front_matter(source, skill_id, problems)
    steps, line = _numbered_list(parts[2])
    line += text.count("\n", 0, parts.start(2)) + 1
    if len(steps) != STEPS_OF_A_SKILL:
        found = Words(f"{len(steps)} steps in the first numbered list" if steps else "no numbered list")
        mend = "Join or split steps: procedures of one length keep prompts comparable."
        expected = f"a numbered list of {STEPS_OF_A_SKILL} steps"
        problems.append(problem(f"{path}:{line}", found, expected, mend))
    for number, step in enumerate(steps, start=1):
        if not step:
            problems.append(problem(f"{path}:{line}", Words(f"an empty step {number}"), "text"))
    more = source.value.get("metadata")
    more = more if isinstance(more, dict) else {}
    answer_type = _answer_type(more, source, ("metadata", "answer_type"), problems)
    labelled = [f"Step {number}: {step}" for number, step in enumerate(steps, start=1)]
    domain = str(more.get("domain") or "own")
    return {"skill_id": skill_id, "name": skill_id, "domain": domain, "steps": labelled, **answer_type}


def _check_front_matter(source: Source, skill_id: str, problems: list[str]) -> None:
    for key, longest in _LONGEST.items():
        value = source.value.get(key)
        if not is_text(value):
            problems.append(source.problem((key,), shown(value), "text, not empty"))
        elif len(value) > longest:
            found = Words(f"{len(value)} characters")
            problems.append(source.problem((key,), found, f"at most {longest}"))
    name = source.value.get("name")
    if is_text(name) and not _NAME.fullmatch(name):
        expected = "lower-case letters, digits and single hyphens between them"
        problems.append(source.problem(("name",), name, expected))
    elif is_text(name) and name != skill_id:
        mend = "Rename the folder or the skill."
        problems.append(source.problem(("name",), name, f"the name of its folder ({skill_id})", mend))


def _numbered_list(markdown: str) -> tuple[list[str], int]:
    """The items of the first numbered list as plain text, one line each, and the list's line (from 0)."""
    from markdown_it import MarkdownIt

    items: list[list[str]] = []
    line, inside = 0, False
    for token in MarkdownIt().parse(markdown):
        if token.type == "ordered_list_open" and token.level == 0:
            inside, line = True, token.map[0]
        elif token.type == "ordered_list_close" and token.level == 0:
            break
        elif inside and token.type == "list_item_open" and token.level == 1:
            items.append([])
        elif inside and token.content:
            parts = token.children or [token]
            items[-1].append("".join(part.content or " " * (part.type == "softbreak") for part in parts))
    return [" ".join(" ".join(parts).split()) for parts in items], line


def is_text(value: object) -> bool:
    """Whether a value is text with something in it."""
    return isinstance(value, str) and bool(value.strip())
