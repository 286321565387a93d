"""A user's own tasks and own skills as the tables of tasks and skills.

One row of the tasks file has the columns of the table of tasks; `scorer`, `answer_type` and
`worked_solution` may be left out. Everything that is wrong with tasks and skills is reported at once, by
file, line and field.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from skillift.answers import ANSWER_TYPES
from skillift.answers.comparison import type_of
from skillift.contracts import pa
from skillift.contracts.pipeline import SCORERS, SKILLS, SUITES, TASKS, key_of
from skillift.errors import UserError, problem
from skillift.study.schema import did_you_mean, one_of, shown
from skillift.study.source import Words
from skillift.tables import check
from skillift.tasks.own_rows import read_rows
from skillift.tasks.own_skills import is_text, read_skills

MOST_PROBLEMS = 50  # a file of the wrong form would fill the screen otherwise

_REQUIRED = ("task_id", "skill_id", "suite", "prompt", "reference")
_CHOICES = {"suite": SUITES, "scorer": SCORERS, "answer_type": ANSWER_TYPES}


def read_own(tasks_path: Path | str, skills_path: Path | str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read own tasks and own skills.

    Args:
        tasks_path: JSONL, CSV or Parquet file, one task a row: task_id, skill_id, suite, prompt, reference,
            and optionally scorer (`answer_line` where left out), answer_type (where left out, its skill's,
            else that of its reference, see `skillift.answers.comparison.type_of`) and worked_solution.
        skills_path: YAML file or folder of skills, see `skillift.tasks.own_skills`.

    Returns:
        The tables of skills and of tasks, keeping the contracts SKILLS and TASKS, sorted by their keys.

    Raises:
        UserError: everything that is wrong with either file, one line each: file, line, field, what was
            found, what was expected.
    """
    problems: list[str] = []
    skills, skill_ids = read_skills(skills_path, problems)
    answer_types = {row["skill_id"]: row.pop("answer_type", None) for row in skills}
    tasks = _tasks(str(tasks_path), skill_ids, str(skills_path), problems)
    for task in tasks:
        if task["answer_type"] is None and is_text(task["reference"]):
            task["answer_type"] = answer_types.get(task["skill_id"]) or type_of(task["reference"])
    if problems:
        rest = (
            [f"and {len(problems) - MOST_PROBLEMS} more problems."] if len(problems) > MOST_PROBLEMS else []
        )
        raise UserError("\n".join(problems[:MOST_PROBLEMS] + rest))
    return _table(skills, SKILLS, str(skills_path)), _table(tasks, TASKS, str(tasks_path))


def _table(rows: list[dict], contract: pa.DataFrameSchema, path: str) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={name: column.dtype.type for name, column in contract.columns.items()})
    return check(frame.sort(key_of(contract)), contract, path)


def _tasks(path: str, skill_ids: set[str], skills_path: str, problems: list[str]) -> list[dict]:
    rows, first_place, before = [], {}, len(problems)
    for where, place, record in read_rows(path, problems):
        rows.append(_task(where, record, problems))
        task_id, skill_id = record.get("task_id"), record.get("skill_id")
        if is_text(task_id) and first_place.setdefault(task_id, place) != place:
            expected = f"every id once (first on {first_place[task_id]})"
            problems.append(problem(f"{where}: task_id", task_id, expected, "Rename or delete one."))
        if is_text(skill_id) and skill_id not in skill_ids:
            mend = did_you_mean(skill_id, sorted(skill_ids)) or f"Add the skill to {skills_path}."
            problems.append(problem(f"{where}: skill_id", skill_id, f"a skill of {skills_path}", mend))
    if len(problems) == before and not any(row["suite"] == "holdout" for row in rows):
        found = Words(f"{len(rows)} tasks, none of the suite holdout")
        problems.append(
            problem(path, found, "at least one holdout task", "Add tasks whose suite is holdout.")
        )
    return rows


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
        elif name in ("worked_solution", "answer_type") and value is None:
            continue
        elif name in _CHOICES and value not in _CHOICES[name]:
            choices = list(_CHOICES[name])
            problems.append(problem(here, shown(value), one_of(choices), did_you_mean(value, choices)))
        elif not is_text(value):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            mend = f'Put it in quotes: "{value}".' if number else ""
            problems.append(problem(here, shown(value), "text, not empty", mend))
    return {name: row.get(name) for name in fields}
