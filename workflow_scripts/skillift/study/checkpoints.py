"""Steps of trainings: how many a recipe takes, and at which of them its checkpoints are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from skillift.study.chat_checks import Finding
from skillift.study.matched import whole_corpus
from skillift.yaml_sources.source import Words

FINAL = "final"


def steps_of(recipe: Mapping, rows: int) -> int:
    """Optimiser steps of a training on so many rows; the last batch of an epoch may be a smaller one."""
    if "max_steps" in recipe:
        return recipe["max_steps"]
    return math.ceil(rows / recipe["batch_size"]) * recipe.get("epochs", 0)


def steps_in(data: Mapping, name: str) -> int | None:
    """Optimiser steps of a recipe of a study; None where its corpus is not declared."""
    recipe = data["recipes"][name]
    corpora = data["corpora"]
    rows = whole_corpus(corpora, recipe["corpus"]).get("rows") if recipe["corpus"] in corpora else None
    return None if rows is None else steps_of(recipe, rows)


def named_steps(data: dict) -> None:
    """Write `{every: n}` of each recipe as the list of steps that it stands for, in place."""
    for name, recipe in data["recipes"].items():
        declared, last = recipe["checkpoints"], steps_in(data, name)
        if isinstance(declared, dict) and last:
            every = declared["every"]
            recipe["checkpoints"] = [*range(every, last, every), FINAL]


def reached(data: Mapping, name: str) -> set[int]:
    """The steps at which a recipe has a checkpoint; none where its corpus is not declared."""
    declared, last = data["recipes"][name]["checkpoints"], steps_in(data, name)
    if not last:
        return set()
    if isinstance(declared, dict):
        return {*range(declared["every"], last, declared["every"]), last}
    return {last if step == FINAL else step for step in declared}


def depth_findings(data: Mapping) -> Iterator[Finding]:
    """That no recipe of a run has a checkpoint at every declared early step, and a later one."""
    early = data["analysis"].get("depth", {}).get("early", [])
    names = {entry["recipe"] for entry in data["runs"] if entry["students"]} & {*data["recipes"]}
    steps = {name: reached(data, name) for name in sorted(names)}
    if early and not any({*early} <= there and max(there) > max(early) for there in steps.values() if there):
        known = "; ".join(f"{name}: {', '.join(map(str, sorted(there)))}" for name, there in steps.items())
        expected = f"early checkpoints of a recipe that trains a student and has a later one ({known})"
        fix = "Add these steps to its `checkpoints`, such as {every: n}."
        yield ("analysis", "depth", "early"), early, expected, fix


def length_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with how long recipes train and where their checkpoints are."""
    for name, recipe in data["recipes"].items():
        here, given = ("recipes", name), [key for key in ("epochs", "max_steps") if key in recipe]
        if len(given) != 1:
            found = Words("both epochs and max_steps" if given else "neither epochs nor max_steps")
            yield here, found, "exactly one of epochs, max_steps", "Delete one." if given else "Add one."
            continue
        declared, last = recipe["checkpoints"], steps_in(data, name)
        if isinstance(declared, dict):
            if last and declared["every"] > last:
                expected = f"at most {last}, the last step of this recipe"
                yield (*here, "checkpoints", "every"), declared["every"], expected, ""
            continue
        steps = [step for step in declared if step != FINAL]
        for index, (one, other) in enumerate(pairwise(steps)):
            if other < one:
                yield (*here, "checkpoints", index + 1), other, f"steps in rising order (after {one})", ""
        for index, step in enumerate(declared):
            if step != FINAL and last and step > last:
                expected = f"a step from 1 to {last}, the last one of this recipe, or final"
                yield (*here, "checkpoints", index), step, expected, "Name an earlier step, or train longer."
