"""What the steps are told that make tasks and students: see `skillift.settings.specs`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skillift.settings.base import LeftOut, OneOf, Settings
from skillift.settings.models import Architecture, PackagePart, Pretraining
from skillift.settings.tasks import Difficulty, OwnFiles, PackSettings, PackSuites
from skillift.settings.values import (
    Count,
    FileName,
    GgufFile,
    HubModel,
    Id,
    Positive,
    Sha256,
    Text,
)


class SuiteCounts(Settings):
    """Number of tasks of each skill, by suite."""

    train: Count
    """Of the suite `train`."""
    dev: Count
    """Of the suite `dev`."""
    holdout: Positive
    """Of the suite `holdout`."""


class SuitePack(PackSettings):
    """The task pack, as far as one suite depends on it."""

    per_skill: SuiteCounts
    """Number of tasks of each skill, by suite; the least where it makes no difference."""
    suites: LeftOut[PackSuites] = None
    """Suites beside those of `per_skill`."""


class SuiteFiles(OwnFiles):
    """Own tasks and own skills, as far as one suite depends on them."""

    beside_pack: LeftOut[Literal[True]] = None
    """Whether other suites are of the task pack, before whose tasks none of these skills is put."""


class TasksSpec(OneOf):
    """What the tasks and skills of one suite are made of."""

    pack: LeftOut[SuitePack] = None
    """The task pack."""
    files: LeftOut[SuiteFiles] = None
    """Own tasks and own skills."""


class TokenizerSpec(Settings):
    """What the tokenizer of students from scratch depends on."""

    difficulty: Difficulty
    """That of the pack whose words become single tokens."""


class PretrainSpec(Settings):
    """How a student from scratch is made."""

    architecture: Architecture
    """Its shape."""
    pretraining: Pretraining
    """How it is trained."""
    pack: SuitePack | None
    """The pack whose dev and holdout lists are kept out; null for the default pack's."""


class TemplateText(Settings):
    """A chat template that a study names."""

    file: Text
    """The name of its file."""
    text: Text
    """What it says."""


class GivenSpec(Settings):
    """What the study says of the chat format of a student that is not made by the workflow."""

    chat_template: LeftOut[TemplateText] = None
    """The template in the place of the student's own."""
    end_tokens: LeftOut[list[Text]] = None
    """Tokens that end an answer, beside the student's own."""


class ImportSpec(GivenSpec):
    """How a model folder or a GGUF file is taken in."""

    source: Literal["path"]
    """Where it is from."""


class HubSpec(GivenSpec):
    """Which model of the hub a student is."""

    name: Id
    """The student."""
    model: HubModel
    """The model, `<owner>/<name>`."""
    revision: Text
    """Commit, tag or branch."""
    digests: LeftOut[dict[FileName, Sha256]] = None
    """SHA-256 of files by name, where the study declares them."""
    file: LeftOut[GgufFile] = None
    """A GGUF file, where the student is made of one."""


class PackageSpec(GivenSpec):
    """Which packages a student comes from."""

    name: Id
    """The student."""
    parts: Annotated[list[PackagePart], Field(min_length=1)]
    """The file of one package, or the files of several that are joined."""
    sha256: Sha256
    """SHA-256 of the whole."""
    licence: Text
    """Under which terms it may be used."""
