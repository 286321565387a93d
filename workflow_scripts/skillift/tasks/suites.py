"""The tables of one suite: its tasks, and the skills that stand for it.

A suite is built by itself, so that one more rebuilds no other. Most share their skills. A suite of new
skills, and that of variants (`contracts.pipeline.OF_THEIR_OWN`), has some that no other has: these are
marked, and are never put before a task of another suite (as a placebo, say), so the others are asked the same
with it and without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from skillift.contracts import pa
from skillift.contracts.pipeline import NEW_SKILLS, SKILLS, TASKS, key_of, required_columns
from skillift.tables import check, read_table


class SuiteTables(NamedTuple):
    """The skills that stand for a suite, and its tasks; contracts SKILLS and TASKS."""

    skills: pl.DataFrame
    tasks: pl.DataFrame


def tables_of_suite(
    skills: pl.DataFrame, tasks: pl.DataFrame, suite: str, beside_pack: bool = False
) -> SuiteTables:
    """One suite of a study's skills and tasks.

    Args:
        skills: contract SKILLS, all skills of the study.
        tasks: contract TASKS, of all suites.
        suite: one of `contracts.pipeline.SUITES`.
        beside_pack: whether other suites are of the task pack, to whose tasks none of these skills is shown.

    Returns:
        The skills that are not marked, those that no task has too, and those marked as of this suite; beside
        the pack those that its tasks are of, all marked. Columns that need not be there and hold nothing are
        left out.
    """
    if beside_pack:
        own = tasks.filter(suite=suite)
        of_suite = skills.join(own, on="skill_id", how="semi").with_columns(suite=pl.lit(suite))
        return SuiteTables(_without_empty(of_suite, SKILLS), _without_empty(own, TASKS))
    skills = marked(skills, tasks)
    if "suite" in skills.columns:
        skills = skills.filter(pl.col("suite").is_null() | (pl.col("suite") == suite))
    return SuiteTables(_without_empty(skills, SKILLS), _without_empty(tasks.filter(suite=suite), TASKS))


def _without_empty(table: pl.DataFrame, contract: pa.DataFrameSchema) -> pl.DataFrame:
    needed = required_columns(contract)
    return table.select(
        name for name in table.columns if name in needed or table[name].null_count() < table.height
    )


def marked(skills: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """Skills with the column `suite` where some are of one suite alone that has skills of its own."""
    if "suite" in skills.columns:
        return skills
    of_own = pl.col("suite").is_in(NEW_SKILLS)
    if "parent" in tasks.columns:
        of_own |= pl.col("parent").is_not_null()
    own = tasks.filter(of_own).select("skill_id", "suite").unique()
    own = own.filter(pl.len().over("skill_id") == 1)
    alone = own.join(tasks.filter(~of_own), on="skill_id", how="anti")
    if alone.is_empty():
        return skills
    return skills.join(alone, on="skill_id", how="left", maintain_order="left")


def digest_of_suite(skills: pl.DataFrame, tasks: pl.DataFrame, suite: str, beside_pack: bool = False) -> str:
    """A digest of the tables of one suite: it changes where, and only where, one of them does."""
    found = tables_of_suite(skills, tasks, suite, beside_pack)
    content = json.dumps([table.to_dict(as_series=False) for table in found], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def read_suites(paths: Sequence[Path | str], schema: pa.DataFrameSchema) -> pl.DataFrame:
    """The tables of several suites as one: skills that they share stand there once.

    Args:
        paths: files of the contract.
        schema: TASKS or SKILLS.

    Raises:
        UserError: a file is missing or is not Parquet.
        ContractError: one does not keep its contract, or a task stands in two of them.
    """
    frames = [read_table(path, schema) for path in paths]
    if len(frames) == 1:
        return frames[0]
    found = pl.concat(frames, how="diagonal").unique().sort(key_of(schema))
    found = found.select(name for name in schema.columns if name in found.columns)
    return check(found, schema, ", ".join(map(str, paths)))


def files_of_suites(results: Path, kind: str) -> list[Path]:
    """The files of all suites in a folder of results: of its `tasks` or its `skills`.

    An earlier version, or another program, has made one file of all; where it stands beside those of suites,
    these are newer.
    """
    return sorted((results / kind).glob("*.parquet")) or [results / f"{kind}.parquet"]
