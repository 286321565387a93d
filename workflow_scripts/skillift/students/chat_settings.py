"""What a study says of the chat format of a student: a template file, and tokens that end an answer.

Students from a folder or a hub have a template of their own, or none, as base models do. One that the study
names stands in its place: it enters the specs by its text, and `students.folders` writes it into the
student's model folder, which prompts, training and engines all read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.settings.student_specs import GivenSpec
from skillift.tasks.file_text import file_text, unusable, with_newlines
from skillift.yaml_sources.source import Words, beside

READY_MADE = Path(__file__).resolve().parents[2] / "assets" / "prompts" / "chat"
LARGEST = 32 * 1024  # bytes; the text is a part of a command line, which Linux limits to 128 KiB
_UNREAD = 8 * LARGEST  # bytes of a file that is too large in whatever encoding
KIND = "chat template"


class ChatTemplate(NamedTuple):
    """A chat template that a study names.

    Attributes:
        file: the name of its file, without its folder.
        text: its Jinja, with line feeds at the line ends.
    """

    file: str
    text: str


class ChatSettings(NamedTuple):
    """What a study says of a student's chat format.

    Attributes:
        template: the template that stands in the place of the model's own; None leaves that.
        end_tokens: texts of tokens that end an answer, beside those of the model and its template.
    """

    template: ChatTemplate | None = None
    end_tokens: tuple[str, ...] = ()

    @property
    def recorded(self) -> dict:
        """What a manifest says of them, by the study's keys; nothing where the study says nothing."""
        found: dict = {}
        if self.template:
            digest = hashlib.sha256(self.template.text.encode()).hexdigest()
            found["chat_template"] = {"file": self.template.file, "sha256": digest}
        if self.end_tokens:
            found["end_tokens"] = list(self.end_tokens)
        return found


OWN = ChatSettings()  # the model's own format


def chat_settings(spec: GivenSpec) -> ChatSettings:
    """What a step's settings say of it."""
    said = spec.chat_template
    template = ChatTemplate(said.file, said.text) if said else None
    return ChatSettings(template, tuple(spec.end_tokens or ()))


def ready_made() -> list[str]:
    """Names of the templates that come with the workflow."""
    return sorted(path.stem for path in READY_MADE.glob("*.jinja"))


def template_path(study_file: str, declared: str) -> str:
    """The file that a study means: a ready-made one by a name without dot and slash, else one beside it."""
    if declared in ready_made():
        return (READY_MADE / f"{declared}.jinja").as_posix()
    return beside(study_file, declared)


def read_template(path: str) -> ChatTemplate:
    """A template file, without a byte order mark, with line feeds at its line ends.

    Raises:
        UserError: it is missing, no file, not text, empty, or too large.
    """
    if mistake := template_file_mistake(path):
        raise UserError(problem(path, *mistake))
    return ChatTemplate(Path(path).name, _text(path))


def template_file_mistake(path: str) -> tuple[object, str, str] | None:
    """What keeps a file from being read as a template: found, expected, fix; None where nothing does."""
    file = Path(path)
    if file.is_dir():
        inner = sorted(other.name for other in file.glob("*.jinja"))
        fix = f"Name a file in it, such as {file.name}/{inner[0]}." if inner else "Name a file."
        return Words(f"a folder ({path})"), "a file with a chat template (Jinja)", fix
    if file.is_symlink() and not file.exists():
        return Words(f"{file.name}, a link that leads to no file ({path})"), "a file with a chat template", ""
    if not file.is_file():
        expected = f"a file with a chat template (looked for {path}), or one of the workflow's: "
        fix = "Paths are relative to the study file's folder."
        return Words(file.name), expected + ", ".join(ready_made()), fix
    if file.stat().st_size > _UNREAD:
        return _too_large(file.name, file.stat().st_size)
    try:
        text = _text(path)
    except UserError as error:
        _, _, found = str(error).partition(": found ")
        found = f"{file.name} with {found.partition(', expected ')[0]}"
        return Words(found), "a chat template (Jinja) in UTF-8", "Save the file as UTF-8."
    size = len(text.encode("utf-8", "surrogatepass"))
    if not text.strip() or unusable(text):
        found = f"{file.name} with {unusable(text)}" if text.strip() else f"an empty file ({path})"
        return Words(found), "a chat template (Jinja) of one user message and one answer", ""
    return _too_large(file.name, size) if size > LARGEST else None


def _too_large(name: str, size: int) -> tuple[object, str, str]:
    return Words(f"{name} of {size} bytes"), f"a chat template of at most {LARGEST} bytes", ""


def _text(path: str) -> str:
    return with_newlines(file_text(path, KIND))
