"""Which scorers there are: every module of this package but this one.

They are found in the folder and loaded by name, so the code digest of the rule that scores names `modules()`
as further roots.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from skillift.named_modules import names_in

COLUMNS = ("reference", "answer_type")  # of a scorer that names no others


def names() -> tuple[str, ...]:
    """The scorers' names, sorted."""
    return names_in("scorers", but=("registry",))


def modules() -> list[str]:
    """Dotted names of the scorers' modules."""
    return [f"skillift.scorers.{name}" for name in names()]


class Scorer(NamedTuple):
    """How one kind of task is scored without a judge: a function, and what it is given of the task.

    Attributes:
        score: whether a response is right, from its text and the values of `columns`.
        columns: columns of the table of tasks.
    """

    score: Callable[..., bool]
    columns: tuple[str, ...]


@cache
def scorer(name: str) -> Scorer:
    """What the column `scorer` of a task names, from the module of that name."""
    module = import_module(f"skillift.scorers.{name}")
    return Scorer(module.score, getattr(module, "COLUMNS", COLUMNS))
