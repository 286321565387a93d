"""What the steps of a worked answer have to meet: each list follows from the one before.

So a response with one slip meets all but one of them, and who guesses the answer few. The checks are data
(`skillift.answers.steps`), made from a skill's operations at the lengths that its lists have.
"""

from __future__ import annotations

import json
from contextlib import suppress

from skillift.taskpack.domains import Items
from skillift.taskpack.operations import Operation
from skillift.taskpack.skills import Skill

_BY_VALUE: dict[str, dict] = {  # operations that look at the items, by their verbs
    "Sort": {"sort": "up"},
    "Order": {"sort": "down"},
    "Move": {"move": "lowest"},
    "Push": {"move": "highest"},
    "Raise": {"step": 1},
    "Replace": {"step": 1},
    "Change": {"step": -1},
}
_WHERE = {"Reverse": [0, -1], "Swap": [1, 0]}  # conditions that look at the items: which is above which


def step_checks(skill: Skill, items: Items) -> str:
    """The checks of a task's steps and of its ANSWER line, as JSON (scorer `constraints`).

    Args:
        skill: the task's.
        items: its list.
    """
    trace, order = skill.trace(items), list(skill.domain.order)
    groups = [(), *skill.operations, (skill.readout,)]
    checks: list[dict] = [{"kind": "follows", "step": 1, "list": list(items), "by": [], "order": order}]
    before = items
    for place, group in enumerate(groups[1:], start=1):
        rewritings = []
        for operation in group:
            rewritings.append(_rewriting(operation, len(before)))
            before = operation.apply(before, skill.domain)[1]
        last = place + 1 == len(trace) and len(trace) > 4  # the readout of `standard` is the ANSWER line
        step = "answer" if last else place + 1
        checks.append({"kind": "follows", "step": step, "by": rewritings, "order": order})
    if len(trace) == 4:
        checks.append({"kind": "follows", "step": "answer", "by": [], "order": order})
    return json.dumps(checks)


def _rewriting(operation: Operation, length: int) -> dict:
    """An operation as data, for lists of one length."""
    where: dict = {}
    places = tuple(map(str, range(length)))
    if operation.condition is not None:
        try:
            done = operation.condition(places, None)  # type: ignore[arg-type]  # of the length alone
        except AttributeError:
            where = {"if": _WHERE[operation.verb]}
        else:
            if not done:
                return {"take": list(range(length)), "length": length}
    with suppress(AttributeError):  # what asks the domain for the items' order
        taken = operation.rewrite(places, None)  # type: ignore[arg-type]
        return {"take": [int(place) for place in taken], "length": length, **where}
    return {**_BY_VALUE[operation.verb], **where}
