"""What the steps are told that publish results: see `skillift.settings.specs`."""

from __future__ import annotations

from skillift.settings.analysis import Direction
from skillift.settings.base import LeftOut, Settings
from skillift.settings.matched import WholeCorpus
from skillift.settings.specs import RunName, Shown
from skillift.settings.values import (
    Amount,
    Id,
    Label,
    Positive,
    PositiveShare,
    Seed,
    Suite,
    Text,
)


class DeclaredRun(RunName):
    """A run, and which training it is."""

    recipe: Id | None
    """Its recipe; null for `base`."""
    seed: Seed | None
    """Its seed; null for `base`."""


class Labelled(Settings):
    """How a student or reference model is shown."""

    label: Label
    """Its name."""
    tier: Positive
    """Its place in the order of sizes."""


class BrowserSpec(Shown):
    """What the episode browser shows besides the tables."""

    name: Id
    """The study."""
    headline_path: str
    """The scoring path that goes first."""
    judges: list[Id]
    """The judges."""
    students: dict[Id, Labelled]
    """Students and reference models."""
    references: list[Id]
    """Which of these are reference models."""
    runs: list[DeclaredRun]
    """The runs."""
    withheld: LeftOut[list[Suite]] = None
    """Suites that it does not show, where there are any."""


class ComparedEffect(Settings):
    """One effect of a prediction."""

    contrast: str
    """What is compared."""
    student: Id
    """At which student or reference model."""
    recipe: Id | None
    """After training by which recipe; null before it."""


class DeclaredPrediction(Settings):
    """All that a prediction says, with nothing left to other sections of the study."""

    text: str
    """It in words."""
    path: str
    """Its scoring path."""
    suite: Suite
    """Its suite."""
    metric: LeftOut[str] = None
    """Its metric, where that is not `pass`."""
    effect: ComparedEffect
    """The effect."""
    minus: ComparedEffect | None
    """One that is taken off; null where none is."""
    direction: Direction
    """What is expected of them."""
    than: float
    """What they are compared with."""
    margin: Amount
    """How far beyond it, or how near to it."""
    known: LeftOut[bool] = None
    """Whether the outcome was known; left out where it was not."""
    confidence: PositiveShare
    """The study's."""


class PredictionsSpec(Settings):
    """What the verdicts on predictions depend on."""

    predictions: dict[Id, DeclaredPrediction]
    """The predictions."""
    runs: list[DeclaredRun]
    """The runs."""


class CostsSpec(Settings):
    """Which jobs are counted."""

    jobs: list[Text]
    """The jobs, as their benchmarks are named."""
    paid: dict[Text, Text]
    """The table that records what the calls of a rule cost, by rule."""


class CardStudent(Settings):
    """What the cards of one student's checkpoints say of it."""

    label: Label
    """Its name."""
    licence: LeftOut[Text] = None
    """Under which terms it may be used, where the study notes it."""


class CardRun(RunName):
    """What the card of one run says of it."""

    recipe: Id
    """Its recipe."""
    corpus: Id
    """What it was trained on."""
    seed: Seed
    """Its seed."""


class CardSpec(Settings):
    """What all cards say of a study."""

    study: Id
    """Its name."""
    description: str
    """Its question."""


class ModelCardsSpec(CardSpec):
    """What the cards of all runs' checkpoints say."""

    path: str
    """The headline path."""
    suites: LeftOut[list[Suite]] = None
    """The suites that the numbers are of, the headline suite first; the holdout alone where left out."""
    students: dict[Id, CardStudent]
    """The students."""
    runs: list[CardRun]
    """The runs."""


class DatasetCardSpec(CardSpec):
    """What the card of one corpus says."""

    corpus: Id
    """The corpus."""
    settings: WholeCorpus
    """Its entry."""
    teacher: Text
    """What wrote the demonstrations, in words."""
    judge: Text
    """The primary judge's model."""
