"""Builds the task pack: skills and tasks of its suites, from a difficulty and a seed.

The suites train, dev and holdout share the pack's skills; the suite transfer has new ones, on lists that may
stand in the holdout too and never in a text that is trained on, and may have skills of optimisation
(`families`). The suite perturbed has variants of the holdout's tasks.
Every reference and worked solution follows from running the skill's operations, none is written down.
"""

from __future__ import annotations

import random

import polars as pl

from skillift.contracts.pipeline import SKILLS, TASKS, required_columns
from skillift.errors import UserError, problem
from skillift.settings.student_specs import SuitePack
from skillift.settings.tasks import PackSuites, PerturbedSuite, TaskPack
from skillift.settings.values import VARIANTS
from skillift.tables import check
from skillift.taskpack.domains import Items
from skillift.taskpack.families import FamilySkill, draw_families, family_rows
from skillift.taskpack.instances import draw_lists, stable_hash
from skillift.taskpack.skills import Skill, draw_new_skills, draw_skills
from skillift.taskpack.step_checks import step_checks
from skillift.taskpack.variants import Variant, variant_of
from skillift.taskpack.wording import Template, ask, join_items, templates_of, worked_solution
from skillift.yaml_sources.source import Words

TRANSFER = "transfer"

Pack = TaskPack | SuitePack  # of all suites of a study, or of one


def build_pack(pack: Pack) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Build the pack that a study's `tasks.pack` declares.

    Args:
        pack: that section, or what one suite depends on of it. `skillift.study.checks` has found that its
            keys fit each other.

    Returns:
        The tables of the contracts SKILLS and TASKS, sorted by their keys. Lists of train, dev and holdout
        never occur in another of these, whatever the skill, and those of transfer in neither train nor dev;
        prompts are unique but for variants, which have that of their task.

    Raises:
        UserError: a domain has too few lists for the tasks asked for, or no variant of a task has another
            answer than it.
    """
    suites = pack.suites or PackSuites()
    skills = draw_skills(pack.difficulty, pack.seed, pack.skills)
    of_pack = list(pack.per_skill.model_dump().items())
    rows = [row for place, skill in enumerate(skills) for row in _tasks_of(skill, place, of_pack, pack)]
    new: list[Skill] = []
    families: list[FamilySkill] = []
    if asked := suites.transfer:
        new = draw_new_skills(pack.difficulty, pack.seed, pack.skills, asked.skills, asked.domains or ())
        families = draw_families(pack.seed, asked.families.model_dump()) if asked.families else []
        of_new = [(TRANSFER, asked.per_skill)]
        rows += [row for place, skill in enumerate(new) for row in _tasks_of(skill, place, of_new, pack)]
    frame = pl.DataFrame(rows)
    judged = _judge_scored(frame, pack)
    tasks = frame.with_columns(
        pl.when(pl.col("task_id").is_in(judged))
        .then(pl.lit("judge"))
        .otherwise(pl.lit("answer_line"))
        .alias("scorer")
    )
    tasks = tasks.select([*required_columns(TASKS), *(["checks"] if pack.step_checks else [])])
    if asked and families:
        of_families = family_rows(families, TRANSFER, asked.per_skill, pack.difficulty, pack.seed)
        tasks = pl.concat([tasks, pl.DataFrame(of_families)], how="diagonal")
    variants: list[Variant] = []
    if varied := suites.perturbed:
        variants, of_variants = _variants(skills, tasks, pack, varied)
        tasks = pl.concat([tasks, of_variants], how="diagonal")
    tasks = tasks.select(name for name in TASKS.columns if name in tasks.columns).sort("task_id")
    return _skills_table(skills, new, families, variants), check(tasks, TASKS, "tasks.pack")


def _skills_table(
    skills: list[Skill], new: list[Skill], families: list[FamilySkill], variants: list[Variant]
) -> pl.DataFrame:
    rows = [
        {"skill_id": skill.skill_id, "name": skill.name, "domain": skill.domain.name, "steps": skill.steps}
        for skill in [*skills, *new]
    ]
    for family in families:
        of_family = {"skill_id": family.skill_id, "name": family.name, "steps": family.steps}
        rows.append(of_family | {"domain": family.family})
    for variant in variants:
        own, parent = {"skill_id": variant.skill_id, "steps": variant.steps}, variant.parent
        rows.append({"name": parent.name, "domain": parent.domain.name, **own})
    suites = dict.fromkeys((skill.skill_id for skill in new), TRANSFER)
    suites |= dict.fromkeys((family.skill_id for family in families), TRANSFER)
    suites |= dict.fromkeys((variant.skill_id for variant in variants), VARIANTS)
    table = pl.DataFrame(rows).select("skill_id", "name", "domain", "steps")
    if suites:
        suite = pl.col("skill_id").replace_strict(suites, default=None, return_dtype=pl.String)
        table = table.with_columns(suite=suite)
    return check(table.sort("skill_id"), SKILLS, "tasks.pack")


def _variants(
    skills: list[Skill], tasks: pl.DataFrame, pack: Pack, varied: PerturbedSuite
) -> tuple[list[Variant], pl.DataFrame]:
    """The variants of skills, and their tasks: those with another answer than the task they are made of."""
    found, rows = [], []
    for skill in skills:
        lists = _lists_of(skill, "holdout", pack.per_skill.holdout, pack)[: varied.per_skill]
        for change in sorted(varied.change):
            variant = variant_of(skill, change, lists, pack.seed)
            answers = {number: variant.answer(items) for number, items in enumerate(lists)}
            changed = {n: answer for n, answer in answers.items() if answer != skill.answer(lists[n])}
            found += [variant] if changed else []
            for number, answer in changed.items():
                rows.append(
                    {
                        "parent": f"{skill.skill_id}.holdout.{number}",
                        "change": change,
                        "task_id": f"{variant.skill_id}.{VARIANTS}.{number}",
                        "skill_id": variant.skill_id,
                        "suite": VARIANTS,
                        "reference": join_items(pack.difficulty, answer),
                        "answer_type": _answer_type(answer),
                    }
                )
    if not rows:
        number = len(skills) * (varied.per_skill or pack.per_skill.holdout) * len(varied.change)
        raise UserError(
            problem(
                f"tasks.pack.suites.{VARIANTS}",
                Words(f"{number} variants, each with the answer of its task"),
                "at least one with another answer",
                "Name another change, raise skills or per_skill.holdout, or take the suite out.",
            )
        )
    asked_alike = tasks.select("prompt", "scorer", parent="task_id")
    of_variants = pl.DataFrame(rows).join(asked_alike, on="parent", how="left", maintain_order="left")
    return found, of_variants.with_columns(worked_solution=pl.lit(None, dtype=pl.String))


def _answer_type(answer: Items) -> str:
    return "list" if len(answer) > 1 else "text"


def _lists_of(skill: Skill, suite: str, count: int, pack: Pack) -> list[Items]:
    rng = random.Random(f"tasks|{pack.seed}|{suite}|{skill.skill_id}")
    return draw_lists(rng, pack.difficulty, skill.domain, suite=suite, count=count, seed=pack.seed)


def _tasks_of(skill: Skill, place: int, suites: list[tuple[str, int]], pack: Pack) -> list[dict]:
    templates = templates_of(pack.difficulty)
    rows = []
    for suite, count in suites:
        for number, items in enumerate(_lists_of(skill, suite, count, pack)):
            # Starting at another template for each skill keeps all five in use where suites are small.
            template: Template = templates[(place + number) % len(templates)]
            answer = skill.answer(items)
            rows.append(
                {
                    "task_id": f"{skill.skill_id}.{suite}.{number}",
                    "skill_id": skill.skill_id,
                    "suite": suite,
                    "prompt": ask(pack.difficulty, template, skill, items),
                    "reference": join_items(pack.difficulty, answer),
                    "answer_type": _answer_type(answer),
                    "worked_solution": worked_solution(pack.difficulty, skill, items),
                    "style": template.style,
                    **({"checks": _checks_of(template, skill, items)} if pack.step_checks else {}),
                }
            )
    return rows


def _checks_of(template: Template, skill: Skill, items: Items) -> str | None:
    """The checks of a task's steps, if its question asks for steps."""
    return step_checks(skill, items) if template.style == "steps" else None


def _judge_scored(tasks: pl.DataFrame, pack: Pack) -> list[str]:
    """Ids of the tasks that only a judge scores: those that ask for one sentence first, then by hash.

    The other suites that are asked get the same share as the holdout, so that their rates compare.
    """
    share = pack.judge_scored / (pack.skills * pack.per_skill.holdout)
    result = []
    for suite in ("dev", "holdout", TRANSFER):
        rows = tasks.filter(pl.col("suite") == suite).select("task_id", "style").rows()
        rows.sort(key=lambda row: (row[1] != "direct", stable_hash(f"judge|{pack.seed}|{row[0]}")))
        result += [task_id for task_id, _ in rows[: round(share * len(rows))]]
    return result
