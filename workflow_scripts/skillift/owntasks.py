"""A user's own tasks (JSONL) and own skills (YAML) as the tables of tasks and skills.

One line of the tasks file is one JSON object with the columns of the table of tasks; `scorer` and
`worked_solution` may be left out. The skills file maps a skill's id to its `name`, its five `steps` and,
if wished, its `domain`. Everything that is wrong with the two files is reported at once, by line and field.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandera.polars as pa
import polars as pl

from skillift.contracts import SCORERS, SKILLS, SUITES, TASKS, key_of
from skillift.errors import UserError, problem
from skillift.study_schema import did_you_mean, one_of, shown
from skillift.study_source import Source, Words, read_source
from skillift.tables import check

STEPS_OF_A_SKILL = 5
MOST_PROBLEMS = 50  # a file of the wrong form would fill the screen otherwise

_REQUIRED = ("task_id", "skill_id", "suite", "prompt", "reference")
_CHOICES = {"suite": SUITES, "scorer": SCORERS}
_SKILL_KEYS = ("name", "domain", "steps")


def read_own(tasks_path: Path | str, skills_path: Path | str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read own tasks and own skills.

    Args:
        tasks_path: JSONL file, one task a line: task_id, skill_id, suite, prompt, reference, and optionally
            scorer (`answer_line` where left out) and worked_solution.
        skills_path: YAML file, skill id -> {name, steps: five texts, domain (`own` where left out)}.

    Returns:
        The tables of skills and of tasks, keeping the contracts SKILLS and TASKS, sorted by their keys.

    Raises:
        UserError: everything that is wrong with either file, one line each: file, line, field, what was
            found, what was expected.
    """
    source = read_source(skills_path, "skills file")
    problems: list[str] = []
    skills = _skills(source, problems)
    tasks = _tasks(str(tasks_path), set(source.value), str(skills_path), problems)
    if problems:
        rest = (
            [f"and {len(problems) - MOST_PROBLEMS} more problems."] if len(problems) > MOST_PROBLEMS else []
        )
        raise UserError("\n".join(problems[:MOST_PROBLEMS] + rest))
    return _table(skills, SKILLS, str(skills_path)), _table(tasks, TASKS, str(tasks_path))


def _table(rows: list[dict], contract: pa.DataFrameSchema, path: str) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={name: column.dtype.type for name, column in contract.columns.items()})
    return check(frame.sort(key_of(contract)), contract, path)


def _skills(source: Source, problems: list[str]) -> list[dict]:
    rows = []
    for skill_id, entry in source.value.items():
        if not skill_id.strip():
            problems.append(source.problem((skill_id,), skill_id, "an id that is not empty"))
        if not isinstance(entry, dict):
            problems.append(
                source.problem((skill_id,), shown(entry), "a mapping with the keys name and steps")
            )
            continue
        for key in entry:
            if key not in _SKILL_KEYS:
                found, mend = Words(f"an unknown key '{key}'"), did_you_mean(key, list(_SKILL_KEYS))
                problems.append(
                    source.problem((skill_id, key), found, one_of(list(_SKILL_KEYS)), mend or "Delete it.")
                )
        row = {"skill_id": skill_id, "name": entry.get("name"), "domain": entry.get("domain", "own")}
        for key in ("name", "domain"):
            if not _is_text(row[key]):
                problems.append(source.problem((skill_id, key), shown(row[key]), "text, not empty"))
        row["steps"] = entry.get("steps")
        _check_steps(source, skill_id, row["steps"], problems)
        rows.append(row)
    return rows


def _check_steps(source: Source, skill_id: str, steps: object, problems: list[str]) -> None:
    key, expected = (skill_id, "steps"), f"a list of {STEPS_OF_A_SKILL} steps"
    if not isinstance(steps, list):
        problems.append(source.problem(key, shown(steps), expected))
        return
    if len(steps) != STEPS_OF_A_SKILL:
        mend = "Join or split steps: procedures of one length keep prompts comparable."
        problems.append(source.problem(key, Words(f"{len(steps)} steps"), expected, mend))
    for index, step in enumerate(steps):
        if not _is_text(step):
            mend = "Put it in quotes: a colon makes a mapping of it." if isinstance(step, dict) else ""
            problems.append(source.problem((*key, index), shown(step), "text, not empty", mend))
        elif "\n" in step.strip():
            problems.append(source.problem((*key, index), shown(step), "a step on one line"))


def _tasks(path: str, skill_ids: set[str], skills_path: str, problems: list[str]) -> list[dict]:
    rows, first_line, before = [], {}, len(problems)
    for number, text in enumerate(_lines(path), start=1):
        if not text.strip():
            continue
        record = _record(f"{path}:{number}", text, problems)
        if record is None:
            continue
        rows.append(_task(f"{path}:{number}", record, problems))
        task_id, skill_id = record.get("task_id"), record.get("skill_id")
        if _is_text(task_id) and first_line.setdefault(task_id, number) != number:
            expected = f"every id once (first on line {first_line[task_id]})"
            problems.append(problem(f"{path}:{number}: task_id", task_id, expected, "Rename or delete one."))
        if _is_text(skill_id) and skill_id not in skill_ids:
            mend = did_you_mean(skill_id, sorted(skill_ids)) or f"Add the skill to {skills_path}."
            problems.append(
                problem(f"{path}:{number}: skill_id", skill_id, f"a skill of {skills_path}", mend)
            )
    if len(problems) == before and not any(row["suite"] == "holdout" for row in rows):
        found = Words(f"{len(rows)} tasks, none of the suite holdout")
        problems.append(
            problem(path, found, "at least one holdout task", 'Add tasks with "suite": "holdout".')
        )
    return rows


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise UserError(problem(path, Words("no such file"), "a JSONL file of tasks")) from None
    except UnicodeDecodeError as error:
        found = Words(f"bytes that are not UTF-8 at position {error.start}")
        raise UserError(problem(path, found, "a JSONL file in UTF-8", "Save the file as UTF-8.")) from None
    except OSError as error:
        raise UserError(problem(path, Words(error.strerror or str(error)), "a readable JSONL file")) from None


def _record(where: str, text: str, problems: list[str]) -> dict | None:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict:
        names = [name for name, _ in pairs]
        repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(pairs)

    try:
        record = json.loads(text, object_pairs_hook=once)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested"
        found = Words(f"text that is not JSON ({said})")
        mend = "A task is one whole object on one line."
        problems.append(problem(f"{where}{place}", found, "a JSON object", mend))
        return None
    if not isinstance(record, dict):
        problems.append(problem(where, shown(record), "a JSON object with the fields of a task"))
        return None
    for name in repeated:
        problems.append(problem(f"{where}: {name}", Words("the field a second time"), "every field once"))
    return record


def _task(where: str, record: dict, problems: list[str]) -> dict:
    fields = list(TASKS.columns)
    for name in record:
        if name not in fields:
            found, mend = Words(f"an unknown field '{name}'"), did_you_mean(name, fields) or "Delete it."
            problems.append(problem(f"{where}: {name}", found, one_of(fields), mend))
    row = {"scorer": "answer_line", "worked_solution": None, **{name: record.get(name) for name in record}}
    for name in fields:
        value, here = row.get(name), f"{where}: {name}"
        if name in _REQUIRED and name not in record:
            problems.append(problem(here, Words("no such field"), "text", f'Add "{name}": "...".'))
        elif name == "worked_solution" and value is None:
            continue
        elif name in _CHOICES and value not in _CHOICES[name]:
            choices = list(_CHOICES[name])
            problems.append(problem(here, shown(value), one_of(choices), did_you_mean(value, choices)))
        elif not _is_text(value):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            mend = f'Put it in quotes: "{value}".' if number else ""
            problems.append(problem(here, shown(value), "text, not empty", mend))
    return {name: row.get(name) for name in fields}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
