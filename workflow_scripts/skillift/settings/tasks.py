"""Settings of tasks: the task pack, or own files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skillift.settings.base import AnyOf, LeftOut, Settings, Unique
from skillift.settings.values import WHOLE, Change, Count, Domain, FilePath, Positive, Seed


class PerSkill(Settings):
    """Number of tasks of each skill, by suite. No instance is in two suites."""

    train: Positive
    """Tasks of each skill that the teacher demonstrates."""
    dev: Count = 0
    """Tasks of each skill for choosing settings."""
    holdout: Positive
    """Tasks of each skill that effects are measured on; never looked at to choose settings."""


class Families(Settings):
    """Families of optimisation, whose answers are checked by their constraints."""

    knapsack: LeftOut[Annotated[int, Field(ge=1, le=9), WHOLE]] = None
    """Skills of packing a bag: feasible is what there is room for, right what is worth the most."""
    assignment: LeftOut[Annotated[int, Field(ge=1, le=9), WHOLE]] = None
    """Skills of giving out jobs: feasible is one for each worker, right what takes the least time."""


class TransferSuite(Settings):
    """Tasks of new skills, which no demonstration has: other names and procedures than those of the pack."""

    skills: Annotated[int, Field(ge=2, le=20), WHOLE]
    """Number of new skills."""
    per_skill: Positive
    """Tasks of each."""
    domains: LeftOut[Annotated[list[Domain], Field(min_length=1), Unique()]] = None
    """Domains that they are of: `code` (numbers), `tag` (words or letters), `slot` (days or times). With
    `corpora.<id>.domains` these may be domains that nothing is trained on. All where left out."""
    families: LeftOut[Families] = None
    """Further new skills, of another kind than rewriting lists, by the number of each family (scorer
    `constraints`). Not at the difficulty `tiny`."""


class PerturbedSuite(Settings):
    """Variants of the holdout tasks: the same list and question, after a procedure that was changed."""

    change: Annotated[list[Change], Field(min_length=1), Unique()]
    """How a procedure is changed, one variant of each task for each: `step_removed` (one of its operations),
    `steps_exchanged` (two of them). Variants whose answer is that of their task are left out and counted."""
    per_skill: LeftOut[Positive] = None
    """Holdout tasks of each skill that variants are made of, from the first on; all where left out."""


class PackSuites(Settings):
    """Suites beside those of `per_skill`."""

    transfer: LeftOut[TransferSuite] = None
    """Tasks of new skills, which no demonstration has: other names and procedures than those of the pack."""
    perturbed: LeftOut[PerturbedSuite] = None
    """Variants of the holdout tasks: the same list and question, after a procedure that was changed."""


Difficulty = Literal["tiny", "easy", "standard"]


class PackSettings(Settings):
    """What a pack has however many tasks of each skill are made."""

    difficulty: Difficulty
    """`tiny` for students trained from scratch, `easy` for language models of some 100 to 500 million
    parameters, `standard` for larger ones."""
    seed: Seed = 0
    """Seed of the skills and their instances."""
    skills: Annotated[int, Field(ge=2, le=40), WHOLE] = 40
    """Number of skills."""
    judge_scored: Count = 0
    """Number of holdout tasks without a deterministic extractor (`scorer: judge`); on the path `bench` the
    primary judge scores them. Other suites that are asked have the same share of them."""
    step_checks: LeftOut[Literal[True]] = None
    """Whether the steps of tasks that ask for them are checked: each list follows from the one before. The
    metric `constraints` is the share that does; what passes stays the same."""


class TaskPack(PackSettings):
    """The built-in family of list-rewriting skills, made by seed."""

    per_skill: PerSkill
    """Number of tasks of each skill, by suite. No instance is in two suites."""
    suites: LeftOut[PackSuites] = None
    """Suites beside those of `per_skill`."""


class OwnFiles(Settings):
    """Own tasks and own skills."""

    tasks: FilePath
    """Tasks, one a row: a file with the ending .jsonl, .json, .csv, .tsv or .parquet
    (docs/reference/own-data.md). Relative to the study file's folder."""
    skills: FilePath
    """Skills: a YAML file by id, or a folder of `<skill>/SKILL.md` files (Agent Skills format). Relative to
    the study file's folder."""


class TaskSource(AnyOf):
    """Where tasks and skills come from: `pack`, `files`, or both; own tasks are then of other suites."""

    pack: LeftOut[TaskPack] = None
    """The built-in family of list-rewriting skills, made by seed."""
    files: LeftOut[OwnFiles] = None
    """Own tasks and own skills."""
