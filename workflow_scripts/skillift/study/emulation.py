"""Recipes that emulate a training: set apart from those that train, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.study.chat_checks import Finding
from skillift.study.check_list import unknown_id
from skillift.study.checkpoints import reached, steps_in
from skillift.yaml_sources.source import Words

EMULATED = "emulated"  # the objective, and the section that these recipes are set apart in
ENGINE = "transformers"


def set_apart(data: dict) -> None:
    """Move the emulated recipes of a study out of `recipes`, in place: those left there are trained."""
    found = {name: recipe for name, recipe in data["recipes"].items() if recipe["objective"] == EMULATED}
    if found:
        data["recipes"] = {name: recipe for name, recipe in data["recipes"].items() if name not in found}
        data[EMULATED] = found


def all_recipes(data: Mapping) -> dict[str, dict]:
    """The recipes that train and those that emulate, by id."""
    return {**data["recipes"], **data.get(EMULATED, {})}


def emulation_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with emulated recipes and their runs."""
    trained = {
        (entry["recipe"], student, seed)
        for entry in data["runs"]
        for student in entry["students"]
        for seed in entry["seeds"]
    }
    for name, recipe in data.get(EMULATED, {}).items():
        key, source = ("recipes", name, "from"), recipe["from"]
        if source["student"] not in data["students"]:
            yield unknown_id((*key, "student"), source["student"], data["students"], "students")
        if source["recipe"] not in data["recipes"]:
            yield unknown_id((*key, "recipe"), source["recipe"], data["recipes"], "recipes")
        elif kept := reached(data, source["recipe"]):
            last = steps_in(data, source["recipe"])
            if max(kept) != last:
                found = Words(f"{source['recipe']}, whose last checkpoint is at step {max(kept)} of {last}")
                expected = "a recipe with a checkpoint at its last step"
                fix = f"Add `final` to the `checkpoints` of {source['recipe']}."
                yield (*key, "recipe"), found, expected, fix
    for index, entry in enumerate(data["runs"]):
        if not (recipe := data.get(EMULATED, {}).get(entry["recipe"])):
            continue
        source, here = recipe["from"], ("runs", index)
        for place, student in enumerate(entry["students"]):
            if student == source["student"]:
                expected = f"another student than {student}, whose training {entry['recipe']} borrows"
                yield (*here, "students", place), student, expected, "Take it out."
        borrowed = source["recipe"], source["student"]
        lacking = [
            f"{borrowed[1]} {borrowed[0]}-s{seed}"
            for seed in entry["seeds"]
            if (*borrowed, seed) not in trained
        ]
        if lacking:
            found = Words(f"{entry['recipe']} without {', '.join(lacking)}")
            expected = f"a run of {source['recipe']} at {source['student']} for each of its seeds"
            yield here, found, expected, "Add these runs."
    if data.get(EMULATED) and data["inference"]["engine"] != ENGINE:
        expected = f"{ENGINE}, which alone composes models ({', '.join(sorted(data[EMULATED]))})"
        yield ("inference", "engine"), data["inference"]["engine"], expected, f"Write `engine: {ENGINE}`."
