"""All that is wrong with a study and with what it names is told at once, before its first job."""

from __future__ import annotations

import importlib.machinery
import json
import shutil
import sys
import types
from collections import namedtuple

import pytest
from gguf_models import weights, write_gguf
from study_files import EMBEDDED, REPOSITORY

from skillift.errors import UserError
from skillift.preflight import disk
from skillift.preflight import mistakes as preflight
from skillift.preflight.mistakes import checked_study
from skillift.study.study import load_config, load_study

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
PACK = SMOKE[SMOKE.index("tasks:") : SMOKE.index("conditions:")]
STEPS = ["Read the bill.", "Name the tip.", "Count the heads.", "Divide the tip.", "Write the ANSWER line."]


def config(**api) -> dict:
    return load_config({"study": "studies/smoke.yaml", "api": api})


def mistakes(path, **api) -> list[str]:
    with pytest.raises(UserError) as raised:
        checked_study(str(path), config(**api))
    return str(raised.value).splitlines()


@pytest.fixture
def own(tmp_path):
    """The smoke study with two own skills of three train and one holdout task each, as text."""
    steps = {name: [f"Step {n}: {step} ({name})" for n, step in enumerate(STEPS, 1)] for name in "ab"}
    skills = {name: {"name": f"tip {name}", "steps": steps[name]} for name in "ab"}
    (tmp_path / "skills.yaml").write_text(json.dumps(skills))
    tasks = [
        {"task_id": f"{skill}-{n}", "skill_id": skill, "prompt": f"Tip {n}?", "reference": "3"}
        | ({"suite": "train", "worked_solution": "ANSWER: 3"} if n else {"suite": "holdout"})
        for skill in "ab"
        for n in range(4)
    ]
    (tmp_path / "tasks.jsonl").write_text("\n".join(map(json.dumps, tasks)))
    text = SMOKE.replace(PACK, "tasks: {files: {tasks: tasks.jsonl, skills: skills.yaml}}\n\n")
    return text.replace("rows: 26", "rows: 6").replace("corrupted_share: 0.1", "corrupted_share: 0.0")


@pytest.mark.parametrize("name", ["embedded", "smoke", "pocket", "paper", "paper-next-tiers"])
def test_the_studies_that_come_with_the_project_have_no_mistakes(name):
    path = str(REPOSITORY / f"studies/{name}.yaml")
    assert checked_study(path, config()) == load_study(path)


def test_a_study_of_own_tasks_without_mistakes_is_taken(own, study_file):
    assert checked_study(str(study_file(own)), config()).own_files()


def test_rows_that_are_left_only_with_wrong_solutions_are_too_many(own, study_file):
    """Of the six demonstrations one is made wrong, and the judge rejects it."""
    wrong = own.replace("share: 0.0", "share: 0.2")
    (line,) = mistakes(study_file(wrong))
    assert ": corpora.worked.rows: found 6, expected at most 5 (of 6 demonstrations" in line
    for fitting in ("rows: 5", "rows: 6, verified: false"):
        assert checked_study(str(study_file(wrong.replace("rows: 6", fitting))), config())


def test_mistakes_in_own_files_are_told_with_file_and_line(own, study_file, tmp_path):
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_text(tasks.read_text().replace('"skill_id": "a"', '"skill_id": "c"', 1))
    (line,) = mistakes(study_file(own))
    assert line.startswith(f"{tasks}:1: skill_id: found 'c'")


def test_mistakes_of_all_kinds_stand_in_one_list(own, study_file, tmp_path, monkeypatch):
    """In the study file, in what it names, and the keys that would be missing next."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    (tmp_path / "skills.yaml").write_text("a: {name: a, steps: 5}")
    text = own.replace("learning_rate: 5.0e-3", "learning_rate: '5e-3'")
    lines = mistakes(study_file(text.replace("offline/tail", "anthropic/claude-haiku-4-5")))
    assert "recipes.sft.learning_rate" in lines[0]
    assert any("skills.yaml" in line for line in lines)
    assert lines[-1].startswith("judges.tail, key 'model' (anthropic/claude-haiku-4-5): found 'no ANTHROPIC")
    assert len(lines) == len(set(lines))


def test_each_part_adds_its_mistakes_and_reads_sound_sections_alone(own, study_file, monkeypatch):
    part = types.ModuleType("skillift_part_for_tests")
    part.mistakes = lambda study: [f"{study.name}: one", f"{study.name}: two"]
    part.__spec__ = importlib.machinery.ModuleSpec(part.__name__, None)
    monkeypatch.setitem(sys.modules, part.__name__, part)
    monkeypatch.setattr(preflight, "PARTS", (preflight.Part(frozenset({"corpora"}), part.__name__),))
    assert mistakes(study_file(own)) == ["smoke: one", "smoke: two"]
    (line,) = mistakes(study_file(own.replace("rows: 6", "rows: six")))
    assert "corpora.worked.rows: found 'six'" in line


def test_keys_alone_are_no_mistake_of_a_study(study_file, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert checked_study(
        str(study_file(EMBEDDED.replace("offline/tail", "anthropic/claude-haiku-4-5"))), config()
    )


@pytest.mark.parametrize("api", [{"budget_usd": 5}, {"budgets_usd": {"a/b": 1}}])
def test_with_a_budget_each_model_needs_a_price(study_file, api):
    path = study_file(EMBEDDED.replace("offline/tail", "hosted_vllm/nobody/knows"))
    (line,) = mistakes(path, **api)
    assert line.startswith("judges.tail, key 'price'")
    assert checked_study(str(path), config())


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("t.gguf", b"", "found '0 bytes', expected a GGUF file"),
        ("t.gguf", b"GGUF\3", "a header that is cut short or damaged (5 bytes)"),
        ("t.gguf", b"<html>", "a file that begins with"),
        ("t.bin", b"GGUF\3", "expected a model folder, or a file whose name ends in .gguf"),
        ("nowhere.gguf", None, "expected a .gguf file (looked for"),
        ("folder", None, "expected a model folder with config.json (looked in"),
    ],
    ids=["empty", "cut", "html", "renamed", "missing", "an empty folder"],
)
def test_what_is_no_model_is_told_once(study_file, tmp_path, path, content, words):
    (tmp_path / "folder").mkdir()
    if content is not None:
        (tmp_path / path).write_bytes(content)
    given = f"references: {{big: {{tier: 9, source: path, path: {path}}}}}"
    (line,) = mistakes(study_file(EMBEDDED.replace("references: {}", given)))
    assert "references.big.path: " in line and words in line


def test_a_gguf_file_takes_the_room_of_its_weights_in_float32(study_file, tmp_path, monkeypatch):
    write_gguf(tmp_path / "m.gguf")
    given = "references: {big: {tier: 9, source: path, path: m.gguf}}"
    study = load_study(study_file(EMBEDDED.replace("references: {}", given)))
    needed = 4 * sum(value.size for value in weights().values()) + disk._BESIDE
    usage = namedtuple("usage", "free")
    for free, fits in ((needed, True), (needed - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda place, free=free: usage(free))
        problems = disk.shortage(study, [("import_student", {"student": "big"})], tmp_path / "results/new")
        assert bool(problems) is not fits


def test_room_for_the_models_of_the_planned_jobs_is_looked_for(own, study_file, tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(bytes(1000))
    scratch = own[own.rindex("    source: scratch\n") : own.index("\nteacher")]
    study = load_study(study_file(own.replace(scratch, "    source: path\n    path: model\n")))
    jobs = [("import_student", {"student": "m"}), ("train", {"student": "m", "run": "sft-s0"}), ("score", {})]
    needed = 2 * 1002 + disk._BESIDE
    usage = namedtuple("usage", "free")
    for free, fits in ((needed, True), (needed - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda place, free=free: usage(free))
        problems = disk.shortage(study, jobs, tmp_path / "results/new")
        assert [f"disk of {tmp_path}" in line for line in problems] == ([] if fits else [True])
