"""What each objective takes: the constant `OBJECTIVE` of its module, read without loading it."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from skillift.module_constants import declared_in

DEMONSTRATIONS, PAIRS, TASKS = "demonstrations", "pairs", "tasks"


class Objective(NamedTuple):
    """What an objective takes; one whose module does not say takes demonstrations, and no key of its own.

    Attributes:
        on: what of its corpus it is trained on: `demonstrations`, `pairs` (right and wrong answers), or
            `tasks`, whose answers by the student are scored while it is trained.
        needs: keys of the recipe that it needs and others do not have.
        takes: keys of the recipe that it may have, too.
    """

    on: str = DEMONSTRATIONS
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def scores_answers(self) -> bool:
        """Whether the student answers tasks while it is trained, and is scored."""
        return self.on == TASKS

    @property
    def own(self) -> tuple[str, ...]:
        """The keys of a recipe that are there for this objective."""
        return (*self.needs, *self.takes)


@cache
def _declared() -> dict[str, Objective]:
    return dict(declared_in("training.objectives", "OBJECTIVE", Objective))


def objective(name: str) -> Objective:
    """What the objective of that name takes."""
    return _declared().get(name, Objective())


def own_keys() -> list[str]:
    """The keys of a recipe that not all objectives take, sorted."""
    return sorted({key for each in _declared().values() for key in each.own})
