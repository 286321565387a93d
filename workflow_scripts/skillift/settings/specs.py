"""What each step is told: the part of a study that its result depends on, as its param `spec` has it.

A step's command reads it from canonical JSON (`skillift.provenance.canonical`). A key that came later than
results that shall stay valid is there only where it differs from its default.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from skillift.settings.base import LeftOut, Settings, Unique, chosen_by
from skillift.settings.chat_models import (
    AskedModel,
    AskedTeacher,
    Judge,
    Paraphraser,
    WorkedSolutionTeacher,
)
from skillift.settings.inference import Adapters, Altering, Decoding, Precision
from skillift.settings.matched import WholeCorpus
from skillift.settings.training import Method, Step, Steps
from skillift.settings.values import (
    DEFAULT_DATE,
    Amount,
    Condition,
    Day,
    Id,
    Positive,
    PositiveShare,
    Seed,
    Suite,
    Temperature,
)


class TrainSpec(Method):
    """How a run is trained."""

    checkpoints: Steps = Field(default=["final"])
    """Optimiser steps whose checkpoints are evaluated, and the word `final` for the last one."""
    seed: Seed
    """Seed of the training."""
    precision: Precision
    """Number format of weights and activations."""
    thinking: bool
    """The chat template's thinking mode."""
    date: LeftOut[Day] = None
    """Today's date for chat templates, where it is not the default."""

    @property
    def today(self) -> str:
        """The date that chat templates print as today's."""
        return self.date or DEFAULT_DATE


Filler = str | dict[str, str]


class Shown(Settings):
    """What conditions show."""

    prompt_seed: Seed = 0
    """Seed of the choices that conditions make."""
    filler: LeftOut[Filler] = None
    """What the condition `filler` shows, where it is shown: see `skillift.tasks.filler.filler_text`."""

    @property
    def filler_text(self) -> Filler:
        """What the condition `filler` shows."""
        return self.filler or "plain"


class CorpusSpec(WholeCorpus, Shown):
    """How a corpus is selected from the demonstrations."""


class DemonstrationsSpec(Settings):
    """How demonstrations are written and judged."""

    teacher: Annotated[
        Annotated[WorkedSolutionTeacher, Tag("WorkedSolutionTeacher")]
        | Annotated[AskedTeacher, Tag("AskedTeacher")],
        Discriminator(chosen_by("kind", WorkedSolutionTeacher, AskedTeacher)),
    ]
    """What writes them."""
    condition: Condition
    """Condition of the prompts."""
    judge: Judge
    """The primary judge."""
    seed: Seed
    """Seed of the prompts."""


class JudgeSpec(Settings):
    """What a judge's verdicts and its certification depend on."""

    name: Id
    """The judge's id."""
    judge: Judge
    """Its entry."""
    protocols: LeftOut[list[Id]] = None
    """The protocols whose episodes it judges, where these are not all."""


class Asked(Shown):
    """Under which conditions tasks are asked."""

    conditions: Annotated[list[Condition], Field(min_length=1), Unique()]
    """The conditions."""


class ReferenceProtocol(Settings):
    """One way in which a reference model is asked."""

    name: Id
    """Its id."""
    suites: list[Suite]
    """Suites whose tasks are answered."""
    conditions: list[Condition]
    """The conditions."""
    samples: Positive
    """Answers of each task under each condition."""
    reference: AskedModel
    """The model and its sampling settings."""


class ReferenceSpec(Asked):
    """What a reference model behind an API is asked, and how it answers."""

    name: Id
    """Its id."""
    suites: Annotated[list[Suite], Field(min_length=1), Unique()]
    """Suites whose tasks are answered."""
    samples: Positive
    """Answers of each task under each condition."""
    reference: AskedModel
    """The model and its sampling settings."""
    protocols: LeftOut[list[ReferenceProtocol]] = None
    """The ways in which it is asked, where the study declares several; suites, samples and reference are
    those of `main`."""


class ParaphrasesSpec(Settings):
    """What the paraphrases of chains of thought depend on."""

    paraphrase: Paraphraser
    """The model that is asked for them, and when one of them passes the check."""


class AlteringSpec(Altering):
    """How a run's chains of thought are altered."""

    second_pass: LeftOut[Literal[True]] = None
    """Whether the chains are stored, for a second pass in which a chat model's paraphrases of them are
    forced; then none is paraphrased in the first."""


class AnsweringSpec(Decoding):
    """How a run answers: `inference` of the study, as far as it concerns that run."""

    interventions: LeftOut[AlteringSpec] = None
    """How chains of thought are altered, where they are."""

    date: LeftOut[Day] = None
    """Today's date for chat templates, where it is not the default."""
    adapters: LeftOut[Adapters] = None
    """How what LoRA has trained is served; of runs with adapters."""

    @property
    def today(self) -> str:
        """The date that chat templates print as today's."""
        return self.date or DEFAULT_DATE


class RunName(Settings):
    """Which run of which student."""

    student: Id
    """The student."""
    run: str
    """The run."""

    @property
    def names(self) -> dict[str, str]:
        """What stands for the names of a path pattern (`skillift.path_patterns`)."""
        return {"student": self.student, "run": self.run}


class EmulatedSpec(RunName):
    """Which training of another student an emulated run borrows."""

    weight: Amount
    """Weight of what that training has changed."""


class AskedProtocol(Settings):
    """One way in which a run is asked."""

    name: Id
    """Its id."""
    suites: list[Suite]
    """Suites whose tasks are answered."""
    conditions: list[Condition]
    """The conditions."""
    checkpoints: list[Literal[0] | Step]
    """Optimiser steps whose checkpoints answer, 0 for the base model, and the word `final`."""
    samples: Positive
    """Answers of each task under each condition."""
    temperature: Temperature
    """Sampling temperature."""
    top_p: PositiveShare
    """Smallest probability mass that is sampled from (fraction)."""
    max_tokens: Positive
    """Most tokens in an answer."""
    seed: Seed
    """Seed of the sampling."""


class EpisodesSpec(Asked):
    """What a run is asked, and how it answers."""

    shards: Positive | None = None
    """Number of jobs that share the tasks, where they do."""
    inference: AnsweringSpec
    """How it answers."""
    student: LeftOut[Id] = None
    """The student."""
    run: LeftOut[Id] = None
    """The run."""
    checkpoints: Annotated[list[Literal[0] | Step], Field(min_length=1)] = Field(default=[0])
    """Optimiser steps whose checkpoints answer, 0 for the base model, and the word `final`."""
    protocols: LeftOut[list[AskedProtocol]] = None
    """The ways in which it is asked, `main` first, where the study declares any."""
    emulated: LeftOut[EmulatedSpec] = None
    """Whose training is borrowed, where the run is emulated; `checkpoints` are then that training's."""


class DiscriminationSpec(EpisodesSpec):
    """What a base student is asked before training: answers to tell apart, and tasks to answer."""

    answers: LeftOut[Literal["answer_only"]] = None
    """Form of the answers to tell apart, where they are not worked."""


class ServedSpec(RunName):
    """How what is served is compared with what was trained, and what was asked with the study."""

    precision: Precision
    """Number format of weights and activations."""
    thinking: bool
    """The chat template's thinking mode."""

    @property
    def where(self) -> str:
        """The run, for messages."""
        return f"{self.student}/{self.run}"


class ScoresSpec(Settings):
    """Which judges' verdicts become scoring paths, and of which runs."""

    judges: list[Id]
    """The judges."""
    primary_judge: Id
    """The one that scores tasks without an extractor on the path `bench`."""
    runs: list[RunName]
    """The runs."""
    protocols: LeftOut[dict[Id, list[Id]]] = None
    """The judges of each protocol, where the study declares any."""


class RatesSpec(Settings):
    """How the error rates of certified judges are computed."""

    confidence: float
    """Level of their intervals (fraction)."""
    judges: list[Id]
    """The judges."""
