"""The rows of a corpus that takes the tasks of another: one of each task, or no corpus.

So recipes on the two differ in their data alone. Which tasks get a wrong answer is drawn over all tasks of
the other corpus, before it is known which of them have one: a draw among those that do would take the hard
ones. A task that lacks what is asked for therefore ends the study; it is never left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from skillift.corpus.candidates import Verdict, balanced, first_answers, response_in
from skillift.errors import UserError, problem
from skillift.settings.specs import CorpusSpec
from skillift.yaml_sources.source import Words

_SHOWN_IDS = 20  # of tasks in one message
_IN_WORDS = {"right": "demonstration that passed", "wrong": "demonstration that failed", "any": "answer"}


def matched_rows(known: pl.DataFrame, like: pl.DataFrame, spec: CorpusSpec) -> list[dict]:
    """One demonstration of each task of `like`, in the order of their ids.

    Args:
        known: the frame of `candidates.with_known_skills`.
        like: contract CORPUS.
        spec: how it is selected; `wrong_share` of the tasks, rounded to a whole number, get a wrong answer.

    Raises:
        UserError: a task has no demonstration of the kind that is asked for; it is named.
    """
    tasks = like.select("task_id").unique().join(known.select("task_id", "skill_id").unique(), on="task_id")
    n_wrong = round((spec.wrong_share or 0.0) * tasks.height)
    wrong = {row["task_id"] for row in balanced(tasks.to_dicts(), n_wrong, spec.seed)}
    asked: dict[Verdict, set[str]] = {
        "right" if spec.verified else "any": set(like["task_id"]) - wrong,
        "wrong": wrong,
    }
    chosen = []
    for verdict, of_these in asked.items():
        rows = [row for row in first_answers(known, verdict) if row["task_id"] in of_these]
        usable = [row for row in rows if response_in(spec.form, row["response"])]
        _refuse_missing(of_these, rows, usable, verdict, spec)
        chosen += usable
    same_tasks(chosen, like, spec)
    return sorted(chosen, key=lambda row: row["task_id"])


def same_tasks(rows: Sequence[dict], like: pl.DataFrame, spec: CorpusSpec) -> None:
    """The contract of matched corpora: both have the same tasks, each once.

    Raises:
        UserError: a task stands in one of the two alone, or twice.
    """
    ids, others = sorted(row["task_id"] for row in rows), sorted(like["task_id"])
    if ids != others:
        apart = sorted(set(ids) ^ set(others)) or sorted({name for name in ids if ids.count(name) > 1})
        expected = f"the {len(others)} tasks of the corpus {spec.like}, each once"
        fix = "Select both corpora again from the same demonstrations."
        raise UserError(problem("corpus, column task_id", Words(_named(apart)), expected, fix))


def _refuse_missing(
    asked: set[str], rows: list[dict], usable: list[dict], verdict: Verdict, spec: CorpusSpec
) -> None:
    if not (missing := sorted(asked - {row["task_id"] for row in usable})):
        return
    there = {row["task_id"] for row in rows}
    mute = [task_id for task_id in missing if task_id in there]
    lacking = [task_id for task_id in missing if task_id not in there]
    found = f"no {_IN_WORDS[verdict]} of {len(lacking)} task(s) ({_named(lacking)})" if lacking else ""
    if mute:
        found += f"{'; ' if found else ''}one without an ANSWER line of {len(mute)} ({_named(mute)})"
    expected = f"one for each of the {len(asked)} tasks that it takes so from the corpus {spec.like}"
    fix = "Raise teacher.attempts, or write `until: both` in `teacher`; a task is never left out of one arm."
    if verdict == "any" or not lacking:
        fix = "Take tasks out of both corpora by the rows, skills or domains of the other one."
    raise UserError(problem("corpus, key 'like'", Words(found), expected, fix))


def refuse_lacking(lacking: Sequence[str], found: str, n_tasks: int, spec: CorpusSpec, fix: str) -> None:
    """End where tasks lack what is asked for.

    Raises:
        UserError: there are such tasks; `found` says what they lack, and they are named.
    """
    if lacking:
        found = f"{found} of {len(lacking)} task(s) ({_named(sorted(lacking))})"
        expected = f"one for each of the {n_tasks} tasks that it takes from the corpus {spec.like}"
        raise UserError(problem("corpus, key 'rejected'", Words(found), expected, fix))


def _named(ids: Sequence[str]) -> str:
    more = [f"and {len(ids) - _SHOWN_IDS} more"] if len(ids) > _SHOWN_IDS else []
    return ", ".join([*ids[:_SHOWN_IDS], *more])
