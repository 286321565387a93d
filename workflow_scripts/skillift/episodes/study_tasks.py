"""The tasks and skills of a whole study, made or read as the workflow would."""

from __future__ import annotations

import polars as pl

from skillift.study.study import Study
from skillift.taskpack import build_pack
from skillift.tasks.suites import marked, tables_of_suite


def tasks_of(study: Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tasks and skills of a study (contracts TASKS and SKILLS).

    Raises:
        UserError: a file of own tasks is missing or wrong.
    """
    pack = study.declared.tasks.pack
    if pack and not study.own_suites:
        skills, tasks = build_pack(pack)
        return tasks, skills
    from skillift.tasks.user_tasks import read_own  # the readers of five formats

    own = study.own_files()
    skills, tasks = read_own(own["tasks"], own["skills"])
    if pack:
        skills, tasks = beside_pack(study, build_pack(pack), skills, tasks)
    return tasks, skills


def beside_pack(
    study: Study, of_pack: tuple[pl.DataFrame, pl.DataFrame], skills: pl.DataFrame, tasks: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The skills and tasks of the task pack, and with them the own ones of suites that it does not fill.

    Args:
        study: a study with both.
        of_pack: contracts SKILLS and TASKS, those of the task pack.
        skills: contract SKILLS, the own ones.
        tasks: contract TASKS, the own ones.
    """
    tables = [(marked(*of_pack), of_pack[1])]
    tables += [tables_of_suite(skills, tasks, suite, beside_pack=True) for suite in study.own_suites]
    all_skills, all_tasks = zip(*tables, strict=True)
    return pl.concat(all_skills, how="diagonal"), pl.concat(all_tasks, how="diagonal")
