"""What is wrong with a study's students: found before the first job, from their files alone, all at once."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.students.chat_files import first_special, special_token_problem, special_tokens_of
from skillift.students.folder_checks import folder_mistakes
from skillift.students.folder_files import read_object
from skillift.students.tokenizers import SPECIAL_TOKENS

if TYPE_CHECKING:
    from skillift.study.study import Study

TASK_TEXTS = ("prompt", "reference", "worked_solution")
SKILL_TEXTS = ("steps", "body")
_SHOWN = 3


def mistakes(study: Study) -> list[str]:
    """Everything that is wrong with the model folders of students and reference models, one line each.

    Folders of students with `source: path` are read: configuration, weights' headers, tokenizer, chat
    template, whether the study's engine serves the size of the attention heads, and whether the model has
    positions for the tokens that `inference` asks for. No network is needed.

    Args:
        study: the study.
    """
    engine = study.data["inference"]["engine"]
    found = []
    for section, name in _models(study, "path"):
        lines = folder_mistakes(study.model_folder(name), engine)
        found += [f"{study.path}: {section}.{name}.path: {line}" for line in lines]
        found += _length_mistakes(study, Path(study.model_folder(name)))
    return list(dict.fromkeys(found))


def _length_mistakes(study: Study, folder: Path) -> Iterator[str]:
    """Keys of `inference` that ask for more tokens than a model has positions, whatever its prompts are."""
    try:
        config = read_object(folder / "config.json")
    except UserError:  # told with the folder
        return
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    positions = text.get("max_position_embeddings")
    if not isinstance(positions, int):
        return
    for key, most in (("max_model_len", positions), ("max_tokens", positions - 1)):
        asked = study.data["inference"].get(key)
        if asked is not None and asked > most:
            expected = (
                f"at most {most}: the model in {folder} has {positions} positions (max_position_embeddings)"
            )
            yield problem(f"{study.path}: inference.{key}", asked, expected, "Lower it.")


def prompt_mistakes(study: Study, tasks: pl.DataFrame, skills: pl.DataFrame | None = None) -> list[str]:
    """The tasks and skills that hold a special token of a student, one line for each token and column.

    A tokenizer reads such a token as the end of a turn, or as the beginning of another, wherever it stands.
    Students of a hub are looked at where their files are in its cache; the others when they are asked.

    Args:
        study: the study.
        tasks: a frame with `task_id` and the texts of tasks (contract TASKS).
        skills: a frame with `skill_id` and the texts of skills (contract SKILLS).
    """
    students = defaultdict(list)
    for name, tokens in _special_tokens(study):
        for token in tokens:
            students[token].append(name)
    where = defaultdict(list)
    for kind, frame, columns in (("task", tasks, TASK_TEXTS), ("skill", skills, SKILL_TEXTS)):
        for identity, column, text in _texts(kind, frame, columns):
            if token := first_special(text, students):
                where[kind, column, token].append(identity)
    return [
        special_token_problem(_places(kind, column, ids), token, f"{', '.join(students[token])}")
        for (kind, column, token), ids in where.items()
    ]


def _models(study: Study, source: str) -> Iterator[tuple[str, str]]:
    for name in study.students_from(source):
        yield ("students" if name in study.students else "references"), name


def _special_tokens(study: Study) -> Iterator[tuple[str, list[str]]]:
    """The special tokens of each student, by its id; of a broken folder none, as `mistakes` tells."""
    for name in study.students_from("scratch"):
        yield name, SPECIAL_TOKENS
    folders = {name: Path(study.model_folder(name)) for name in study.students_from("path")}
    if study.students_from("hub"):
        from skillift.students.hub import cached_folder

        for name in study.students_from("hub"):
            spec = study.hub_spec(name)
            folders[name] = cached_folder(spec["model"], spec["revision"])
    for name, folder in folders.items():
        try:
            yield name, special_tokens_of(folder) if folder and os.path.isdir(folder) else []
        except UserError:
            yield name, []


def _texts(kind: str, frame: pl.DataFrame | None, columns: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Id, column and text of each text of a table that students are shown or trained on."""
    if frame is None:
        return
    for column in columns:
        if column in frame.columns:
            for identity, value in frame.select(f"{kind}_id", column).iter_rows():
                yield identity, column, "\n".join(value) if isinstance(value, list) else value or ""


def _places(kind: str, column: str, ids: list[str]) -> str:
    named = ", ".join(ids[:_SHOWN])
    if len(ids) > _SHOWN:
        named += f" and {len(ids) - _SHOWN} more"
    return f"{kind}{'s' * (len(ids) > 1)} {named}, {column}"
