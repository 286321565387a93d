"""What a schema cannot say about a study's models: students, references, judges, teacher, their prompts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import jinja2.meta

from skillift.chat.offline_judges import JUDGES, PROVIDER
from skillift.students.folder_checks import no_model
from skillift.students.gguf_header import SUFFIX, is_gguf
from skillift.study.chat_checks import Finding, chat_findings, default_chat_findings
from skillift.study.check_list import Checks, braces, unknown_id
from skillift.study.matched import teacher_findings
from skillift.yaml_sources.source import KeyPath, Source, Words, beside
from skillift.yaml_sources.wording import HUB_NAME, did_you_mean, hub_hint, one_of

PROMPTS = Path(__file__).resolve().parents[2] / "assets" / "prompts"
JUDGE_PLACEHOLDERS = ("task", "reference", "response")
TEACHER_PLACEHOLDERS = ("prompt",)
PARAPHRASER_PLACEHOLDERS = ("chain",)
OFFLINE_JUDGES = [f"{PROVIDER}/{name}" for name in JUDGES]
RESERVED = ("tokenizer",)  # folders beside the students' in results/<study>/students/
CHECKS = Checks()

CHECKS.reads("inference", "students", "references")(default_chat_findings)


@CHECKS.reads("students", "references")
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
        yield from braces((*here, "path"), folder)
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


@CHECKS.reads("judges", "primary_judge")
def _primary_judge(data: dict, source: Source) -> Iterator[Finding]:
    if data["primary_judge"] not in data["judges"]:
        yield unknown_id(("primary_judge",), data["primary_judge"], data["judges"], "judges")


@CHECKS.reads("judges")
def _judges(data: dict, source: Source) -> Iterator[Finding]:
    for name, judge in data["judges"].items():
        yield from _template(("judges", name, "template"), judge["template"], JUDGE_PLACEHOLDERS)
        if _offline(judge["model"]) and judge["model"] not in OFFLINE_JUDGES:
            expected = f"{one_of(OFFLINE_JUDGES)}, or a model of another provider"
            fix = did_you_mean(judge["model"], OFFLINE_JUDGES)
            yield ("judges", name, "model"), judge["model"], expected, fix


@CHECKS.reads("teacher", "references")
def _chat_models(data: dict, source: Source) -> Iterator[Finding]:
    teacher = data.get("teacher", {})
    yield from teacher_findings(teacher)
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


@CHECKS.reads("inference")
def _paraphraser(data: dict, source: Source) -> Iterator[Finding]:
    entry = (data["inference"].get("interventions") or {}).get("paraphrase")
    if entry is None:
        return
    key = ("inference", "interventions", "paraphrase")
    yield from _template((*key, "template"), entry["template"], PARAPHRASER_PLACEHOLDERS)
    if _offline(entry["model"]):
        fix = "The offline models are judges: they write no texts."
        yield (*key, "model"), entry["model"], "a model of another provider", fix


@CHECKS.reads("references", "inference")
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
        expected = f"a file of workflow_scripts/assets/prompts/ ({one_of(known)})"
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
