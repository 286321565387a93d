"""The corpus that a recipe trains on: demonstrations, as a rule passed ones, balanced over skills.

Made from the demonstrations, tasks and skills tables. Which of the passed rows are taken is decided by a
hash of the seed and the ids, so the same demonstrations give the same corpus in every process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from skillift.answers.reasoning import strip_reasoning
from skillift.contracts.pipeline import CORPUS, key_of
from skillift.errors import UserError, problem
from skillift.scorers.answer_line import answer_lines
from skillift.settings.specs import CorpusSpec
from skillift.students.chat_files import SPECIAL_TOKEN
from skillift.tasks.prompts import messages_for

_SHOWN_IDS = 20  # of tasks in one message
DEMONSTRATED = "curated"  # the condition under which demonstrations are collected


def select_corpus(
    demonstrations: pl.DataFrame,
    tasks: pl.DataFrame,
    spec: CorpusSpec,
    skills: pl.DataFrame | None = None,
    task_template: str | None = None,
) -> pl.DataFrame:
    """Select `rows` demonstrations: the first pass of a task, skills in turn until there are enough.

    Numbers of rows per skill differ by one at most, as long as no skill runs out of passed tasks.

    Args:
        demonstrations: keeps the contract DEMONSTRATIONS, collected under the condition `curated`.
        tasks: keeps the contract TASKS.
        spec: how it is selected.
        skills: keeps the contract SKILLS; needed where `condition` is not `curated`, and for `domains`.
        task_template: the text of the template of user messages, for such conditions.

    Returns:
        A frame that keeps the contract CORPUS: each row a user message and the assistant's response.

    Raises:
        UserError: fewer usable demonstrations than rows, or fewer skills; a demonstration of an unknown
            task; a condition that needs the skills.
    """
    form, verified = spec.form, spec.verified
    taken = _of_skills(_of_domains(_first_answers(demonstrations, tasks, verified), spec, skills), spec)
    usable = [row for row in taken if _response(row["response"], form)]
    chosen = _balanced(usable, spec.rows, spec.seed)
    if len(chosen) < spec.rows:
        n_tasks = demonstrations["task_id"].n_unique()
        mute = sorted({row["task_id"] for row in taken} - {row["task_id"] for row in usable})
        more = [f"and {len(mute) - _SHOWN_IDS} more"] if len(mute) > _SHOWN_IDS else []
        named = ", ".join([*mute[:_SHOWN_IDS], *more])
        left_out = f", {len(mute)} of them without an ANSWER line ({named})" if mute else ""
        kind = "passed" if verified else "answered"
        found = f"{len(taken)} {kind} of {n_tasks} demonstrated tasks{left_out}"
        fix = "Lower the corpus's rows, raise tasks.pack.per_skill.train, or add train tasks."
        unscored = demonstrations.filter(pl.col("passed").is_null()) if verified else demonstrations.clear()
        if not unscored.is_empty():
            example = unscored["reason"][0][:200]
            found += f" ({unscored.height} demonstrations without a verdict, such as: {example})"
            fix = f"See to the primary judge or the teacher first, as that reason says. Else: {fix}"
        raise UserError(problem("corpus, key 'rows'", found, f"at least {spec.rows}", fix))
    prompts = _prompts(chosen, tasks, spec, skills, task_template)
    rows = [
        {
            "task_id": row["task_id"],
            "attempt": row["attempt"],
            "messages": [
                {"role": "user", "content": prompts[row["task_id"]]},
                {"role": "assistant", "content": _response(row["response"], form)},
            ],
        }
        for row in chosen
    ]
    schema = {name: column.dtype.type for name, column in CORPUS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(CORPUS))


def _first_answers(demonstrations: pl.DataFrame, tasks: pl.DataFrame, verified: bool) -> list[dict]:
    """The first answer to each task that can be trained on; with `verified` the first that passed."""
    known = demonstrations.join(tasks.select("task_id", "skill_id"), on="task_id", how="left")
    unknown = known.filter(pl.col("skill_id").is_null())["task_id"].unique().sort()
    if len(unknown):
        fix = "Collect the demonstrations from these tasks again."
        raise UserError(
            problem(
                "demonstrations, column task_id", unknown.head(3).to_list(), "ids of the tasks table", fix
            )
        )
    holds_token = pl.col("reason").str.contains(f": {SPECIAL_TOKEN}:", literal=True)
    usable = pl.col("passed") if verified else (pl.col("response") != "") & ~holds_token
    answers = known.filter(usable)
    return answers.sort("task_id", "attempt").unique("task_id", keep="first").sort("task_id").to_dicts()


def _of_domains(rows: list[dict], spec: CorpusSpec, skills: pl.DataFrame | None) -> list[dict]:
    """Those of skills of the declared domains; all where none are declared."""
    if spec.domains is None:
        return rows
    if skills is None:
        raise UserError(problem("corpus, key 'domains'", "no table of skills", "one (--skills)"))
    known = sorted(set(skills["domain"]))
    if unknown := sorted({*spec.domains} - {*known}):
        raise UserError(
            problem("corpus, key 'domains'", unknown, f"domains of the skills ({', '.join(known)})")
        )
    chosen = set(skills.filter(pl.col("domain").is_in(spec.domains))["skill_id"])
    return [row for row in rows if row["skill_id"] in chosen]


def _of_skills(rows: list[dict], spec: CorpusSpec) -> list[dict]:
    """Those of the `skills` that the seed draws first; all where no number is asked for."""
    number, seed = spec.skills, spec.seed
    skills = sorted({row["skill_id"] for row in rows}, key=lambda skill: _order(seed, skill))
    if number is None:
        return rows
    if number > len(skills):
        fix = "Lower it, or leave it out for all skills."
        raise UserError(problem("corpus, key 'skills'", number, f"at most {len(skills)}", fix))
    return [row for row in rows if row["skill_id"] in skills[:number]]


def _response(response: str, form: str) -> str:
    if form == "worked":
        return response
    lines = answer_lines(strip_reasoning(response) or "")
    return f"ANSWER: {lines[-1]}" if lines else ""


def _order(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).hexdigest()


def _balanced(rows: Sequence[dict], n_rows: int, seed: int) -> list[dict]:
    by_skill: dict[str, list[dict]] = {}
    for row in sorted(rows, key=lambda row: _order(seed, row["task_id"])):
        by_skill.setdefault(row["skill_id"], []).append(row)
    turns = sorted(
        (turn, _order(seed, skill), row["task_id"], row)
        for skill, group in by_skill.items()
        for turn, row in enumerate(group)
    )
    return [row for *_, row in turns[:n_rows]]


def _prompts(
    chosen: Sequence[dict],
    tasks: pl.DataFrame,
    spec: CorpusSpec,
    skills: pl.DataFrame | None,
    task_template: str | None,
) -> dict[str, str]:
    condition = spec.condition
    if condition == DEMONSTRATED:
        return {row["task_id"]: row["prompt"] for row in chosen}
    if skills is None:
        fix = "Give the skills table and the task template too (--skills, --task-template)."
        raise UserError(problem("corpus, key 'condition'", condition, DEMONSTRATED, fix))
    taken = tasks.filter(pl.col("task_id").is_in([row["task_id"] for row in chosen]))
    messages = messages_for(taken, skills, [condition], spec.prompt_seed, task_template, spec.filler_text)
    return dict(messages.select("task_id", "content").iter_rows())
