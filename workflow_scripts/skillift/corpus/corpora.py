"""The corpus that a recipe trains on: demonstrations, as a rule passed ones, balanced over skills.

Made from the demonstrations, tasks and skills tables. Which of the passed rows are taken is decided by a
hash of the seed and the ids, so the same demonstrations give the same corpus in every process.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from skillift.contracts.pipeline import CORPUS, key_of
from skillift.corpus.candidates import balanced, first_answers, order, response_in, with_known_skills
from skillift.corpus.matched import matched_rows
from skillift.corpus.preferences import rejected_answers
from skillift.errors import UserError, problem
from skillift.settings.specs import CorpusSpec
from skillift.tasks.prompts import messages_for

_SHOWN_IDS = 20  # of tasks in one message
DEMONSTRATED = "curated"  # the condition under which demonstrations are collected


def select_corpus(
    demonstrations: pl.DataFrame,
    tasks: pl.DataFrame,
    spec: CorpusSpec,
    skills: pl.DataFrame | None = None,
    task_template: str | None = None,
    like: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Select `rows` demonstrations: the first pass of a task, skills in turn until there are enough.

    Numbers of rows per skill differ by one at most, as long as no skill runs out of passed tasks.

    Args:
        demonstrations: keeps the contract DEMONSTRATIONS, collected under the condition `curated`.
        tasks: keeps the contract TASKS.
        spec: how it is selected.
        skills: keeps the contract SKILLS; needed where `condition` is not `curated`, and for `domains`.
        task_template: the text of the template of user messages, for such conditions.
        like: contract CORPUS, the corpus whose tasks are taken, where the spec names one
            (`matched.matched_rows`).

    Returns:
        A frame that keeps the contract CORPUS: each row a user message and the assistant's response; of
        preference pairs (`rejected` in the spec) a wrong response, too (`preferences.rejected_answers`).

    Raises:
        UserError: fewer usable demonstrations than rows, or fewer skills; a demonstration of an unknown
            task; a condition that needs the skills; a task of `like` without what is asked for.
    """
    if like is None:
        chosen = _selected(demonstrations, tasks, spec, skills)
    else:
        chosen = matched_rows(with_known_skills(demonstrations, tasks), like, spec)
    prompts = _prompts(chosen, tasks, spec, skills, task_template)
    rows = [
        {
            "task_id": row["task_id"],
            "attempt": row["attempt"],
            "messages": [
                {"role": "user", "content": prompts[row["task_id"]]},
                {"role": "assistant", "content": response_in(spec.form, row["response"])},
            ],
        }
        for row in chosen
    ]
    schema = {name: column.dtype.type for name, column in CORPUS.columns.items() if column.required}
    corpus = pl.DataFrame(rows, schema=schema).sort(key_of(CORPUS))
    if spec.rejected is None:
        return corpus
    return corpus.with_columns(rejected=pl.Series(rejected_answers(corpus, demonstrations, tasks, spec)))


def _selected(
    demonstrations: pl.DataFrame, tasks: pl.DataFrame, spec: CorpusSpec, skills: pl.DataFrame | None
) -> list[dict]:
    form, verified = spec.form, spec.verified
    answers = first_answers(with_known_skills(demonstrations, tasks), "right" if verified else "any")
    taken = _of_skills(_of_domains(answers, spec, skills), spec)
    usable = [row for row in taken if response_in(form, row["response"])]
    chosen = balanced(usable, spec.rows, spec.seed)
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
    return chosen


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
    skills = sorted({row["skill_id"] for row in rows}, key=lambda skill: order(seed, skill))
    if number is None:
        return rows
    if number > len(skills):
        fix = "Lower it, or leave it out for all skills."
        raise UserError(problem("corpus, key 'skills'", number, f"at most {len(skills)}", fix))
    return [row for row in rows if row["skill_id"] in skills[:number]]


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
