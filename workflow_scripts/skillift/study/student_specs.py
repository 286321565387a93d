"""What tasks and students are made of: their part of `skillift.study.specs`."""

from __future__ import annotations

import copy

from skillift.settings.student_specs import (
    HubSpec,
    ImportSpec,
    PackageSpec,
    PretrainSpec,
    SuiteFiles,
    TasksSpec,
    TokenizerSpec,
)
from skillift.settings.values import VARIANTS
from skillift.study.declared import Declared

_LEAST_PER_SKILL = {"train": 0, "dev": 0, "holdout": 1}
_NOT_TRAINED_ON = ("suites", "step_checks")
_LEAST_TASKS = {"per_skill": _LEAST_PER_SKILL, "judge_scored": 0}


class StudentSpecs(Declared):
    """The specs of the steps that make tasks and students."""

    def tasks_spec(self, suite: str) -> TasksSpec:
        """What the tasks and skills of one suite are made of.

        A key that makes no difference to the suite is as if left out: editing one suite builds no other. Of
        own files the names alone: their content enters as a digest (`preflight.own_data.suite_digest`).
        """
        pack = copy.deepcopy(self.data["tasks"].get("pack"))
        if pack is None:
            return TasksSpec(files=SuiteFiles(**self.data["tasks"]["files"]))
        if not self.is_of_pack(suite):
            return TasksSpec(files=SuiteFiles(**self.data["tasks"]["files"], beside_pack=True))
        others = pack.pop("suites", {})
        asked_by_judge = suite != "train" and pack["judge_scored"] > 0  # a share of the holdout
        least = _LEAST_PER_SKILL
        of_holdout = asked_by_judge or suite == VARIANTS
        kept = {suite, *(["holdout"] if of_holdout else [])}
        pack["per_skill"] = {
            name: n if name in kept else least[name] for name, n in pack["per_skill"].items()
        }
        pack["judge_scored"] = pack["judge_scored"] if asked_by_judge else 0
        if suite in ("train", VARIANTS):  # whose steps are not checked
            pack.pop("step_checks", None)
        if suite in others:
            pack["suites"] = {suite: others[suite]}
        return TasksSpec(pack=pack)

    def tokenizer_spec(self) -> TokenizerSpec:
        """What the tokenizer of students from scratch depends on; with own tasks it is the tiny pack's."""
        pack = self.data["tasks"].get("pack", {"difficulty": "tiny"})
        return TokenizerSpec(difficulty=pack["difficulty"])

    def pretrain_spec(self, student: str) -> PretrainSpec:
        """How a student with `source: scratch` is made; `pack` is None with own tasks.

        Pre-training leaves out the lists that the pack's seed holds out, whatever number of tasks is made of
        them: so the numbers of tasks stand at their least, and editing them makes no student again.
        """
        model = self.model(student)
        parts = {name: model[name] for name in ("architecture", "pretraining")}
        pack = self.data["tasks"].get("pack")
        if pack:
            pack = {
                name: value for name, value in {**pack, **_LEAST_TASKS}.items() if name not in _NOT_TRAINED_ON
            }
        return PretrainSpec(**parts, pack=pack)

    def import_spec(self, student: str) -> ImportSpec:
        """How a student with `source: path` is taken in; its files enter as they are."""
        return ImportSpec(source=self.model(student)["source"], **self._chat(student))

    def hub_spec(self, student: str) -> HubSpec:
        """Which model of the hub a student with `source: hub` is."""
        model = self.model(student)
        declared = {name: model[name] for name in ("model", "digests", "file") if name in model}
        revision = model.get("revision", "main")
        return HubSpec(name=student, revision=revision, **declared, **self._chat(student))

    def _chat(self, student: str) -> dict:
        """What the study says of a student's chat format, where it says something; a template by its text.

        It goes into the student's model folder: what follows reads it there.
        """
        chat = self.chat(student)
        found: dict = {"chat_template": chat.template._asdict()} if chat.template else {}
        return found | ({"end_tokens": list(chat.end_tokens)} if chat.end_tokens else {})

    def package_spec(self, student: str) -> PackageSpec:
        """Which packages a student with `source: package` comes from: one, or several that are joined."""
        model = self.model(student)
        parts = model.get("parts") or [{name: model[name] for name in ("package", "version", "file")}]
        declared = {name: model[name] for name in ("sha256", "licence")}
        return PackageSpec(name=student, parts=parts, **declared, **self._chat(student))
