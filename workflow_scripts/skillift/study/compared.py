"""Which pairs of recipes a study compares, and what each pair is about: its data, or how often it is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.study.chat_checks import Finding
from skillift.study.checkpoints import steps_of
from skillift.study.matched import matched_names, whole_corpus
from skillift.study.objectives import PAIRS, TASKS, objective
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

DATA_QUALITY, REPETITION, PREFERENCE, REWARD = "data_quality", "repetition", "preference", "reward"
_OBJECTIVES = {
    PAIRS: PREFERENCE,
    TASKS: REWARD,
}  # of a recipe that starts from the other, by what it is trained on
_LENGTH = ("epochs", "max_steps", "checkpoints")


def claim_of(one: str, other: str, data: Mapping) -> str:
    """The claim about two recipes of a study; empty where they differ in more than it is about."""
    recipes = [data["recipes"][name] for name in (one, other)]
    corpora = [recipe["corpus"] for recipe in recipes]
    on = objective(recipes[0]["objective"]).on
    if on in _OBJECTIVES and recipes[0].get("start") == other:
        return _OBJECTIVES[on]
    if corpora[0] == corpora[1]:
        return ""
    apart = _differing(*recipes) - {"corpus"}
    if corpora[1] in matched_names(data["corpora"], corpora[0]):
        return DATA_QUALITY if not apart else ""
    wholes = [whole_corpus(data["corpora"], name) for name in corpora]
    lengths = [steps_of(recipe, whole["rows"]) for recipe, whole in zip(recipes, wholes, strict=True)]
    same = not apart - {*_LENGTH} and not _differing(*wholes) - {"rows", "seed"}
    return REPETITION if same and lengths[0] == lengths[1] and wholes[0]["rows"] < wholes[1]["rows"] else ""


def _differing(one: Mapping, other: Mapping) -> set[str]:
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}


def compared(data: Mapping) -> list[dict]:
    """The declared pairs, each with its `claim`, `recipe` and `against`, sorted."""
    pairs = [pair for pair in data["analysis"].get("compare", []) if _is_known(pair, data)]
    rows = [{"claim": claim_of(one, other, data), "recipe": one, "against": other} for one, other in pairs]
    return sorted(rows, key=lambda row: tuple(row.values()))


def _is_known(pair: list[str], data: Mapping) -> bool:
    """Whether the recipes and their corpora are declared; what is not is told where it is named."""
    recipes = [data["recipes"].get(name, {}) for name in pair]
    corpora = [data["corpora"].get(recipe.get("corpus"), {}) for recipe in recipes]
    return all(corpora) and all(corpus.get("like", "") in {"", *data["corpora"]} for corpus in corpora)


def compared_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with the pairs of recipes that a study compares."""
    trained = _students_of(data)
    for place, pair in enumerate(data["analysis"].get("compare", [])):
        key = ("analysis", "compare", place)
        if unknown := [index for index, name in enumerate(pair) if name not in data["recipes"]]:
            for index in unknown:
                known = sorted(data["recipes"])
                fix = did_you_mean(pair[index], known) or f"Add '{pair[index]}' to `recipes`."
                choice = one_of(known) if known else "there is none"
                yield (*key, index), pair[index], f"a key of `recipes` ({choice})", fix
            continue
        if not _is_known(pair, data):
            continue  # told with the recipe
        one, other = pair
        if not claim_of(one, other, data):
            expected, fix = _of_other_recipes(one, other, data)
            yield key, Words(f"{one} and {other}"), expected, fix
        elif not trained.get(one, set()) & trained.get(other, set()):
            found = Words(f"{one} and {other}, which train no student in common")
            yield key, found, "a student that both train", "Add the runs, or delete the pair."


def _students_of(data: Mapping) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in data["runs"]:
        found.setdefault(entry["recipe"], set()).update(entry["students"])
    return found


def _of_other_recipes(one: str, other: str, data: Mapping) -> tuple[str, str]:
    """What was expected of two recipes that are no pair, and the fix."""
    recipes = [data["recipes"][name] for name in (one, other)]
    apart = sorted(_differing(*recipes))
    expected = (
        "recipes that differ in corpora of the same tasks alone (one is `like` the other), or in the rows of "
        "their corpora at equally many steps, the one with fewer rows first, or one on preference pairs and "
        "then the one that it starts from, or one on rewards and then that one"
    )
    wholes = [whole_corpus(data["corpora"], recipe["corpus"]) for recipe in recipes]
    lengths = [steps_of(recipe, whole.get("rows", 0)) for recipe, whole in zip(recipes, wholes, strict=True)]
    where = ", ".join(apart) or "nothing"
    fix = f"They differ in {where}; {one} takes {lengths[0]} steps and {other} {lengths[1]}."
    return expected, fix
