"""What figures call the things that they are about: a study's words, or those of logs that are compared."""

from __future__ import annotations

from typing import NamedTuple


class Nouns(NamedTuple):
    """The words of a study, unless others are given.

    Attributes:
        task: for one question with its answer.
        skill: for what related tasks share; empty where each task stands for itself.
        student: for a model.
        training: for what lies between before and after.
        whole: for all that is analysed together.
        scored: where verdicts come from, in the place of a scoring path and a suite; empty in studies.
    """

    task: str = "task"
    skill: str = "skill"
    student: str = "student"
    training: str = "SFT"
    whole: str = "study"
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


OF_STUDIES = Nouns()
