"""Every key of a study file and of config.yaml is read by something: else it would promise nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from study_files import REPOSITORY

from skillift.settings.base import words_of
from skillift.settings.config import Config
from skillift.settings.expectations import resolve
from skillift.settings.inference import Inference
from skillift.settings.json_schema import json_schema
from skillift.settings.study_file import StudyFile
from skillift.settings.training import Recipe

LIBRARY = "workflow_scripts/skillift"
# where the keys of a section have their effect; checks, schemas and the cutting of specs only pass them on
PASSED_ON = tuple(
    f"study/{name}.py"
    for name in ("checks", "model_checks", "declared", "specs", "student_specs", "result_specs")
)
FILES = {"study": StudyFile, "config": Config}
CHAT = ("chat", "costs")
MODELS = ("students", "study", "cards", "publication", "figures", "reporting", *CHAT)
READERS = {
    "study": {
        "tasks": ("taskpack", "tasks", "study", "students"),
        "students": MODELS,
        "references": MODELS,
        "teacher": ("corpus", "study", *CHAT),
        "corpora": ("corpus",),
        "recipes": ("training", "study", "engines"),
        "runs": ("study",),
        "judges": ("judging", "study", *CHAT),
        "inference": ("episodes", "engines", "students", "study", "training", *CHAT),  # and a paraphraser
        "analysis": (
            "statistics",
            "publication",
            "reporting",
            "figures",
            "findings",
            "planning",
            "study/plan.py",
        ),
        "figures": ("figures",),
        "predictions": ("statistics", "study", "publication"),
    },
    "config": {"engine": ("running", "engines"), "training": ("training",), "api": CHAT},
}


def keys_of(name: str) -> Iterator[tuple[str, ...]]:
    """The path of every key that a schema declares, without ids and places in lists."""
    root = json_schema(FILES[name])

    def below(schema: dict, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        schema = resolve(schema, root)
        for key, part in schema.get("properties", {}).items():
            yield (*path, key)
            yield from below(part, (*path, key))
        inner = [schema.get("additionalProperties"), schema.get("items"), *schema.get("anyOf", ())]
        for part in inner:
            if isinstance(part, dict):
                yield from below(part, path)

    yield from dict.fromkeys(below(root, ()))


@cache
def names_in(place: str) -> frozenset[str]:
    """Words by which the code of a package or command may read a key; a docstring reads nothing."""
    library = REPOSITORY / LIBRARY
    files = [library.parent / place] if place.endswith(".py") else sorted((library / place).glob("**/*.py"))
    return frozenset(
        name
        for file in files
        if not file.as_posix().endswith(PASSED_ON)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in _names(node)
    )


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # entry["key"]
        yield node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):  # a field, filled by **entry
        yield node.target.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Attribute):  # settings.key
        yield node.attr


@cache
def everything() -> frozenset[str]:
    rules = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "rules").glob("*.smk"))]
    quoted = frozenset(" ".join(rules).replace("'", '"').split('"'))
    folders = [path.name for path in (REPOSITORY / LIBRARY).iterdir() if path.is_dir()]
    folders.remove("settings")  # declares the keys
    return quoted.union(*map(names_in, [*folders, "study/plan.py", "study/run_study.py"]))


def read_by(name: str, path: tuple[str, ...]) -> frozenset[str]:
    places = READERS[name].get(path[0]) if len(path) > 1 else None
    return frozenset().union(*map(names_in, places)) if places else everything()


def is_read(key: str, names: frozenset[str]) -> bool:
    """Whether a key is among names, or ends as one that is put together, as f"{name}_per_million"."""
    return key in names or any(key.endswith(name) for name in names if re.fullmatch(r"_\w{6,}", name))


@pytest.mark.parametrize("name", ["study", "config"])
def test_every_key_is_read_where_it_has_its_effect(name):
    keys = list(keys_of(name))
    assert len(keys) > 20
    assert [".".join(path) for path in keys if not is_read(path[-1], read_by(name, path))] == []


def test_a_key_that_only_a_docstring_names_is_not_read():
    assert "objective" in names_in("training") and "warm up gently" not in names_in("training")
    assert ("recipes", "trainable", "lora", "rank") in set(keys_of("study"))
    assert "no_such_key" not in everything()


def test_objectives_engines_and_those_of_the_schema_are_the_same():
    files = {path.stem for path in (REPOSITORY / LIBRARY / "training/objectives").glob("[!_]*.py")}
    assert set(words_of(Recipe, "objective")) == files
    engines = {path.stem for path in (REPOSITORY / LIBRARY / "engines").glob("*_engine.py")}
    assert {f"{name}_engine" for name in words_of(Inference, "engine")} == engines
