"""Builds the task pack: skills and tasks of its suites, from a difficulty and a seed.

The suites train, dev and holdout share the pack's skills; the suite transfer has new ones, on lists that may
stand in the holdout too and never in a text that is trained on, and may have skills of optimisation
(`families`). The suite perturbed has variants of the holdout's tasks.
Every reference and worked solution follows from running the skill's operations, none is written down.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from skillift.contracts.pipeline import SKILLS, TASKS, required_columns
from skillift.errors import UserError, problem
from skillift.tables import check
from skillift.taskpack.domains import DIFFICULTIES, Items
from skillift.taskpack.families import FAMILIES, MOST_OF_FAMILY, FamilySkill, draw_families, family_rows
from skillift.taskpack.instances import draw_lists, stable_hash
from skillift.taskpack.skills import FULL_PACK, MOST_NEW, Skill, draw_new_skills, draw_skills
from skillift.taskpack.step_checks import step_checks
from skillift.taskpack.variants import CHANGES, Variant, variant_of
from skillift.taskpack.wording import Template, ask, join_items, templates_of, worked_solution
from skillift.yaml_sources.source import Words

PACK_SUITES = ("train", "dev", "holdout")
TRANSFER, PERTURBED = "transfer", "perturbed"
_FAMILIES = "suites.transfer.families"
_KEYS = {"difficulty", "seed", "per_skill", "judge_scored", "skills", "suites", "step_checks"}


@dataclass(frozen=True)
class NewSkills:
    """A suite of skills that the other suites have not: how many, with how many tasks, of which domains."""

    skills: int
    per_skill: int
    domains: tuple[str, ...] = ()
    families: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PackSpec:
    """The checked form of a study's `tasks.pack`."""

    difficulty: str
    seed: int
    per_skill: dict[str, int]
    judge_scored: int
    skills: int
    transfer: NewSkills | None = None
    changes: tuple[str, ...] = ()  # of the suite perturbed, sorted
    varied: int | None = None  # holdout tasks of each skill that variants are made of; all where None
    step_checks: bool = False

    @classmethod
    def parse(cls, spec: dict) -> PackSpec:
        """Check `tasks.pack` and fill in what may be left out (`skills`: 40, `judge_scored`: 0).

        Raises:
            UserError: names the key, what was found and what was expected.
        """
        _expect(set(spec) <= _KEYS, "keys", sorted(spec), f"keys among {sorted(_KEYS)}")
        # values of any kind, until they are checked below
        difficulty: Any = spec.get("difficulty")
        seed: Any = spec.get("seed")
        per_skill: Any = spec.get("per_skill")
        _expect(difficulty in DIFFICULTIES, "difficulty", difficulty, f"one of {list(DIFFICULTIES)}")
        complete = isinstance(per_skill, dict) and set(per_skill) == set(PACK_SUITES)
        _expect(complete, "per_skill", per_skill, f"a count for each of {list(PACK_SUITES)}")
        for suite, count in per_skill.items():
            _expect_count(f"per_skill.{suite}", count, 1 if suite == "holdout" else 0)
        result = cls(
            difficulty=difficulty,
            seed=seed,
            per_skill=per_skill,
            judge_scored=spec.get("judge_scored", 0),
            skills=spec.get("skills", FULL_PACK),
            transfer=_transfer(spec.get("suites", {})),
            changes=_changes(spec.get("suites", {})),
            varied=spec.get("suites", {}).get(PERTURBED, {}).get("per_skill"),
            step_checks=bool(spec.get("step_checks")),
        )
        tiny = difficulty == DIFFICULTIES[0]
        families = result.transfer.families if result.transfer else {}
        _expect(
            not (tiny and families), "difficulty", difficulty, f"{DIFFICULTIES[1]} or more with {_FAMILIES}"
        )
        _expect_count("seed", result.seed, 0)
        if result.varied is not None:
            _expect_count(f"suites.{PERTURBED}.per_skill", result.varied, 1)
        _expect_count("skills", result.skills, 1, FULL_PACK)
        _expect_count("judge_scored", result.judge_scored, 0, result.skills * per_skill["holdout"])
        return result


def _transfer(suites: dict) -> NewSkills | None:
    others = f"no other suite than {TRANSFER} and {PERTURBED}"
    _expect(set(suites) <= {TRANSFER, PERTURBED}, "suites", sorted(suites), others)
    if (entry := suites.get(TRANSFER)) is None:
        return None
    _expect_count(f"suites.{TRANSFER}.skills", entry.get("skills"), 1, MOST_NEW)
    _expect_count(f"suites.{TRANSFER}.per_skill", entry.get("per_skill"), 1)
    families = entry.get("families") or {}
    _expect(set(families) <= {*FAMILIES}, _FAMILIES, sorted(families), f"some of {list(FAMILIES)}")
    for family, number in families.items():
        _expect_count(f"{_FAMILIES}.{family}", number, 1, MOST_OF_FAMILY)
    return NewSkills(
        entry["skills"], entry["per_skill"], tuple(sorted(entry.get("domains", ()))), dict(families)
    )


def _changes(suites: dict) -> tuple[str, ...]:
    if (entry := suites.get(PERTURBED)) is None:
        return ()
    found = entry.get("change")
    kept = isinstance(found, list) and bool(found) and set(found) <= {*CHANGES}
    _expect(kept, f"suites.{PERTURBED}.change", found, f"a list of one or more of {list(CHANGES)}")
    return tuple(sorted(set(found)))


def _expect(kept: bool, key: str, found: object, expected: str) -> None:
    if not kept:
        raise UserError(problem(f"tasks.pack.{key}", found, expected))


def _expect_count(key: str, found: Any, least: int, most: int | None = None) -> None:
    expected = f"a whole number of at least {least}" + ("" if most is None else f" and at most {most}")
    whole = isinstance(found, int) and not isinstance(found, bool)
    _expect(whole and found >= least and (most is None or found <= most), key, found, expected)


def build_pack(spec: dict) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Build the pack that a study's `tasks.pack` declares.

    Args:
        spec: `difficulty` (tiny, easy or standard), `seed`, `per_skill` (tasks per skill in each suite),
            `judge_scored` (holdout tasks without a deterministic extractor), `skills` (40 if left out) and
            `suites` (`transfer` with `skills`, `per_skill` and, if not of all, `domains` of its new skills,
            and the number of skills of `families`; `perturbed` with `change`).

    Returns:
        The tables of the contracts SKILLS and TASKS, sorted by their keys. Lists of train, dev and holdout
        never occur in another of these, whatever the skill, and those of transfer in neither train nor dev;
        prompts are unique but for variants, which have that of their task.

    Raises:
        UserError: the spec is wrong, a domain has too few lists for the tasks asked for, or no variant of a
            task has another answer than it.
    """
    pack = PackSpec.parse(spec)
    skills = draw_skills(pack.difficulty, pack.seed, pack.skills)
    of_pack = [(suite, pack.per_skill[suite]) for suite in PACK_SUITES]
    rows = [row for place, skill in enumerate(skills) for row in _tasks_of(skill, place, of_pack, pack)]
    new: list[Skill] = []
    if asked := pack.transfer:
        new = draw_new_skills(pack.difficulty, pack.seed, pack.skills, asked.skills, asked.domains)
        of_new = [(TRANSFER, asked.per_skill)]
        rows += [row for place, skill in enumerate(new) for row in _tasks_of(skill, place, of_new, pack)]
    families = draw_families(pack.seed, asked.families) if asked else []
    frame = pl.DataFrame(rows)
    judged = _judge_scored(frame, pack)
    tasks = frame.with_columns(
        pl.when(pl.col("task_id").is_in(judged))
        .then(pl.lit("judge"))
        .otherwise(pl.lit("answer_line"))
        .alias("scorer")
    )
    tasks = tasks.select([*required_columns(TASKS), *(["checks"] if pack.step_checks else [])])
    if families and asked:
        of_families = family_rows(families, TRANSFER, asked.per_skill, pack.difficulty, pack.seed)
        tasks = pl.concat([tasks, pl.DataFrame(of_families)], how="diagonal")
    variants: list = []
    if pack.changes:
        variants, of_variants = _variants(skills, tasks, pack)
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
    suites |= dict.fromkeys((variant.skill_id for variant in variants), PERTURBED)
    table = pl.DataFrame(rows).select("skill_id", "name", "domain", "steps")
    if suites:
        suite = pl.col("skill_id").replace_strict(suites, default=None, return_dtype=pl.String)
        table = table.with_columns(suite=suite)
    return check(table.sort("skill_id"), SKILLS, "tasks.pack")


def _variants(skills: list[Skill], tasks: pl.DataFrame, pack: PackSpec) -> tuple[list[Variant], pl.DataFrame]:
    """The variants of skills, and their tasks: those with another answer than the task they are made of."""
    found, rows = [], []
    for skill in skills:
        lists = _lists_of(skill, "holdout", pack.per_skill["holdout"], pack)[: pack.varied]
        for change in pack.changes:
            variant = variant_of(skill, change, lists, pack.seed)
            answers = {number: variant.answer(items) for number, items in enumerate(lists)}
            changed = {n: answer for n, answer in answers.items() if answer != skill.answer(lists[n])}
            found += [variant] if changed else []
            for number, answer in changed.items():
                rows.append(
                    {
                        "parent": f"{skill.skill_id}.holdout.{number}",
                        "change": change,
                        "task_id": f"{variant.skill_id}.{PERTURBED}.{number}",
                        "skill_id": variant.skill_id,
                        "suite": PERTURBED,
                        "reference": join_items(pack.difficulty, answer),
                        "answer_type": _answer_type(answer),
                    }
                )
    if not rows:
        number = len(skills) * (pack.varied or pack.per_skill["holdout"]) * len(pack.changes)
        raise UserError(
            problem(
                f"tasks.pack.suites.{PERTURBED}",
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


def _lists_of(skill: Skill, suite: str, count: int, pack: PackSpec) -> list[Items]:
    rng = random.Random(f"tasks|{pack.seed}|{suite}|{skill.skill_id}")
    return draw_lists(rng, pack.difficulty, skill.domain, suite=suite, count=count, seed=pack.seed)


def _tasks_of(skill: Skill, place: int, suites: list[tuple[str, int]], pack: PackSpec) -> list[dict]:
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


def _judge_scored(tasks: pl.DataFrame, pack: PackSpec) -> list[str]:
    """Ids of the tasks that only a judge scores: those that ask for one sentence first, then by hash.

    The other suites that are asked get the same share as the holdout, so that their rates compare.
    """
    share = pack.judge_scored / (pack.skills * pack.per_skill["holdout"])
    result = []
    for suite in ("dev", "holdout", TRANSFER):
        rows = tasks.filter(pl.col("suite") == suite).select("task_id", "style").rows()
        rows.sort(key=lambda row: (row[1] != "direct", stable_hash(f"judge|{pack.seed}|{row[0]}")))
        result += [task_id for task_id, _ in rows[: round(share * len(rows))]]
    return result
