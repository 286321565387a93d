"""The protocols of a study: what each of them is in full, and what is wrong with those that it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from skillift.protocols import MAIN
from skillift.settings.values import Condition
from skillift.study.chat_checks import Finding
from skillift.study.check_list import unknown_id
from skillift.study.checkpoints import FINAL, reached, steps_in
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

SECTIONS = ("inference", "conditions", "judges", "references")
ALL = "all"
_ANSWERING = ("samples", "temperature", "top_p", "max_tokens", "seed")
_ORDER = get_args(Condition)
_API = "api"
CURATED = "curated"


def settle_protocols(data: dict) -> None:
    """Write each protocol out in full, in place, and what `main` says into `inference` itself.

    So whatever reads the suites, samples or temperature of `inference` reads those of `main`.
    """
    inference = data["inference"]
    declared = inference.get("protocols")
    if declared is None:
        return
    whole = {name: {**default_protocol(data), **protocol} for name, protocol in declared.items()}
    inference["protocols"] = {
        name: whole[name] for name in sorted(whole, key=lambda name: (name != MAIN, name))
    }
    if MAIN in whole:
        inference |= {key: whole[MAIN][key] for key in ("suites", *_ANSWERING)}


def default_protocol(data: Mapping) -> dict:
    """The one way to ask that `inference` says."""
    inference = data["inference"]
    return {
        "suites": inference["suites"],
        "conditions": sorted(data["conditions"], key=_ORDER.index),
        "checkpoints": ALL,
        **{key: inference[key] for key in _ANSWERING},
        "judges": sorted(data["judges"]),
        "references": sorted(data["references"]),
    }


def chosen_steps(protocol: Mapping, steps: list) -> list:
    """Which of a run's checkpoints answer under a protocol.

    Args:
        protocol: in full.
        steps: those of the run, in its recipe's order: numbers and `final`, or 0 alone of a base model.
    """
    chosen = protocol["checkpoints"]
    if chosen == ALL or steps == [0]:
        return steps
    return [step for step in steps if step in ([FINAL] if chosen == FINAL else chosen)]


def protocol_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with protocols by themselves, and with the sections that they name."""
    protocols = data["inference"].get("protocols")
    if protocols is None:
        return
    here = ("inference", "protocols")
    if MAIN not in protocols:
        found, fix = Words(f"no protocol {MAIN}"), f"Add `{MAIN}: {{}}`, or name one so."
        yield here, found, f"the protocol {MAIN}, which the headline is of", fix
        return
    main = protocols[MAIN]
    known = {
        "conditions": [*data["conditions"]],
        "judges": [*data["judges"]],
        "references": [*data["references"]],
    }
    for name, protocol in protocols.items():
        for key, choice in known.items():
            for place, item in enumerate(protocol[key]):
                if item not in choice:
                    if key == "conditions":
                        expected, fix = (
                            f"a condition of the study ({one_of(choice)})",
                            did_you_mean(item, choice),
                        )
                        yield (*here, name, key, place), item, expected, fix
                    else:
                        yield unknown_id((*here, name, key, place), item, dict.fromkeys(choice), key)
        for place, suite in enumerate(protocol["suites"]):
            if suite not in main["suites"]:
                expected = f"a suite that {MAIN} asks ({one_of(sorted(main['suites']))})"
                yield (*here, name, "suites", place), suite, expected, f"Add it to those of {MAIN}, too."
        if protocol["samples"] > 1 and protocol["temperature"] == 0:
            expected = "1 sample at temperature 0, where all samples are equal"
            yield (*here, name, "samples"), protocol["samples"], expected, "Raise its temperature."
        length = data["inference"].get("max_model_len")
        if length is not None and protocol["max_tokens"] >= length:
            expected = f"fewer than inference.max_model_len ({length}): the prompt needs room too"
            yield (*here, name, "max_tokens"), protocol["max_tokens"], expected, ""
    for key, choice in known.items():
        if lacking := sorted({*choice} - {*main[key]}):
            expected = f"all {key} of the study, as the headline is of {MAIN} ({', '.join(lacking)} missing)"
            yield (*here, MAIN, key), main[key], expected, "Leave the key out."
    yield from _equal(protocols)
    yield from _pinned(data, protocols)


def _equal(protocols: Mapping[str, Mapping]) -> Iterator[Finding]:
    """Two protocols that ask the same: the second would give the answers of the first."""
    first: dict[str, str] = {}
    for name, protocol in protocols.items():
        asked = {key: value for key, value in protocol.items() if key not in ("judges", "references")}
        asked["suites"], asked["conditions"] = sorted(asked["suites"]), sorted(asked["conditions"])
        if asked["temperature"] == 0:  # where nothing is drawn
            del asked["seed"], asked["top_p"]
        earlier = first.setdefault(repr(sorted(asked.items())), name)
        if earlier != name:
            found = Words(f"the protocol {earlier} under another name")
            yield ("inference", "protocols", name), found, "protocols that differ", "Delete one of the two."


def _pinned(data: Mapping, protocols: Mapping[str, Mapping]) -> Iterator[Finding]:
    """Reference models behind an API whose own sampling settings are not those of a protocol."""
    for name, protocol in protocols.items():
        for place, reference in enumerate(protocol["references"]):
            entry = data["references"].get(reference, {})
            if name == MAIN or entry.get("source") != _API:
                continue
            for key in ("temperature", "top_p", "max_tokens"):
                if key in entry and entry[key] != protocol[key]:
                    found = Words(f"{reference}, whose entry has {key}: {entry[key]}".replace("None", "null"))
                    fix = f"Leave it out of inference.protocols.{name}.references."
                    expected = f"models that answer with {key}: {protocol[key]}"
                    yield ("inference", "protocols", name, "references", place), found, expected, fix


def checkpoint_findings(data: Mapping) -> Iterator[Finding]:
    """What is wrong with the checkpoints of protocols: recipes without one, early steps that `main` lacks."""
    protocols = data["inference"].get("protocols") or {}
    recipes = {
        name: data["recipes"][name]
        for name in sorted({run["recipe"] for run in data["runs"]} & {*data["recipes"]})
    }
    for name, protocol in protocols.items():
        key, chosen = ("inference", "protocols", name, "checkpoints"), protocol["checkpoints"]
        if chosen == ALL:
            continue
        for recipe, entry in recipes.items():
            steps = steps_by_name(data, recipe, entry)
            if steps and not chosen_steps(protocol, steps):
                expected = f"a checkpoint of the recipe {recipe} ({', '.join(map(str, steps))})"
                yield (
                    key,
                    chosen,
                    expected,
                    f"Name one of them, or add yours to recipes.{recipe}.checkpoints.",
                )
    if MAIN in protocols and protocols[MAIN]["checkpoints"] != ALL and data["inference"]["shards"] > 1:
        found, fix = (
            Words("shards beside checkpoints of some"),
            "Set it to all, or take `inference.shards` out.",
        )
        expected = f"all checkpoints under {MAIN}, so that each shard has tasks at each"
        yield ("inference", "protocols", MAIN, "checkpoints"), found, expected, fix
    early = data["analysis"].get("depth", {}).get("early", [])
    main = protocols.get(MAIN)
    if early and main is not None and main["checkpoints"] != ALL:
        answered = [] if main["checkpoints"] == FINAL else main["checkpoints"]
        if missing := [step for step in early if step not in answered]:
            expected = (
                f"the early steps of analysis.depth among them ({', '.join(map(str, missing))} missing)"
            )
            fix = "Set it to all, or take `analysis.depth` out."
            yield ("inference", "protocols", MAIN, "checkpoints"), main["checkpoints"], expected, fix


def budget_findings(data: Mapping) -> Iterator[Finding]:
    """Sampling budgets that no protocol takes, or none under the condition that claims are about."""
    key, protocols = ("analysis", "sampling_budgets"), data["inference"].get("protocols")
    asked = [*protocols.values()] if protocols else [default_protocol(data)]
    most = max(protocol["samples"] for protocol in asked)
    for place, budget in enumerate(data["analysis"].get("sampling_budgets", [])):
        if budget > most or most == 1:
            expected = (
                f"at most the samples of a protocol ({most})" if most > 1 else "a protocol with samples"
            )
            fix = "Add one with a temperature and samples, such as inference.protocols.sampling."
            yield (*key, place), budget, expected, "" if most > 1 else fix
    if "sampling_budgets" in data["analysis"] and most > 1:
        taken = [protocol for protocol in asked if protocol["samples"] > 1]
        if not any(CURATED in protocol["conditions"] for protocol in taken):
            found, fix = (
                Words(f"no samples under {CURATED}"),
                "Add it to the protocol's conditions.",
            )
            yield key, found, f"a protocol with samples under {CURATED}, which the claims are about", fix


def steps_by_name(data: Mapping, name: str, recipe: Mapping) -> list:
    """The checkpoints of a recipe as its runs are asked at them; none where it is wrong in itself."""
    declared = recipe["checkpoints"]
    if isinstance(declared, dict):
        last = steps_in(data, name)
        return [step if step != last else FINAL for step in sorted(reached(data, name))] if last else []
    return list(declared)
