"""What pages call the things that they are about: a study's words, or those of logs that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from skillift.reporting.numbers import how_many


class Nouns(NamedTuple):
    """The words of a study, unless others are given.

    Attributes:
        task: for one question with its answer.
        skill: for what related tasks share; empty where each task stands for itself.
        student: for a model.
        training: for what lies between before and after.
        whole: for all that is analysed together.
        repeat: for one of several trainings by a recipe.
        scored: where verdicts come from, in the place of a scoring path and a suite; empty in studies.
    """

    task: str = "task"
    skill: str = "skill"
    student: str = "student"
    training: str = "SFT"
    whole: str = "study"
    repeat: str = "seed"
    scored: str = ""

    @property
    def tasks(self) -> str:
        """Several of them, like the next two."""
        return f"{self.task}s"

    @property
    def skills(self) -> str:
        return f"{self.skill}s"

    @property
    def students(self) -> str:
        return f"{self.student}s"

    @property
    def clustered(self) -> str:
        """Intervals, with what they are clustered by."""
        return f"intervals, clustered by {self.skill}" if self.skill else "intervals"

    def sizes(self, row: Mapping) -> str:
        """What an estimate of n_tasks, n_skills and n_unscored rests on: `200 tasks in 40 skills, ...`."""
        groups = f" in {how_many(row['n_skills'], self.skill)}" if self.skill else ""
        lost = f"{row['n_unscored']}" if self.scored else how_many(row["n_unscored"], "episode")
        return f"{how_many(row['n_tasks'], self.task)}{groups}, {lost} unscored"

    def counts(self, row: Mapping) -> str:
        """What an estimate rests on and, in studies, its path."""
        return self.sizes(row) if self.scored else f"{self.sizes(row)}; path {row['path']}"


OF_STUDIES = Nouns()
