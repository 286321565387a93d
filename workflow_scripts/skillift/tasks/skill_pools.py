"""Which procedures may stand before a task: those of its skill's pool.

A skill of one suite alone (column `suite` of the table of skills) is in the pool of that suite
alone: what other tasks are shown does not change where such a suite is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from skillift.errors import UserError
from skillift.tasks.conditions import check_order, placebo_skills, procedures_of, steps_under, texts_of


class Pools(NamedTuple):
    """Procedures by skill: of the skills that every suite may show, and of all that one with its own may.

    Attributes:
        shared: of the skills that are not marked.
        by_suite: by suite with skills of its own, the shared ones and these.
        suite_of: the suite of each marked skill.
    """

    shared: Mapping[str, list[str]]
    by_suite: Mapping[str, Mapping[str, list[str]]]
    suite_of: Mapping[str, str]

    def of(self, skill_id: str) -> Mapping[str, list[str]]:
        """The procedures that may stand before a task of this skill."""
        suite = self.suite_of.get(skill_id)
        return self.shared if suite is None else self.by_suite[suite]


def pools_of(skills: pl.DataFrame) -> Pools:
    """The pools of a table of skills (contract SKILLS)."""
    if "suite" not in skills.columns:
        return Pools(procedures_of(skills), {}, {})
    shared = procedures_of(skills.filter(pl.col("suite").is_null()))
    new = skills.filter(pl.col("suite").is_not_null())
    by_suite = {
        suite: {**shared, **procedures_of(own)}
        for (suite,), own in new.group_by("suite", maintain_order=True)
    }
    return Pools(shared, by_suite, dict(new.select("skill_id", "suite").iter_rows()))


def condition_problems(pools: Pools, used: Iterable[str], conditions: Iterable[str], seed: int) -> list[str]:
    """What keeps procedures from being shown under some conditions, one line for each of both.

    Args:
        pools: of all skills.
        used: ids of the skills that have tasks.
        conditions: as in `condition_steps`.
        seed: the study's `prompt_seed`.
    """
    found = []
    for skill_id in sorted(used):
        procedures = pools.of(skill_id)
        for condition in conditions:
            try:
                if condition == "shuffled":
                    check_order(texts_of(procedures[skill_id]), skill_id)
                elif condition == "placebo":
                    placebo_skills(procedures, skill_id, seed)
                else:
                    steps_under(procedures, skill_id, condition, seed)
            except UserError as error:
                found.append(str(error))
    return found
