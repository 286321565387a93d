"""What a schema cannot say about a study: references between its sections, and limits that hang together.

Each check names the sections that it reads and runs when all of them keep the schema, so that one
mistake is reported once and all independent mistakes are reported together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from skillift.settings.tasks import PackSuites
from skillift.settings.values import Condition
from skillift.study import model_checks
from skillift.study.chat_checks import Finding
from skillift.study.check_list import Checks, braces, unknown_id
from skillift.study.checkpoints import depth_findings, length_findings
from skillift.study.compared import compared_findings
from skillift.study.emulation import all_recipes, emulation_findings, set_apart
from skillift.study.forecast import forecast_findings
from skillift.study.interventions import intervention_findings
from skillift.study.matched import matched_findings
from skillift.study.prediction_checks import SECTIONS, prediction_problems
from skillift.study.protocols import SECTIONS as PROTOCOL_SECTIONS
from skillift.study.protocols import budget_findings, checkpoint_findings, protocol_findings, settle_protocols
from skillift.study.starts import (
    adapter_findings,
    objective_findings,
    start_checkpoint_findings,
    start_findings,
)
from skillift.tasks.filler_files import filler_mistake
from skillift.tasks.user_rows import READERS, form_of
from skillift.tasks.user_skills import SKILL_FILE, skill_files
from skillift.yaml_sources.source import KeyPath, Source, Words, beside
from skillift.yaml_sources.wording import did_you_mean, one_of

BASE = "base"
DEMONSTRATED: Condition = "curated"  # the condition under which demonstrations are written

CHECKS = Checks()


def reference_problems(data: dict, source: Source, unsound: set[str]) -> dict[KeyPath, list[str]]:
    """Everything that is wrong between the sections of a study, by key, each as one line.

    Args:
        data: the study with its defaults filled in; emulated recipes are set apart in it.
        source: the file, for lines and for paths beside it.
        unsound: top-level keys that do not keep the schema; checks that read them are left out.
    """
    found: dict[KeyPath, list[str]] = {}
    if "recipes" not in unsound:
        set_apart(data)
    if unsound.isdisjoint(PROTOCOL_SECTIONS):
        settle_protocols(data)
    for check in (*model_checks.CHECKS, *CHECKS):
        if not check.sections & unsound:
            for key, value, expected, fix in check.look(data, source):
                found.setdefault(key, []).append(source.problem(key, value, expected, fix))
    return found


@CHECKS.reads("conditions")
def _mandatory_conditions(data: dict, source: Source) -> Iterator[Finding]:
    for name in ("none", "curated"):
        if name not in data["conditions"]:
            found, fix = Words(f"no condition '{name}'"), f"Add {name}."
            yield ("conditions",), found, "both none and curated, which the procedural delta compares", fix


@CHECKS.reads("conditions", "corpora", "filler_text")
def _filler_text(data: dict, source: Source) -> Iterator[Finding]:
    if not (declared := data.get("filler_text")):
        return
    key = ("filler_text",)
    corpora = (corpus.get("condition") for corpus in data["corpora"].values())
    if "filler" not in {*data["conditions"], *corpora}:
        fix = "Add filler to `conditions`, or delete the key."
        yield key, Words("the key 'filler_text'"), "no such key without the condition filler", fix
    if mistake := filler_mistake(beside(source.path, declared)):
        yield key, *mistake


@CHECKS.reads("tasks")
def _tasks(data: dict, source: Source) -> Iterator[Finding]:
    pack = data["tasks"].get("pack")
    if pack:
        holdout = pack["skills"] * pack["per_skill"]["holdout"]
        if pack["judge_scored"] > holdout:
            expected = f"at most the number of holdout tasks ({holdout})"
            yield ("tasks", "pack", "judge_scored"), pack["judge_scored"], expected, ""
        transfer = pack.get("suites", {}).get("transfer", {})
        if "families" in transfer:
            from skillift.taskpack.families import SIZES, no_families  # which loads numpy

            if pack["difficulty"] not in SIZES:
                key = ("tasks", "pack", "suites", "transfer", "families")
                yield key, *no_families(pack["difficulty"])
    for name, declared in data["tasks"].get("files", {}).items():
        yield from _own_file(name, declared, Path(beside(source.path, declared)))


def _own_file(name: str, declared: str, path: Path) -> Iterator[Finding]:
    key = ("tasks", "files", name)
    yield from braces(key, path)
    if name == "skills" and os.path.isdir(path):
        if not skill_files(path):
            found, expected = Words(f"{declared} without skills"), f"a folder with <skill>/{SKILL_FILE}"
            yield key, found, expected, ""
    elif not os.path.isfile(path):
        fix = "Paths are relative to the study file's folder."
        expected = "a file" if name == "tasks" else f"a YAML file, or a folder with <skill>/{SKILL_FILE}"
        yield key, declared, f"{expected} (looked for {path.as_posix()})", fix
    elif name == "tasks" and form_of(path) is None:
        yield key, declared, f"a file with the ending {one_of(list(READERS))}", ""


@CHECKS.reads("corpora", "teacher", "tasks")
def _corpora(data: dict, source: Source) -> Iterator[Finding]:
    if data["corpora"] and "teacher" not in data:
        fix = "Add `teacher: {kind: worked_solution}`, or a teacher of the kind `api`."
        yield ("corpora",), Words("corpora without a teacher"), "a key `teacher`, which writes them", fix
        return
    yield from matched_findings(data["corpora"], data.get("teacher", {}))
    pack = data["tasks"].get("pack")
    for name, corpus in data["corpora"].items() if pack else ():
        tasks = pack["skills"] * pack["per_skill"]["train"]
        if corpus.get("rows", 0) > tasks:
            expected = f"at most {tasks} (one demonstration of each train task)"
            fix = "Lower rows, or raise tasks.pack.per_skill.train."
            yield ("corpora", name, "rows"), corpus["rows"], expected, fix


@CHECKS.reads("recipes", "corpora")
def _recipes(data: dict, source: Source) -> Iterator[Finding]:
    for name, recipe in all_recipes(data).items():
        if name == BASE:
            fix = "`base` is the run before training; rename the recipe."
            yield ("recipes", name), name, "another id", fix
        if re.search(r"-s\d+$", name):
            fix = "Runs are named <recipe>-s<seed>; rename the recipe."
            yield ("recipes", name), name, "an id that does not end like a seed", fix
        if "corpus" in recipe and recipe["corpus"] not in data["corpora"]:
            yield unknown_id(("recipes", name, "corpus"), recipe["corpus"], data["corpora"], "corpora")


@CHECKS.reads("runs", "recipes", "students", "references")
def _runs(data: dict, source: Source) -> Iterator[Finding]:
    seen: dict[tuple[str, str, int], int] = {}
    for index, entry in enumerate(data["runs"]):
        if entry["recipe"] not in (recipes := all_recipes(data)):
            yield unknown_id(("runs", index, "recipe"), entry["recipe"], recipes, "recipes")
        for place, student in enumerate(entry["students"]):
            key = ("runs", index, "students", place)
            if student in data["references"] and student not in data["students"]:
                fix = "A reference model is never fine-tuned; move it to `students`."
                yield key, student, "a student", fix
            elif student not in data["students"]:
                yield unknown_id(key, student, data["students"], "students")
            for seed in entry["seeds"]:
                first = seen.setdefault((entry["recipe"], student, seed), index)
                if first != index:
                    found = Words(f"the run {entry['recipe']}-s{seed} of {student} again")
                    yield key, found, f"every run once (it stands in runs[{first}])", "Delete one of the two."


@CHECKS.reads(*SECTIONS)
def _predictions(data: dict, source: Source) -> Iterator[Finding]:
    yield from prediction_problems(data)


@CHECKS.reads("judges", "analysis")
def _headline_path(data: dict, source: Source) -> Iterator[Finding]:
    path = data["analysis"].get("headline_path")
    known = ["bench", *(f"judge:{name}" for name in sorted(data["judges"]))]
    if path is not None and path not in known:
        fix = did_you_mean(path, known)
        yield ("analysis", "headline_path"), path, f"a scoring path ({one_of(known)})", fix


@CHECKS.reads(*PROTOCOL_SECTIONS)
def _protocols(data: dict, source: Source) -> Iterator[Finding]:
    yield from protocol_findings(data)


@CHECKS.reads(*PROTOCOL_SECTIONS, "analysis")
def _budgets(data: dict, source: Source) -> Iterator[Finding]:
    yield from budget_findings(data)


@CHECKS.reads(*PROTOCOL_SECTIONS, "recipes", "corpora", "runs", "analysis")
def _protocol_checkpoints(data: dict, source: Source) -> Iterator[Finding]:
    yield from checkpoint_findings(data)


@CHECKS.reads("inference", "tasks")
def _inference(data: dict, source: Source) -> Iterator[Finding]:
    inference = data["inference"]
    length = inference.get("max_model_len")
    if length is not None and inference["max_tokens"] >= length:
        expected = f"fewer than max_model_len ({length}): the prompt needs room too"
        yield ("inference", "max_tokens"), inference["max_tokens"], expected, ""
    try:
        datetime.strptime(inference["date"], "%Y-%m-%d")
    except ValueError:
        yield ("inference", "date"), inference["date"], "a day of the calendar as year-month-day", ""
    several = "protocols" in inference  # of which each is looked at by itself
    if inference["samples"] > 1 and inference["temperature"] == 0 and not several:
        expected = "1 sample at temperature 0, where all samples are equal"
        yield ("inference", "samples"), inference["samples"], expected, "Raise inference.temperature."
    pack = data["tasks"].get("pack")
    alone = pack and "files" not in data["tasks"]  # what own files fill is told when these are read
    for index, suite in enumerate(inference["suites"] if alone else ()):
        others = pack.get("suites", {})
        if not (pack["per_skill"].get(suite) or suite in others):
            filled = [name for name, tasks in pack["per_skill"].items() if tasks and name != "train"]
            expected = f"a suite that the task pack fills ({one_of([*filled, *others])})"
            keys = {"dev": "per_skill.dev", **{name: f"suites.{name}" for name in PackSuites.model_fields}}
            fix = f"Set tasks.pack.{keys[suite]}." if suite in keys else ""
            yield ("inference", "suites", index), suite, expected, fix


@CHECKS.reads("inference", "conditions")
def _interventions(data: dict, source: Source) -> Iterator[Finding]:
    yield from intervention_findings(data)


@CHECKS.reads("inference", "tasks")
def _parents(data: dict, source: Source) -> Iterator[Finding]:
    asked = data["inference"]["suites"]
    made = data["tasks"].get("pack", {}).get("suites", {})
    if "perturbed" in made and "perturbed" in asked and "holdout" not in asked:
        fix = "Add holdout, or take perturbed out."
        yield ("inference", "suites"), asked, "holdout too, whose tasks the variants are made of", fix


@CHECKS.reads("inference", "withheld")
def _withheld(data: dict, source: Source) -> Iterator[Finding]:
    asked, withheld = data["inference"]["suites"], data.get("withheld", [])
    for index, suite in enumerate(withheld):
        if suite not in asked:
            fix = did_you_mean(suite, asked) or "Ask it in inference.suites, or take it out."
            yield ("withheld", index), suite, f"a suite of `inference.suites` ({one_of(sorted(asked))})", fix
    if {*asked} <= {*withheld}:
        expected = "at least one suite that is asked and shown"
        yield ("withheld",), withheld, expected, "Take one out: the episode browser would be empty."


@CHECKS.reads("inference", "analysis")
def _headline_suite(data: dict, source: Source) -> Iterator[Finding]:
    suite, asked = data["analysis"].get("headline_suite"), sorted(data["inference"]["suites"])
    if suite is not None and suite not in asked:
        fix = did_you_mean(suite, asked) or "Ask it in inference.suites, or name one that is asked."
        yield ("analysis", "headline_suite"), suite, f"a suite of `inference.suites` ({one_of(asked)})", fix


@CHECKS.reads("recipes", "runs")
def _starts(data: dict, source: Source) -> Iterator[Finding]:
    yield from start_findings(data)


@CHECKS.reads("recipes", "corpora")
def _objectives(data: dict, source: Source) -> Iterator[Finding]:
    yield from objective_findings(data)
    yield from start_checkpoint_findings(data)


@CHECKS.reads("recipes", "corpora", "runs", "students", "inference")
def _emulated(data: dict, source: Source) -> Iterator[Finding]:
    yield from emulation_findings(data)


@CHECKS.reads("recipes", "inference")
def _adapters(data: dict, source: Source) -> Iterator[Finding]:
    yield from adapter_findings(data)


@CHECKS.reads("recipes", "corpora")
def _lengths(data: dict, source: Source) -> Iterator[Finding]:
    yield from length_findings(data)


@CHECKS.reads("analysis", "recipes", "corpora", "runs")
def _compared(data: dict, source: Source) -> Iterator[Finding]:
    yield from compared_findings(data)


@CHECKS.reads("analysis", "recipes", "corpora", "runs")
def _depth(data: dict, source: Source) -> Iterator[Finding]:
    yield from depth_findings(data)


@CHECKS.reads("analysis", "recipes", "runs", "inference", "tasks")
def _forecast(data: dict, source: Source) -> Iterator[Finding]:
    yield from forecast_findings(data)


@CHECKS.reads("analysis", "students", "references")
def _trajectory(data: dict, source: Source) -> Iterator[Finding]:
    """Each tier of the declared pattern is a model of the study, once."""
    models = {**data["students"], **data["references"]}
    seen: set[str] = set()
    for place, entry in enumerate(data["analysis"].get("trajectory", [])):
        key = ("analysis", "trajectory", place, "student")
        if entry["student"] not in models:
            yield unknown_id(key, entry["student"], models, "students")
        elif entry["student"] in seen:
            yield key, entry["student"], "each tier once", "Remove one of the two."
        seen.add(entry["student"])
