"""Recipes that train on from another one's last checkpoint, and what each objective takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.study.chat_checks import Finding
from skillift.study.checkpoints import reached, steps_in
from skillift.study.matched import whole_corpus
from skillift.study.objectives import PAIRS, TASKS, objective, own_keys
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

_EXAMPLES = {"beta": 0.1, "generations": 8, "max_tokens": 48}


def start_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with the recipes that others start from, and with the runs that these need."""
    recipes = data["recipes"]
    for name, recipe in recipes.items():
        if (start := recipe.get("start")) is None:
            continue
        key = ("recipes", name, "start")
        if start not in recipes:
            known = sorted(set(recipes) - {name})
            fix = did_you_mean(start, known) or f"Add '{start}' to `recipes`, or delete the key."
            yield key, start, f"a key of `recipes` ({one_of(known) if known else 'there is no other'})", fix
        elif name in _before(name, recipes):
            yield key, start, "a recipe that does not start from this one itself", "Name another."
    trained = {
        (entry["recipe"], student, seed)
        for entry in data["runs"]
        for student in entry["students"]
        for seed in entry["seeds"]
    }
    for index, entry in enumerate(data["runs"]):
        start = recipes.get(entry["recipe"], {}).get("start")
        lacking = [
            f"{student} {start}-s{seed}"
            for student in entry["students"]
            for seed in entry["seeds"]
            if start in recipes and (start, student, seed) not in trained
        ]
        if lacking:
            found = Words(f"{entry['recipe']}, which starts from {start}, without {', '.join(lacking)}")
            expected = f"a run of {start} for each of its students and seeds"
            yield ("runs", index), found, expected, f"Add `{{recipe: {start}, ...}}` with them to `runs`."


def start_checkpoint_findings(data: Mapping) -> Iterator[Finding]:
    """That a recipe that others start from keeps a checkpoint at its last step."""
    for name, recipe in data["recipes"].items():
        start = recipe.get("start")
        kept = reached(data, start) if start in data["recipes"] else set()
        if kept and max(kept) != steps_in(data, start):
            found = Words(f"{start}, whose last checkpoint is at step {max(kept)} of {steps_in(data, start)}")
            fix = f"Add `final` to the `checkpoints` of {start}."
            yield ("recipes", name, "start"), found, "a recipe with a checkpoint at its last step", fix


def _before(name: str, recipes: Mapping) -> list[str]:
    """The recipes that come before one, the nearest first; with itself where they go round in a circle."""
    found: list[str] = []
    while (name := recipes.get(name, {}).get("start", "")) in recipes and name not in found:
        found.append(name)
    return found


def objective_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with what an objective is given: its corpus, its keys, what else it cannot take."""
    for name, recipe in data["recipes"].items():
        here, takes = ("recipes", name), objective(recipe["objective"])
        corpora = data["corpora"]
        if recipe["corpus"] in corpora:
            pairs = whole_corpus(corpora, recipe["corpus"]).get("form") == PAIRS
            if pairs != (takes.on == PAIRS):
                with_or_without = "without" if pairs else "with"
                expected = f"a corpus {with_or_without} `form: {PAIRS}`, for {recipe['objective']}"
                fix = "Make one: {like: <corpus>, form: pairs, rejected: corrupted}." if not pairs else ""
                yield (*here, "corpus"), recipe["corpus"], expected, fix
        for key in takes.needs:
            if key not in recipe:
                found, expected = Words(f"no key '{key}'"), f"one with objective: {recipe['objective']}"
                yield here, found, expected, f"Add `{key}: {_EXAMPLES.get(key, '...')}`."
        for key in own_keys():
            if key in recipe and key not in takes.own:
                expected = f"no such key with objective: {recipe['objective']}"
                yield (*here, key), Words(f"the key '{key}'"), expected, "Delete it."
        if takes.on in _WITHOUT:
            yield from _what_others_cannot(here, recipe, *_WITHOUT[takes.on])


# of what is trained on: why there is no dropout, and why no packing
_WITHOUT = {
    PAIRS: (
        "0 for preference pairs, whose reference is the same model without dropout",
        "false for preference pairs, which are padded",
    ),
    TASKS: (
        "0 where answers are scored, which are drawn without dropout",
        "false where answers are scored, which are padded",
    ),
}


def _what_others_cannot(
    here: tuple[str, ...], recipe: Mapping, undropped: str, padded: str
) -> Iterator[Finding]:
    lora = recipe["trainable"].get("lora", {}) if isinstance(recipe["trainable"], Mapping) else {}
    if lora.get("dropout"):
        yield (*here, "trainable", "lora", "dropout"), lora["dropout"], undropped, "Delete it."
    if recipe.get("packing"):
        yield (*here, "packing"), True, padded, "Delete it."


def adapter_findings(data: Mapping) -> Iterator[Finding]:
    """That adapters are served merged where a recipe starts from another, on whose weights they stand."""
    started = sorted(name for name, recipe in data["recipes"].items() if "start" in recipe)
    if started and data["inference"].get("adapters") == "lora":
        expected = f"merged, as another recipe's weights are trained on by {', '.join(started)}"
        yield ("inference", "adapters"), "lora", expected, "Write `adapters: merged`."
