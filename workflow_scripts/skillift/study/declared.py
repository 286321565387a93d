"""What the specs of all steps are cut out of: a run, and what a study says of itself."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from skillift.settings.values import Condition, Suite
from skillift.students.chat_settings import ChatSettings


@dataclass(frozen=True, order=True)
class Run:
    """One run of one student: `base`, or one training by a recipe with a seed."""

    student: str
    run: str
    recipe: str | None = None
    seed: int | None = None


if TYPE_CHECKING:

    class Declared(Protocol):
        """What the specs are cut out of; `skillift.study.study.Study` says what each is."""

        @property
        def data(self) -> dict: ...
        @property
        def name(self) -> str: ...
        @property
        def conditions(self) -> list[Condition]: ...
        @property
        def evaluated(self) -> list[str]: ...
        @property
        def filler(self) -> str | dict[str, str]: ...
        @property
        def judges(self) -> list[str]: ...
        @property
        def primary_judge(self) -> str: ...
        @property
        def headline_suite(self) -> str: ...
        @property
        def suites(self) -> list[Suite]: ...
        @property
        def references(self) -> list[str]: ...
        @property
        def has_protocols(self) -> bool: ...
        @property
        def protocols(self) -> dict[str, dict]: ...
        def checkpoints_of(self, run: Run) -> list: ...
        @property
        def runs(self) -> list[Run]: ...
        def chat(self, student: str) -> ChatSettings: ...
        def corpus(self, corpus: str) -> dict: ...
        def is_of_pack(self, suite: str) -> bool: ...
        def model(self, student: str) -> dict: ...
        def run(self, student: str, run: str) -> Run: ...
        def borrowed_from(self, run: Run) -> Run | None: ...
        def students_from(self, source: str) -> list[str]: ...

else:
    Declared = object


def filler_of(study: Declared, conditions: Sequence[str]) -> dict:
    """What the condition `filler` shows, where it is one of these."""
    return {"filler": copy.deepcopy(study.filler)} if "filler" in conditions else {}
