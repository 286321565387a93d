"""Variants of a skill: its procedure with one operation removed, or with two exchanged.

A variant has its skill's name, lists and readout; only following the procedure that stands before the task
tells that it is another one. Its answer comes from running the changed operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from skillift.settings.values import Change
from skillift.taskpack.domains import Items
from skillift.taskpack.instances import stable_hash
from skillift.taskpack.skills import Skill


@dataclass(frozen=True)
class Variant:
    """A skill with another procedure.

    Attributes:
        parent: the skill.
        change: how its procedure is changed.
        order: which of the skill's groups of operations are done, in turn.
    """

    parent: Skill
    change: Change
    order: tuple[int, ...]

    @property
    def skill_id(self) -> str:
        """Its own identifier: "harbor-code.step-removed"."""
        return f"{self.parent.skill_id}.{self.change.replace('_', '-')}"

    @property
    def steps(self) -> list[str]:
        """The changed procedure: the skill's lines, numbered again."""
        first, *others = (line.partition(": ")[2] for line in self.parent.steps)
        rest = others[len(self.parent.operations) :]
        lines = [first, *(others[place] for place in self.order), *rest]
        return [f"Step {number}: {line}" for number, line in enumerate(lines, start=1)]

    def answer(self, items: Items) -> Items:
        """The items of the reference answer."""
        groups = tuple(self.parent.operations[place] for place in self.order)
        return replace(self.parent, operations=groups).answer(items)


def variant_of(skill: Skill, change: Change, lists: Sequence[Items], seed: int) -> Variant:
    """The variant of a skill by one change: a hash chooses among those that change one of the answers.

    Args:
        skill: of the pack.
        change: how it is changed.
        lists: of the tasks that variants are made of.
        seed: of the pack.

    Returns:
        Where no choice changes an answer, one that changes none.
    """
    found = [Variant(skill, change, order) for order in _orders(change, len(skill.operations))]
    found.sort(key=lambda each: stable_hash(f"variant|{seed}|{each.skill_id}|{each.order}"))
    differing = (each for each in found if any(each.answer(items) != skill.answer(items) for items in lists))
    return next(differing, found[0])


def _orders(change: str, n_groups: int) -> list[tuple[int, ...]]:
    places = tuple(range(n_groups))
    if change == "step_removed":
        return [places[:gone] + places[gone + 1 :] for gone in places]
    orders = []
    for one, other in combinations(places, 2):
        order = list(places)
        order[one], order[other] = other, one
        orders.append(tuple(order))
    return orders
