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
from skillift.students.chat_settings import ChatSettings, ChatTemplate
from skillift.students.folder_checks import folder_mistakes
from skillift.students.folder_files import read_object
from skillift.students.gguf_checks import gguf_config
from skillift.students.gguf_header import is_gguf, read_header
from skillift.students.tokenizers import SPECIAL_TOKENS

if TYPE_CHECKING:
    from skillift.study.study import Study

TASK_TEXTS = ("prompt", "reference", "worked_solution")
SKILL_TEXTS = ("steps", "body")
_SHOWN = 3
# in the place of a file that cannot be read, so that the rest of a folder is looked at
_UNREADABLE = ChatSettings(ChatTemplate("", "{{ messages[0].content }}"))


def mistakes(study: Study) -> list[str]:
    """Everything that is wrong with the model folders of students and reference models, one line each.

    Folders and GGUF files of students with `source: path` are read: configuration, weights' headers,
    tokenizer, chat template, whether the study's engine serves the size of the attention heads, and whether
    the model has positions for the tokens that `inference` asks for. No network is needed.

    Args:
        study: the study.
    """
    engine = study.data["inference"]["engine"]
    found = []
    for section, name in models_from(study, "path"):
        lines = folder_mistakes(study.model_folder(name), engine, chat_of(study, name) or _UNREADABLE)
        found += [f"{study.path}: {section}.{name}.path: {line}" for line in lines]
        found += _length_mistakes(study, Path(study.model_folder(name)))
    return list(dict.fromkeys(found))


def chat_of(study: Study, student: str) -> ChatSettings | None:
    """What a study says of a student's chat format; None where its template cannot be read."""
    try:
        return study.chat(student)
    except UserError:
        return None


def _length_mistakes(study: Study, folder: Path) -> Iterator[str]:
    """Keys of `inference` that ask for more tokens than a model has positions, whatever its prompts are."""
    try:
        config = gguf_config(read_header(folder)) if is_gguf(folder) else read_object(folder / "config.json")
    except UserError:  # told with the folder
        return
    text = config.get("text_config")
    positions = (text if isinstance(text, dict) else config).get("max_position_embeddings")
    if not isinstance(positions, int):
        return
    for key, most in (("max_model_len", positions), ("max_tokens", positions - 1)):
        asked = study.data["inference"].get(key)
        if asked is not None and asked > most:
            key_of_model = "context_length" if is_gguf(folder) else "max_position_embeddings"
            expected = f"at most {most}: the model in {folder} has {positions} positions ({key_of_model})"
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


def models_from(study: Study, source: str) -> Iterator[tuple[str, str]]:
    """Section of the study and id of each student and reference model with that `source`."""
    for name in study.students_from(source):
        yield ("students" if name in study.students else "references"), name


def _special_tokens(study: Study) -> Iterator[tuple[str, list[str]]]:
    """The special tokens of each student, by its id; of a broken folder none, as `mistakes` tells."""
    for name in study.students_from("scratch"):
        yield name, SPECIAL_TOKENS
    for _, name, folder in model_folders(study):
        template = (chat_of(study, name) or _UNREADABLE).template
        try:
            yield name, special_tokens_of(folder, template and template.text)
        except UserError:
            yield name, []


def model_folders(study: Study) -> Iterator[tuple[str, str, Path]]:
    """Section, id and folder of each model whose tokenizer is there: given folders, and the hub's cache."""
    for section, name in models_from(study, "path"):
        folder = Path(study.model_folder(name))
        if os.path.isdir(folder) or is_gguf(folder):
            yield section, name, folder
    if study.students_from("hub"):
        from skillift.students.hub import cached_folder

        for section, name in models_from(study, "hub"):
            entry = study.model(name)
            model = entry["model"], entry.get("revision", "main")
            if cached := cached_folder(*model, entry.get("file")):
                yield section, name, cached


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
