"""What may be wrong with the predictions of a study file: effects, paths and suites that it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from skillift.metrics.names import PASS, SHARE, TEXT, VERDICTS
from skillift.metrics.registry import metrics
from skillift.settings.values import VARIANTS
from skillift.statistics.contrast_names import LIFT, changes_of, contrasts_of, variants_of
from skillift.study.emulation import all_recipes
from skillift.study.headline import headline_suite
from skillift.yaml_sources.source import KeyPath, Words
from skillift.yaml_sources.wording import did_you_mean, one_of

INTERVENTIONS = "interventions"  # an empty mapping asks for all of them
Finding = tuple[KeyPath, object, str, str]

# sections of a study that predictions refer to
SECTIONS = (
    "predictions",
    "conditions",
    "students",
    "references",
    "recipes",
    "runs",
    "judges",
    "inference",
    "analysis",
)


def prediction_problems(data: dict) -> Iterator[Finding]:
    """What is wrong with the predictions of a study, by key.

    Args:
        data: the study with its defaults filled in; `SECTIONS` keep the schema.
    """
    paths = ["bench", *(f"judge:{judge}" for judge in sorted(data["judges"]))]
    suites = sorted(data["inference"]["suites"])
    for name, entry in data["predictions"].items():
        here = ("predictions", name)
        metric = entry.get("metric", PASS)
        known: dict[str, tuple[str, ...]] = {PASS: (VERDICTS,)}
        if metric != PASS:  # the others take long to load
            known |= {name: each.reads for name, each in metrics().items()}
        if metric not in known:
            yield _unknown((*here, "metric"), metric, sorted(known), "a metric")
            continue
        least = 1 if metric == PASS else metrics()[metric].least_samples
        if (samples := data["inference"]["samples"]) < least:
            fix = "Set `samples` of `inference`, and a temperature above 0."
            yield (*here, "metric"), f"{metric} with samples {samples}", f"samples: {least} or more", fix
        needs = "" if metric == PASS else metrics()[metric].needs
        if needs and data["inference"].get(needs) is None:
            fix = f"Set `{needs}: {'{}' if needs == INTERVENTIONS else 'true'}` of `inference`."
            yield (*here, "metric"), Words(f"{metric} without {needs}"), f"a study that keeps {needs}", fix
        allowed = paths if VERDICTS in known[metric] else [TEXT]
        if entry.get("path", allowed[0]) not in allowed:
            what = "a scoring path" if allowed is paths else f"the path of what reads no verdict, as {metric}"
            yield _unknown((*here, "path"), entry["path"], allowed, what)
        suite = entry.get("suite", headline_suite(data))
        if suite not in suites:
            yield _unknown((*here, "suite"), suite, suites, "a suite of `inference.suites`")
        yield from _size_problems(here, entry, metric)
        if entry["direction"] == "equivalent" and entry["margin"] == 0:
            fix = "Declare how large a difference counts as none."
            yield (*here, "margin"), entry["margin"], "a margin above 0 for `direction: equivalent`", fix
        yield from _effect_problems((*here, "effect"), entry["effect"], suite, data)
        if "minus" in entry:
            yield from _effect_problems((*here, "minus"), entry["minus"], suite, data)
            if entry["minus"] == entry["effect"]:
                found = Words("the same effect as under `effect`")
                yield (*here, "minus"), found, "another effect", "Their difference is 0 by definition."


def _size_problems(here: KeyPath, entry: dict, metric: str) -> Iterator[Finding]:
    """What no difference of fractions can be; metrics in another unit have no such limits."""
    if metric != PASS and metrics()[metric].unit != SHARE:
        return
    for key, least in (("than", -2), ("margin", 0)):
        if not least <= entry[key] <= 2:
            expected = f"a number at least {least} and at most 2"
            found, fix = Words(f"{entry[key]:g}"), "Write points as a fraction: 0.05 is 5 points."
            yield (*here, key), found, expected, fix


def _effect_problems(here: KeyPath, effect: dict, suite: str, data: dict) -> Iterator[Finding]:
    student, recipe, contrast = effect["student"], effect.get("recipe"), effect["contrast"]
    models = [*data["students"], *data["references"]]
    if student not in models:
        yield _unknown((*here, "student"), student, sorted(models), "a student or reference model")
        return
    plain, changes = contrasts_of(data["conditions"]), changes_of(data["conditions"])
    if suite == VARIANTS and suite in data["inference"]["suites"]:
        variants = variants_of(data["conditions"])
        plain, changes = [*plain, *variants], [*changes, *(LIFT + name for name in variants)]
    if contrast not in (*plain, *changes):
        yield _unknown(
            (*here, "contrast"), contrast, [*plain, *changes], "a contrast of the study's conditions"
        )
    elif recipe is None and contrast in changes:
        fix = "Add `recipe`, or name a contrast before SFT."
        yield (*here, "contrast"), contrast, f"{one_of(plain)}, where no recipe is named", fix
    if recipe is None:
        return
    if recipe not in (recipes := all_recipes(data)):
        yield _unknown((*here, "recipe"), recipe, sorted(recipes), "a key of `recipes`")
    elif not any(run["recipe"] == recipe and student in run["students"] for run in data["runs"]):
        found = Words(f"no run of the recipe '{recipe}' at {student}")
        yield (*here, "recipe"), found, "a recipe that the student is trained by", "Add it to `runs`."


def _unknown(key: KeyPath, name: str, known: list[str], what: str) -> Finding:
    return key, name, f"{what} ({one_of(known)})", did_you_mean(name, known)
