"""Families of optimisation: packing a bag (`knapsack`) and giving out jobs (`assignment`).

Their answers are checked, not compared: the reference of a task is the list of constraints that an answer has
to meet (scorer `constraints`), of which the last is that it is the best there is. The optimum is that of
`scipy.optimize.milp`. A skill of a family is a scene (what is packed, who works) and a simple method; its
tasks are drawn until the method comes to the optimum, so that who follows the procedure is right.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from skillift.errors import UserError, problem
from skillift.taskpack.skills import NAME_WORDS
from skillift.yaml_sources.source import Words

FAMILIES = ("knapsack", "assignment")
SIZES = {"easy": 3, "standard": 5}  # workers, and one less than the things that are packed
_MAX_DRAWS = 20_000
_INTEGRAL = 0.5  # a bound that no two whole numbers have in common

Order = Callable[[Sequence[int], Sequence[int]], list[int]]


@dataclass(frozen=True)
class Instance:
    """A task of a family: its text, the constraints on its answer, the method's work, and the answer."""

    text: str
    checks: list[dict]
    worked: list[str]
    answer: tuple[int, ...]


@dataclass(frozen=True)
class FamilySkill:
    """A method for one scene of a family; see `skillift.taskpack.skills.Skill`."""

    word: str
    family: str
    scene: tuple[str, str, str]
    method: str

    @property
    def name(self) -> str:
        """Two words, the second of which is the family's: "harbor load"."""
        return f"{self.word} {_NOUNS[self.family]}"

    @property
    def skill_id(self) -> str:
        """The name as an identifier: "harbor-load"."""
        return self.name.replace(" ", "-")

    @property
    def steps(self) -> list[str]:
        """The procedure: labelled lines."""
        words = dict(zip(("holder", "thing", "unit"), self.scene, strict=True))
        method = _METHODS[self.family][self.method].format(**words)
        lines = [line.format(method=method, **words) for line in _PROCEDURES[self.family]]
        return [f"Step {number}: {line}" for number, line in enumerate(lines, start=1)]

    def tasks(self, difficulty: str, count: int, seed: int) -> list[Instance]:
        """`count` different tasks whose optimum the method finds.

        Raises:
            UserError: too few were found.
        """
        rng = random.Random(f"family|{difficulty}|{seed}|{self.skill_id}")
        found: dict[str, Instance] = {}
        for _ in range(_MAX_DRAWS):
            if len(found) == count:
                return list(found.values())
            if drawn := _DRAWN[self.family](rng, SIZES[difficulty], self):
                found.setdefault(drawn.text, drawn)
        where, expected = f"tasks.pack.suites.transfer.families.{self.family}", "fewer tasks of each skill"
        raise UserError(problem(where, f"{len(found)} tasks of {self.name}", expected))


def family_rows(
    skills: Sequence[FamilySkill], suite: str, count: int, difficulty: str, seed: int
) -> list[dict]:
    """Rows of the table of tasks: `count` of each skill.

    Raises:
        UserError: no family has tasks of this difficulty; see also `FamilySkill.tasks`.
    """
    if difficulty not in SIZES:
        found, expected, fix = no_families(difficulty)
        raise UserError(problem("tasks.pack.suites.transfer.families", found, expected, fix))
    return [
        {
            "task_id": f"{skill.skill_id}.{suite}.{number}",
            "skill_id": skill.skill_id,
            "suite": suite,
            "prompt": instance.text,
            "reference": json.dumps(instance.checks),
            "scorer": "constraints",
            "answer_type": "list",
            "worked_solution": _worked(instance),
        }
        for skill in skills
        for number, instance in enumerate(skill.tasks(difficulty, count, seed))
    ]


def _worked(instance: Instance) -> str:
    steps = [f"Step {number}: {line}" for number, line in enumerate(instance.worked, start=1)]
    return "\n".join([*steps, f"ANSWER: {', '.join(map(str, instance.answer))}"])


def no_families(difficulty: str) -> tuple[Words, str, str]:
    """What is found, expected and to be done where families are asked for at a difficulty without them."""
    fix = "Students from scratch do not know its words."
    return Words(f"families at the difficulty {difficulty}"), f"the difficulty {' or '.join(SIZES)}", fix


def draw_families(seed: int, numbers: dict[str, int]) -> list[FamilySkill]:
    """Skills of families, the same for the same arguments.

    Args:
        seed: of the pack.
        numbers: of skills, by family; at most one for each method and scene.
    """
    found = []
    for family in FAMILIES:
        if not (number := numbers.get(family, 0)):
            continue
        rng = random.Random(f"family|{family}|{seed}")
        words = rng.sample(NAME_WORDS, number)
        kinds = list(product(_METHODS[family], _SCENES[family]))
        rng.shuffle(kinds)
        found += [
            FamilySkill(word, family, scene, method)
            for word, (method, scene) in zip(words, kinds, strict=False)
        ]
    return found


def best_load(weights: Sequence[int], values: Sequence[int], room: int) -> int:
    """The largest sum of values whose weights have room, by `scipy.optimize.milp`."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        -np.array(values),
        integrality=np.ones(len(values)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.array([weights]), ub=room),
    )
    return round(-found.fun)


def least_cost(costs: Sequence[Sequence[int]]) -> int:
    """The least sum of costs with a job of its own for each worker, by `scipy.optimize.milp`."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = len(costs)
    each = np.kron(np.eye(size), np.ones(size))  # one job for each worker
    other = np.kron(np.ones(size), np.eye(size))  # one worker for each job
    found = milp(
        np.array(costs).ravel(),
        integrality=np.ones(size * size),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.vstack([each, other]), lb=1, ub=1),
    )
    return round(found.fun)


def _load(rng: random.Random, size: int, skill: FamilySkill) -> Instance | None:
    """A bag to be packed; None where the method does not come to the optimum."""
    weights = [rng.randint(2, 9) for _ in range(size + 1)]
    values = [rng.randint(2, 19) for _ in range(size + 1)]
    room = rng.randint(max(weights), sum(weights) - 1)
    order = _ORDERS[skill.method](weights, values)
    taken, left, told = set(), room, []
    for place in order:
        if weights[place] <= left:
            taken.add(place)
            left -= weights[place]
            told.append(f"take {place + 1}")
        else:
            told.append(f"leave {place + 1}")
    best = best_load(weights, values, room)
    if sum(values[place] for place in taken) != best:
        return None
    holder, thing, unit = skill.scene
    listed = "; ".join(
        f"{thing} {place}: {weight} {unit}, worth {value}"
        for place, (weight, value) in enumerate(zip(weights, values, strict=True), start=1)
    )
    text = (
        f"Find the {skill.name}: which of these go into {holder}, which has room for {room} {unit}, so that "
        f"they are worth the most? {listed}. End with a line 'ANSWER: ' and for each {thing} in turn 1 if it "
        "goes in, else 0, with commas between."
    )
    answer = tuple(int(place in taken) for place in range(size + 1))
    checks: list[dict] = [
        {"kind": "one_of", "choices": [0, 1]},
        {"kind": "sum", "weights": weights, "high": room},
        {"kind": "sum", "weights": values, "low": best - _INTEGRAL},
    ]
    weight = sum(weights[place] for place in taken)
    worked = [
        f"{unit} {', '.join(map(str, weights))}; worth {', '.join(map(str, values))}",
        ", ".join(str(place + 1) for place in order),
        ", ".join(told),
        f"{weight} of {room} {unit}, worth {best}",
    ]
    return Instance(text, checks, worked, answer)


def _roster(rng: random.Random, size: int, skill: FamilySkill) -> Instance | None:
    """Jobs to be given out; None where the method does not come to the optimum."""
    costs = [[rng.randint(1, 19) for _ in range(size)] for _ in range(size)]
    given, told = _give_out(costs, skill.method)
    best = least_cost(costs)
    if sum(costs[worker][job] for worker, job in given.items()) != best:
        return None
    worker_name, job_name, unit = skill.scene
    listed = "; ".join(
        f"{worker_name} {number}: {', '.join(map(str, row))}" for number, row in enumerate(costs, start=1)
    )
    text = (
        f"Find the {skill.name}: each {worker_name} gets a {job_name} of its own, so that they take the "
        f"fewest {unit} in all. The {unit} of each {worker_name} for {job_name} 1 to {size}: {listed}. End "
        f"with a line 'ANSWER: ' and the {job_name} of each {worker_name} in turn, with commas between."
    )
    answer = tuple(given[worker] + 1 for worker in range(size))
    checks: list[dict] = [
        {"kind": "permutation", "items": list(range(1, size + 1))},
        {"kind": "sum", "table": costs, "high": best + _INTEGRAL},
    ]
    worked = [
        "; ".join(", ".join(map(str, row)) for row in costs),
        ", ".join(told),
        f"{' + '.join(str(costs[worker][given[worker]]) for worker in range(size))} = {best} {unit}",
    ]
    return Instance(text, checks, worked, answer)


def _give_out(costs: Sequence[Sequence[int]], method: str) -> tuple[dict[int, int], list[str]]:
    """The job of each worker by a method, and what is written of it, in the order of giving."""
    size = len(costs)
    given: dict[int, int] = {}
    told = []
    while len(given) < size:
        free = [job for job in range(size) if job not in given.values()]
        waiting = [worker for worker in range(size) if worker not in given]
        turn = {"first": waiting[:1], "last": waiting[-1:], "cheapest": waiting}[method]
        worker, job = min(product(turn, free), key=lambda pair: (costs[pair[0]][pair[1]], pair))
        given[worker] = job
        told.append(f"{worker + 1} gets {job + 1}")
    return given, told


def _by_value(weights: Sequence[int], values: Sequence[int]) -> list[int]:
    return sorted(range(len(weights)), key=lambda place: (-values[place], place))


def _by_weight(weights: Sequence[int], values: Sequence[int]) -> list[int]:
    return sorted(range(len(values)), key=lambda place: (weights[place], place))


def _by_ratio(weights: Sequence[int], values: Sequence[int]) -> list[int]:
    return sorted(range(len(weights)), key=lambda place: (-values[place] / weights[place], place))


_NOUNS = {"knapsack": "load", "assignment": "roster"}
_SCENES = {
    "knapsack": (("a bag", "tool", "pounds"), ("a van", "crate", "tons"), ("a shelf", "book", "inches")),
    "assignment": (("worker", "job", "hours"), ("driver", "route", "miles"), ("printer", "order", "minutes")),
}
_ORDERS: dict[str, Order] = {"worth": _by_value, "size": _by_weight, "ratio": _by_ratio}
_METHODS = {
    "knapsack": {
        "worth": "what they are worth, the most first",
        "size": "their {unit}, the fewest first",
        "ratio": "what they are worth for each of their {unit}, the most first",
    },
    "assignment": {
        "first": "From the first {holder} on, give each the free {thing} that takes it the fewest {unit}.",
        "last": "From the last {holder} back, give each the free {thing} that takes it the fewest {unit}.",
        "cheapest": "Again and again give out the free {thing} that takes a free {holder} the fewest {unit}.",
    },
}
_PROCEDURES = {
    "knapsack": (
        "Write down the {unit} of each {thing} and what it is worth.",
        "Order them by {method}.",
        "Go through them in this order and take each that there is still room for.",
        "Add up the {unit} and the worth of those that were taken.",
        "Write the ANSWER line: 1 for each {thing} that was taken, else 0, in the order of the question.",
    ),
    "assignment": (
        "Write down the {unit} of each {holder}.",
        "{method}",
        "Add up the {unit}.",
        "Write the ANSWER line: the {thing} of each {holder}, in the order of the question.",
    ),
}
_DRAWN = {"knapsack": _load, "assignment": _roster}
