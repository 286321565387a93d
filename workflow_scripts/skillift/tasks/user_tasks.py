"""A user's own tasks and own skills as the tables of tasks and skills.

One row of the tasks file has the columns of the table of tasks; `scorer`, `answer_type` and `worked_solution`
may be left out, `parent` is read of the suite perturbed alone, `expected` and `pattern` with the scorers
refusal and pattern alone, and further ones are kept in `metadata`.
Everything that is wrong with tasks and skills is reported at once, by file, line and field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from skillift.answers import ANSWER_TYPES
from skillift.answers.comparison import type_of
from skillift.contracts import pa
from skillift.contracts.pipeline import EXPECTED, SCORERS, SKILLS, SUITES, TASKS, key_of, required_columns
from skillift.errors import UserError, problem
from skillift.scorers.constraints import checks_of
from skillift.scorers.json import is_call
from skillift.settings.values import VARIANTS
from skillift.tables import check
from skillift.tasks.file_text import printable
from skillift.tasks.own_values import Refused, id_of, is_missing, metadata_of, text_of
from skillift.tasks.user_rows import read_rows
from skillift.tasks.user_skills import read_skills
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of, shown

MOST_LIKE_IT = 3  # rows with the same mistake that are named: a column may be missing in all
MOST_PROBLEMS = 50  # a file of the wrong form would fill the screen otherwise

_REQUIRED = ("task_id", "skill_id", "suite", "prompt", "reference")
_OPTIONAL = {"scorer": "answer_line", "answer_type": None, "worked_solution": None}
_PARENT, _EXPECTED, _PATTERN = "parent", "expected", "pattern"
_OF_SCORER = {"refusal": _EXPECTED, "pattern": _PATTERN}  # a field that a scorer needs
_MEANS = {
    _EXPECTED: ("what a right response does", f'{EXPECTED[0]}", or "{EXPECTED[1]}'),
    _PATTERN: ("a regular expression that finds the answer", "Result: (.+)"),
}
_CHOICES = {"suite": SUITES, "scorer": SCORERS, "answer_type": ANSWER_TYPES, _EXPECTED: EXPECTED}
_IDS = ("task_id", "skill_id", _PARENT, *_CHOICES)
_PROSE = ("prompt", "worked_solution")


@dataclass
class OwnData:
    """What own files hold: the tables as far as they could be read, all mistakes, and what bends the form.

    `skills` and `tasks` keep the contracts SKILLS and TASKS, sorted by their keys; None where there
    are mistakes.
    """

    skills: pl.DataFrame | None = None
    tasks: pl.DataFrame | None = None
    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_own(
    tasks_path: Path | str, skills_path: Path | str, warn: Callable[[str], None] = lambda text: None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read own tasks and own skills.

    Args:
        tasks_path: JSON, CSV or Parquet file, one task a row: task_id, skill_id, suite, prompt, reference,
            and optionally scorer (`answer_line` where left out), answer_type (where left out, its skill's,
            else that of its reference, see `skillift.answers.comparison.type_of`) and worked_solution; a task
            of the suite perturbed parent, the task that it is a variant of; one with the scorer refusal
            expected, of `contracts.pipeline.EXPECTED`; one with the scorer pattern a regular expression.
        skills_path: YAML file or folder of skills, see `skillift.tasks.user_skills`.
        warn: told of each thing that bends the form and was read all the same.

    Returns:
        The tables of skills and of tasks, keeping the contracts SKILLS and TASKS, sorted by their keys.

    Raises:
        UserError: everything that is wrong with either file, one line each: file, line, field, what was
            found, what was expected.
    """
    own = look_at_own(tasks_path, skills_path)
    for text in own.warnings:
        warn(text)
    if own.mistakes or own.skills is None or own.tasks is None:
        raise UserError("\n".join(shortened(own.mistakes)))
    return own.skills, own.tasks


def shortened(problems: list[str]) -> list[str]:
    """The first problems, and how many more there are."""
    rest = [f"and {len(problems) - MOST_PROBLEMS} more problems."] if len(problems) > MOST_PROBLEMS else []
    return problems[:MOST_PROBLEMS] + rest


def look_at_own(tasks_path: Path | str, skills_path: Path | str) -> OwnData:
    """Read own tasks and own skills; what is wrong, a missing file too, is listed and never raised."""
    own = OwnData()
    skills: list[dict] = []
    skill_ids: set[str] | None = None
    try:
        skills, skill_ids = read_skills(skills_path, own.mistakes, own.warnings)
    except UserError as error:
        own.mistakes += str(error).splitlines()
    answer_types = {row["skill_id"]: row.pop("answer_type", None) for row in skills}
    try:
        tasks = _tasks(str(tasks_path), skill_ids, str(skills_path), own)
    except UserError as error:
        own.mistakes += str(error).splitlines()
    if not own.mistakes:
        for task in tasks:
            task["answer_type"] = (
                task["answer_type"] or answer_types.get(task["skill_id"]) or type_of(task["reference"])
            )
        own.skills = _table(skills, SKILLS, str(skills_path))
        own.tasks = _table(tasks, TASKS, str(tasks_path))
    return own


def _table(rows: list[dict], contract: pa.DataFrameSchema, path: str) -> pl.DataFrame:
    there = {name for row in rows for name, value in row.items() if value is not None}
    names = [name for name in contract.columns if name in {*required_columns(contract), *there}]
    frame = pl.DataFrame(rows, schema={name: contract.columns[name].dtype.type for name in names})
    return check(frame.sort(key_of(contract)), contract, path)


def _tasks(path: str, skill_ids: set[str] | None, skills_path: str, own: OwnData) -> list[dict]:
    problems, before = own.mistakes, len(own.mistakes)
    rows: list[dict] = []
    first_place: dict[str, str] = {}
    further: dict[str, str] = {}
    places: list[str] = []
    told: list[tuple[str, str]] = []  # of each mistake: its row, and the line about it
    for where, place, record in read_rows(path, problems):
        in_row: list[str] = []
        row = _task(where, record, in_row)
        rows.append(row)
        places.append(where)
        further |= {name: where for name in record if name not in row and name not in further}
        task_id, skill_id = row["task_id"], row["skill_id"]
        if task_id is not None and first_place.setdefault(task_id, place) != place:
            expected = f"every id once (first on {first_place[task_id]})"
            in_row.append(problem(f"{where}: task_id", task_id, expected, "Rename or delete one."))
        if skill_id is not None and skill_ids is not None and skill_id not in skill_ids:
            fix = did_you_mean(skill_id, sorted(skill_ids)) or f"Add the skill to {skills_path}."
            in_row.append(problem(f"{where}: skill_id", skill_id, f"a skill of {skills_path}", fix))
        told += [(where, line) for line in in_row]
    told += _parents(dict(zip(places, rows, strict=True)), path)
    problems += _without_repetition(told)
    if orphans := [row for row in rows if row["suite"] == VARIANTS and row.get(_PARENT) is None]:
        own.warnings.append(_without_parent(path, len(orphans)))
    own.warnings += [_further(path, name) for name in further if did_you_mean(name, list(_OPTIONAL))]
    if len(problems) == before and all(row["suite"] == "train" for row in rows):
        found = Words(f"{len(rows)} tasks, none of a suite that is asked")
        expected = "at least one task of another suite than train"
        problems.append(problem(path, found, expected, "Add tasks whose suite is holdout."))
    return rows


def _parents(rows: dict[str, dict], path: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the tasks that variants name: unknown, trained on, or variants themselves."""
    suites = {row["task_id"]: row["suite"] for row in rows.values()}
    for where, row in rows.items():
        if (parent := row.get(_PARENT)) is None or suites.get(parent) not in (None, "train", VARIANTS):
            continue
        if parent not in suites:
            fix = did_you_mean(parent, [name for name in suites if name is not None])
            yield where, problem(f"{where}: {_PARENT}", parent, f"a task_id of {path}", fix)
        elif suites[parent] is not None:
            found = Words(f"{printable(parent)}, a task of {suites[parent]}")
            expected = "a task of another suite than train, which is no variant itself"
            yield where, problem(f"{where}: {_PARENT}", found, expected, "Name a task of the holdout, say.")


def _without_parent(path: str, number: int) -> str:
    found = Words(f"{number} tasks of the suite {VARIANTS} without one")
    fix = "They are asked, and are compared with no other task."
    return problem(f"{path}: {_PARENT}", found, "the task_id that each is a variant of", fix)


def _without_repetition(told: list[tuple[str, str]]) -> list[str]:
    """The lines about all rows; the same mistake in many rows is named a few times, then counted."""
    lines: list[str] = []
    like_it: dict[str, list[int]] = {}
    for where, line in told:
        places = like_it.setdefault(line.removeprefix(where), [])
        if len(places) < MOST_LIKE_IT:
            lines.append(line)
        places.append(len(lines) - 1)
    for places in like_it.values():
        if len(places) > MOST_LIKE_IT:
            lines[places[MOST_LIKE_IT - 1]] += f" The same in {len(places) - MOST_LIKE_IT} more rows."
    return lines


def _further(path: str, name: str) -> str:
    where, found = f"{path}: {printable(name)}", Words("a field that no task has")
    fix = f"It is kept as metadata. {did_you_mean(name, list(_OPTIONAL))}"
    return problem(where, found, one_of([*_REQUIRED, *_OPTIONAL]), fix)


def _task(where: str, record: dict, problems: list[str]) -> dict:
    """A row of the table of tasks; what cannot be read is None, and its problem is noted."""
    row = {name: _field(where, name, record, problems) for name in (*_REQUIRED, *_OPTIONAL)}
    needed = _OF_SCORER.get(row["scorer"] or "")
    further = [*([_PARENT] if row["suite"] == VARIANTS else []), *([needed] if needed else [])]
    row |= {name: _field(where, name, record, problems) for name in further}
    if needed and record.get(needed) is None:
        expected, example = _MEANS[needed]
        fix = f'Add "{needed}": "{example}".'
        problems.append(problem(f"{where}: {needed}", Words("no such field"), expected, fix))
    problems += _of_form(where, row)
    extra = {name: value for name, value in record.items() if name not in row}
    metadata = metadata_of(extra)
    if isinstance(metadata, Refused):
        problems.append(problem(where, *metadata))
    return {**row, "metadata": None if isinstance(metadata, Refused) else metadata}


def _of_form(where: str, row: dict) -> Iterator[str]:
    """What keeps a task's own form from being read: a reference that is no call, a broken expression."""
    if row["scorer"] == "json" and row["reference"] is not None and not is_call(row["reference"]):
        fix = 'Write it as {"name": "add", "arguments": {"a": 1}}, a text in JSON.'
        yield problem(f"{where}: reference", row["reference"], "a call in JSON, with name and arguments", fix)
    if row["scorer"] == "constraints" and row["reference"] is not None:
        try:
            checks_of(row["reference"])
        except ValueError as error:
            fix = 'Write it as [{"kind": "between", "of": "x", "low": 0}], a text in JSON.'
            yield problem(f"{where}: reference", Words(str(error)), "a list of checks in JSON", fix)
    if (pattern := row.get(_PATTERN)) is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            yield problem(f"{where}: {_PATTERN}", pattern, f"a regular expression ({error})", "Correct it.")


def _field(where: str, name: str, record: dict, problems: list[str]) -> str | None:
    here, value = f"{where}: {name}", record.get(name)
    if name in _REQUIRED and name not in record:
        near = [other for other in record if other not in _REQUIRED and did_you_mean(other, [name])]
        fix = f"Rename '{printable(near[0])}', if that is it." if near else f'Add "{name}": "...".'
        problems.append(problem(here, Words("no such field"), "text", fix))
        return None
    if name not in _REQUIRED and value is None:
        return _OPTIONAL.get(name)
    text = id_of(value) if name in _IDS else text_of(value)
    if name in _CHOICES and (isinstance(text, Refused) or text not in _CHOICES[name]):
        choices = list(_CHOICES[name])
        problems.append(problem(here, shown(value), one_of(choices), did_you_mean(value, choices)))
    elif isinstance(text, Refused):
        problems.append(problem(here, *text))
    elif name in _PROSE and is_missing(text):
        fix = "Leave the field empty where there is none: this is how pandas writes a gap as text."
        problems.append(problem(here, text, "text", fix))
    else:
        return text
    return None
