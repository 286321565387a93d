"""The models that a study declares: students and reference models, their entries, files and chat formats."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from skillift.students.chat_settings import ChatSettings, read_template, template_path
from skillift.students.gguf_header import is_gguf
from skillift.study.chat_checks import OWN_CHAT
from skillift.study.declared import Declared
from skillift.yaml_sources.source import beside


class DeclaredModels(Declared):
    """The models of a `skillift.study.study.Study`."""

    @cached_property
    def students(self) -> list[str]:
        """Ids of the students, by tier."""
        return self._by_tier("students")

    @cached_property
    def references(self) -> list[str]:
        """Ids of the reference models, by tier."""
        return self._by_tier("references")

    @property
    def evaluated(self) -> list[str]:
        """Ids of the students and then of the reference models."""
        return [*self.students, *self.references]

    def model(self, student: str) -> dict:
        """The entry of a student or reference model."""
        return self.data["students"].get(student) or self.data["references"][student]

    def students_from(self, source: str) -> list[str]:
        """Ids of the evaluated models with that `source`: `scratch`, `path`, `hub`, `package` or `api`."""
        return [name for name in self.evaluated if self.model(name)["source"] == source]

    @property
    def dequantised(self) -> list[str]:
        """Ids of the evaluated models whose weights are those of a GGUF file, wherever it comes from."""
        return [
            *(name for name in self.students_from("path") if is_gguf(self.model_folder(name))),
            *(name for name in self.students_from("hub") if "file" in self.model(name)),
            *self.students_from("package"),
        ]

    def model_folder(self, student: str) -> str:
        """The model folder, or GGUF file, of a student with `source: path`."""
        return beside(self.path, self.model(student)["path"])

    def model_files(self, student: str) -> list[str]:
        """The files in that folder, sorted, or the GGUF file itself."""
        folder = Path(self.model_folder(student))
        if folder.is_file():
            return [folder.as_posix()]
        return sorted(path.as_posix() for path in folder.rglob("*") if path.is_file())

    def chat_template(self, student: str) -> str | None:
        """The file of the chat template that the study names for a student; None where it has its own."""
        entry = self.model(student)
        if entry["source"] in OWN_CHAT:
            return None
        declared = entry.get("chat_template", self.data["inference"].get("chat_template"))
        return declared and template_path(self.path, declared)

    def chat(self, student: str) -> ChatSettings:
        """What the study says of a student's chat format.

        Raises:
            UserError: the file of the chat template cannot be read.
        """
        path = self.chat_template(student)
        ends = tuple(sorted(self.model(student).get("end_tokens", ())))
        return ChatSettings(read_template(path) if path else None, ends)

    def _by_tier(self, section: str) -> list[str]:
        return sorted(self.data[section], key=lambda name: (self.data[section][name]["tier"], name))
