"""What a schema cannot say about a study: references between its sections, and limits that hang together.

Each check names the sections that it reads and runs when all of them keep the schema, so that one
mistake is reported once and all independent mistakes are reported together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import jinja2
import jinja2.meta

from skillift.chat.offline_judges import JUDGES, PROVIDER
from skillift.settings.tasks import PackSuites
from skillift.settings.values import Condition
from skillift.students.folder_checks import no_model
from skillift.students.gguf_header import SUFFIX, is_gguf
from skillift.study.chat_checks import Finding, chat_findings, default_chat_findings
from skillift.study.prediction_checks import SECTIONS, prediction_problems
from skillift.tasks.filler_files import filler_mistake
from skillift.tasks.user_rows import READERS, form_of
from skillift.tasks.user_skills import SKILL_FILE, skill_files
from skillift.yaml_sources.source import KeyPath, Source, Words, beside
from skillift.yaml_sources.wording import HUB_NAME, did_you_mean, hub_hint, one_of

BASE = "base"
DEMONSTRATED: Condition = "curated"  # the condition under which demonstrations are written
PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
JUDGE_PLACEHOLDERS = ("task", "reference", "response")
TEACHER_PLACEHOLDERS = ("prompt",)
OFFLINE_JUDGES = [f"{PROVIDER}/{name}" for name in JUDGES]
RESERVED = ("tokenizer",)  # folders beside the students' in results/<study>/students/

_CHECKS: list[tuple[frozenset[str], Callable[[dict, Source], Iterator[Finding]]]] = []


def _reads(*sections: str) -> Callable:
    def register(check: Callable) -> Callable:
        _CHECKS.append((frozenset(sections), check))
        return check

    return register


def reference_problems(data: dict, source: Source, unsound: set[str]) -> dict[KeyPath, list[str]]:
    """Everything that is wrong between the sections of a study, by key, each as one line.

    Args:
        data: the study with its defaults filled in.
        source: the file, for lines and for paths beside it.
        unsound: top-level keys that do not keep the schema; checks that read them are left out.
    """
    found: dict[KeyPath, list[str]] = {}
    for sections, check in _CHECKS:
        if not sections & unsound:
            for key, value, expected, fix in check(data, source):
                found.setdefault(key, []).append(source.problem(key, value, expected, fix))
    return found


_reads("inference", "students", "references")(default_chat_findings)


def _unknown(key: KeyPath, name: str, known: dict, section: str) -> Finding:
    choice = one_of(sorted(known)) if known else "there is none"
    expected = f"a key of `{section}` ({choice})"
    fix = did_you_mean(name, list(known)) or f"Add '{name}' to `{section}`, or name another."
    return key, name, expected, fix


@_reads("conditions")
def _mandatory_conditions(data: dict, source: Source) -> Iterator[Finding]:
    for name in ("none", "curated"):
        if name not in data["conditions"]:
            found, fix = Words(f"no condition '{name}'"), f"Add {name}."
            yield ("conditions",), found, "both none and curated, which the procedural delta compares", fix


@_reads("conditions", "corpora", "filler_text")
def _filler_text(data: dict, source: Source) -> Iterator[Finding]:
    if not (declared := data.get("filler_text")):
        return
    key = ("filler_text",)
    corpora = (corpus["condition"] for corpus in data["corpora"].values())
    if "filler" not in {*data["conditions"], *corpora}:
        fix = "Add filler to `conditions`, or delete the key."
        yield key, Words("the key 'filler_text'"), "no such key without the condition filler", fix
    if mistake := filler_mistake(beside(source.path, declared)):
        yield key, *mistake


@_reads("students", "references")
def _models(data: dict, source: Source) -> Iterator[Finding]:
    tiers: dict[int, str] = {}
    labels: dict[str, str] = {}
    for section in ("students", "references"):
        for name, model in data[section].items():
            here = (section, name)
            if name in RESERVED:
                yield (
                    here,
                    name,
                    "another id",
                    f"`{name}` is a folder of the workflow; rename the {section[:-1]}.",
                )
            if section == "references" and name in data["students"]:
                yield here, name, "an id that no student has", "A reference model needs an id of its own."
                continue
            first = tiers.setdefault(model["tier"], name)
            if first != name:
                expected = f"a tier of its own (that of '{first}')"
                yield (*here, "tier"), model["tier"], expected, "Number the tiers in the order of sizes."
            first = labels.setdefault(model.get("label", name), name)
            if first != name:
                expected = f"a label of its own (that of '{first}')"
                yield (*here, "label"), model.get("label", name), expected, "Figures would merge the two."
            yield from _model_parts(here, model, source)


def _model_parts(here: KeyPath, model: dict, source: Source) -> Iterator[Finding]:
    shape = model.get("architecture")
    if shape and shape["heads"] % shape["kv_heads"]:
        expected = f"a divisor of heads ({shape['heads']})"
        yield (*here, "architecture", "kv_heads"), shape["kv_heads"], expected, ""
    if model["source"] == "hub" and not re.fullmatch(HUB_NAME, model["model"]):
        expected = "a model of the hub as <owner>/<name>, such as Qwen/Qwen3-0.6B"
        yield (*here, "model"), model["model"], expected, hub_hint(model["model"])
    yield from chat_findings(here, model, source)
    if "path" in model:
        folder = Path(beside(source.path, model["path"]))
        yield from _braces((*here, "path"), folder)
        if is_gguf(folder):
            return  # read with the folders, before the first job
        if not os.path.isdir(folder):  # unlike those of pathlib, these raise for no path
            fix = "Paths are relative to the study file's folder."
            kind = f"a {SUFFIX} file" if model["path"].endswith(SUFFIX) else "a model folder"
            if os.path.isfile(folder):
                kind += f", or a file whose name ends in {SUFFIX}"
                fix = "A model in the format GGUF needs that ending: rename the file, or link to it."
            yield (*here, "path"), model["path"], f"{kind} (looked for {folder.as_posix()})", fix
        elif not os.path.isfile(folder / "config.json"):
            found, expected, fix = no_model(folder, {path.name for path in folder.iterdir()})
            yield (*here, "path"), found, f"{expected} (looked in {folder.as_posix()})", fix


def _braces(key: KeyPath, path: Path) -> Iterator[Finding]:
    if braces := re.search(r"\{.*\}", path.as_posix()):
        fix = "Snakemake fills in what stands in braces; rename the file or folder."
        yield key, braces[0], "a path without braces", fix


@_reads("tasks")
def _tasks(data: dict, source: Source) -> Iterator[Finding]:
    pack = data["tasks"].get("pack")
    if pack:
        holdout = pack["skills"] * pack["per_skill"]["holdout"]
        if pack["judge_scored"] > holdout:
            expected = f"at most the number of holdout tasks ({holdout})"
            yield ("tasks", "pack", "judge_scored"), pack["judge_scored"], expected, ""
    for name, declared in data["tasks"].get("files", {}).items():
        yield from _own_file(name, declared, Path(beside(source.path, declared)))


def _own_file(name: str, declared: str, path: Path) -> Iterator[Finding]:
    key = ("tasks", "files", name)
    yield from _braces(key, path)
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


@_reads("corpora", "teacher", "tasks")
def _corpora(data: dict, source: Source) -> Iterator[Finding]:
    if data["corpora"] and "teacher" not in data:
        fix = "Add `teacher: {kind: worked_solution}`, or a teacher of the kind `api`."
        yield ("corpora",), Words("corpora without a teacher"), "a key `teacher`, which writes them", fix
        return
    pack = data["tasks"].get("pack")
    for name, corpus in data["corpora"].items() if pack else ():
        tasks = pack["skills"] * pack["per_skill"]["train"]
        if corpus["rows"] > tasks:
            expected = f"at most {tasks} (one demonstration of each train task)"
            fix = "Lower rows, or raise tasks.pack.per_skill.train."
            yield ("corpora", name, "rows"), corpus["rows"], expected, fix


@_reads("recipes", "corpora")
def _recipes(data: dict, source: Source) -> Iterator[Finding]:
    for name, recipe in data["recipes"].items():
        if name == BASE:
            fix = "`base` is the run before training; rename the recipe."
            yield ("recipes", name), name, "another id", fix
        if re.search(r"-s\d+$", name):
            fix = "Runs are named <recipe>-s<seed>; rename the recipe."
            yield ("recipes", name), name, "an id that does not end like a seed", fix
        if recipe["corpus"] not in data["corpora"]:
            yield _unknown(("recipes", name, "corpus"), recipe["corpus"], data["corpora"], "corpora")


@_reads("runs", "recipes", "students", "references")
def _runs(data: dict, source: Source) -> Iterator[Finding]:
    seen: dict[tuple[str, str, int], int] = {}
    for index, entry in enumerate(data["runs"]):
        if entry["recipe"] not in data["recipes"]:
            yield _unknown(("runs", index, "recipe"), entry["recipe"], data["recipes"], "recipes")
        for place, student in enumerate(entry["students"]):
            key = ("runs", index, "students", place)
            if student in data["references"] and student not in data["students"]:
                fix = "A reference model is never fine-tuned; move it to `students`."
                yield key, student, "a student", fix
            elif student not in data["students"]:
                yield _unknown(key, student, data["students"], "students")
            for seed in entry["seeds"]:
                first = seen.setdefault((entry["recipe"], student, seed), index)
                if first != index:
                    found = Words(f"the run {entry['recipe']}-s{seed} of {student} again")
                    yield key, found, f"every run once (it stands in runs[{first}])", "Delete one of the two."


@_reads("judges", "primary_judge")
def _primary_judge(data: dict, source: Source) -> Iterator[Finding]:
    if data["primary_judge"] not in data["judges"]:
        yield _unknown(("primary_judge",), data["primary_judge"], data["judges"], "judges")


@_reads("judges")
def _judges(data: dict, source: Source) -> Iterator[Finding]:
    for name, judge in data["judges"].items():
        yield from _template(("judges", name, "template"), judge["template"], JUDGE_PLACEHOLDERS)
        if _offline(judge["model"]) and judge["model"] not in OFFLINE_JUDGES:
            expected = f"{one_of(OFFLINE_JUDGES)}, or a model of another provider"
            fix = did_you_mean(judge["model"], OFFLINE_JUDGES)
            yield ("judges", name, "model"), judge["model"], expected, fix


@_reads("teacher", "references")
def _chat_models(data: dict, source: Source) -> Iterator[Finding]:
    teacher = data.get("teacher", {})
    references = data["references"].items()
    asked: dict[KeyPath, dict] = {
        ("references", name): entry for name, entry in references if entry["source"] == "api"
    }
    if teacher.get("kind") == "api":
        asked["teacher",] = teacher
        yield from _template(("teacher", "template"), teacher["template"], TEACHER_PLACEHOLDERS)
        if teacher["attempts"] > 1 and teacher.get("temperature") == 0:
            expected = "1 attempt at temperature 0, where all answers to a task are equal"
            yield ("teacher", "attempts"), teacher["attempts"], expected, "Raise teacher.temperature."
    for key, entry in asked.items():
        if _offline(entry["model"]):
            fix = "The offline models are judges: they answer no tasks."
            yield (*key, "model"), entry["model"], "a model of another provider", fix


@_reads("references", "inference")
def _samples_of_references(data: dict, source: Source) -> Iterator[Finding]:
    for name, entry in data["references"].items():
        if data["inference"]["samples"] > 1 and entry.get("temperature") == 0:
            expected = f"a temperature above 0 with {data['inference']['samples']} samples"
            yield ("references", name, "temperature"), entry["temperature"], expected, ""


def _offline(model: str) -> bool:
    """Whether a model is of the provider `offline`: a program of this library."""
    return model.startswith(f"{PROVIDER}/")


def _template(key: KeyPath, name: str, placeholders: tuple[str, ...]) -> Iterator[Finding]:
    """What is wrong with a prompt template: no such file, no valid Jinja, a missing placeholder."""
    known = sorted(path.name for path in PROMPTS.glob("*.jinja"))
    if name not in known:
        expected = f"a file of workflow_scripts/prompts/ ({one_of(known)})"
        yield key, name, expected, did_you_mean(name, known)
        return
    try:
        tree = jinja2.Environment().parse((PROMPTS / name).read_text(encoding="utf-8"))
    except (jinja2.TemplateSyntaxError, UnicodeDecodeError) as error:
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        yield key, Words(f"{name}{line}: {error}"), "a valid Jinja template", "Correct the template."
        return
    missing = [part for part in placeholders if part not in jinja2.meta.find_undeclared_variables(tree)]
    if missing:
        written = ", ".join("{{ " + part + " }}" for part in missing)
        found = Words(f"{name} without {written}")
        fix = f"Write {written} in the template, where that text is to stand."
        yield key, found, f"a template with the placeholders {', '.join(placeholders)}", fix


@_reads(*SECTIONS)
def _predictions(data: dict, source: Source) -> Iterator[Finding]:
    yield from prediction_problems(data)


@_reads("judges", "analysis")
def _headline_path(data: dict, source: Source) -> Iterator[Finding]:
    path = data["analysis"].get("headline_path")
    known = ["bench", *(f"judge:{name}" for name in sorted(data["judges"]))]
    if path is not None and path not in known:
        fix = did_you_mean(path, known)
        yield ("analysis", "headline_path"), path, f"a scoring path ({one_of(known)})", fix


@_reads("inference", "tasks")
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
    if inference["samples"] > 1 and inference["temperature"] == 0:
        expected = "1 sample at temperature 0, where all samples are equal"
        yield ("inference", "samples"), inference["samples"], expected, "Raise inference.temperature."
    pack = data["tasks"].get("pack")
    for index, suite in enumerate(inference["suites"] if pack else ()):
        others = pack.get("suites", {})
        if not (pack["per_skill"].get(suite) or suite in others):
            filled = [name for name, tasks in pack["per_skill"].items() if tasks and name != "train"]
            expected = f"a suite that the task pack fills ({one_of([*filled, *others])})"
            keys = {"dev": "per_skill.dev", **{name: f"suites.{name}" for name in PackSuites.model_fields}}
            fix = f"Set tasks.pack.{keys[suite]}." if suite in keys else ""
            yield ("inference", "suites", index), suite, expected, fix


@_reads("inference", "tasks")
def _parents(data: dict, source: Source) -> Iterator[Finding]:
    asked = data["inference"]["suites"]
    if data["tasks"].get("pack") and "perturbed" in asked and "holdout" not in asked:
        fix = "Add holdout, or take perturbed out."
        yield ("inference", "suites"), asked, "holdout too, whose tasks the variants are made of", fix


@_reads("inference", "withheld")
def _withheld(data: dict, source: Source) -> Iterator[Finding]:
    asked, withheld = data["inference"]["suites"], data.get("withheld", [])
    for index, suite in enumerate(withheld):
        if suite not in asked:
            fix = did_you_mean(suite, asked) or "Ask it in inference.suites, or take it out."
            yield ("withheld", index), suite, f"a suite of `inference.suites` ({one_of(sorted(asked))})", fix
    if {*asked} <= {*withheld}:
        expected = "at least one suite that is asked and shown"
        yield ("withheld",), withheld, expected, "Take one out: the episode browser would be empty."


@_reads("inference", "analysis")
def _headline_suite(data: dict, source: Source) -> Iterator[Finding]:
    suite, asked = data["analysis"].get("headline_suite"), sorted(data["inference"]["suites"])
    if suite is not None and suite not in asked:
        fix = did_you_mean(suite, asked) or "Ask it in inference.suites, or name one that is asked."
        yield ("analysis", "headline_suite"), suite, f"a suite of `inference.suites` ({one_of(asked)})", fix


@_reads("recipes")
def _checkpoints(data: dict, source: Source) -> Iterator[Finding]:
    for name, recipe in data["recipes"].items():
        steps = [step for step in recipe["checkpoints"] if step != "final"]
        for index, (one, other) in enumerate(pairwise(steps)):
            if other < one:
                key = ("recipes", name, "checkpoints", index + 1)
                yield key, other, f"steps in rising order (after {one})", ""


@_reads("analysis", "students", "references")
def _trajectory(data: dict, source: Source) -> Iterator[Finding]:
    """Each tier of the declared pattern is a model of the study, once."""
    models = {**data["students"], **data["references"]}
    seen: set[str] = set()
    for place, entry in enumerate(data["analysis"].get("trajectory", [])):
        key = ("analysis", "trajectory", place, "student")
        if entry["student"] not in models:
            yield _unknown(key, entry["student"], models, "students")
        elif entry["student"] in seen:
            yield key, entry["student"], "each tier once", "Remove one of the two."
        seen.add(entry["student"])
