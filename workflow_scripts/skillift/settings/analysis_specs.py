"""What the steps are told that analyse verdicts and show what they found: see `skillift.settings.specs`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from skillift.settings.analysis import (
    CertificationLimits,
    ConstraintCeiling,
    Depth,
    Forecast,
    RecipePair,
    TierDelta,
)
from skillift.settings.base import LeftOut, Settings
from skillift.settings.publication_specs import DeclaredPrediction, DeclaredRun, Labelled
from skillift.settings.values import Id, Positive, PositiveShare, Seed, Share, Suite, Text

Confidence = Annotated[float, Field(gt=0, lt=1)]


class Claimed(Settings):
    """What the words of claims depend on."""

    confidence: Confidence
    """1 - alpha of the study (fraction)."""
    margins: dict[Text, PositiveShare] = Field(default_factory=dict)
    """Largest differences that count as none, of the claims that the study has (fractions)."""
    trajectory: LeftOut[list[TierDelta]] = None
    """The expected procedural delta of each tier, where a shape is claimed."""
    depth: LeftOut[Depth] = None
    """The early steps, where something is claimed of the course of a training."""
    constraint_ceiling: LeftOut[ConstraintCeiling] = None
    """The expected ceiling, where one is claimed."""
    forecast: LeftOut[Forecast] = None
    """What the lift is foretold by, where it is."""
    sampling_budgets: LeftOut[list[Positive]] = None
    """Numbers of samples whose worth is asked, where some are."""


class Estimation(Claimed):
    """How effects are estimated."""

    bootstrap_samples: Positive
    """Resamples of a bootstrap."""
    seed: Seed
    """Seed of the bootstrap, and of the splits."""
    splits: LeftOut[Positive] = None
    """Random splits of the tasks into halves."""


class ComparedRecipes(Settings):
    """Two recipes whose lifts are compared."""

    claim: Text
    """What is claimed of them."""
    recipe: Id
    """The one."""
    against: Id
    """The other, whose lift is taken off."""


class EmulatedRuns(Settings):
    """Which runs of a student are emulated, and whose training they borrow."""

    recipe: Id
    """Their recipe."""
    student: Id
    """The student."""
    from_student: Id
    """The student whose training they borrow."""
    from_recipe: Id
    """The recipe of that training."""


class AnalysisSettings(Estimation):
    """How effects are estimated, and of what beside the arms."""

    compare: LeftOut[list[ComparedRecipes]] = None
    """Pairs of recipes, where some are compared."""
    changes: LeftOut[list[Text]] = None
    """How the task pack's variants are made, where they are asked."""
    varied: LeftOut[Positive] = None
    """Tasks of each skill that have variants, where that is not all."""
    emulated: LeftOut[list[EmulatedRuns]] = None
    """Runs that are emulated, where some are."""


class Analysed(AnalysisSettings):
    """The settings of an analysis as it is done: at the confidence of its look."""

    parameters: dict[Id, Positive] = Field(default_factory=dict)
    """Parameters of students, of those whose manifests are read."""


class AnalysisSpec(Settings):
    """How effects are estimated, and over which runs."""

    analysis: AnalysisSettings
    """The settings."""
    runs: list[DeclaredRun]
    """The runs."""


class ShownAnalysis(Claimed):
    """How effects were estimated, and which of them are shown first."""

    headline_path: Text
    """The scoring path that goes first."""
    bootstrap_samples: LeftOut[Positive] = None
    """Resamples of a bootstrap."""
    seed: LeftOut[Seed] = None
    """Seed of the bootstrap, and of the splits."""
    splits: LeftOut[Positive] = None
    """Random splits of the tasks into halves."""
    certification: LeftOut[CertificationLimits] = None
    """How often the judge behind it may err."""
    suite: LeftOut[Suite] = None
    """The headline suite, where it is not the holdout."""
    suites: LeftOut[list[Suite]] = None
    """All suites, where several are asked."""


class ShownFigures(Settings):
    """What the figures show beside the study's own results."""

    published_values: bool
    """Whether they show the reference study's published values."""


class FiguresSpec(Settings):
    """What figures and published tables show; a call by hand may leave out what it does not read."""

    analysis: ShownAnalysis
    """How effects were estimated."""
    primary_judge: LeftOut[Id] = None
    """The judge that scores tasks without an extractor on the path `bench`."""
    max_unscored_share: Share = 0.05
    """Share of lost verdicts above which a warning stands (fraction)."""
    students: dict[Id, Labelled]
    """Students and reference models."""
    references: LeftOut[list[Id]] = None
    """Which of these are reference models."""
    runs: list[DeclaredRun]
    """The runs."""
    figures: LeftOut[ShownFigures] = None
    """What the figures show beside the results."""
    emulated: LeftOut[list[Id]] = None
    """Recipes of emulated runs, where there are any: these have no training log."""
    borrowed: LeftOut[list[EmulatedRuns]] = None
    """Whose trainings these runs borrow."""


class FindingsSpec(FiguresSpec):
    """What the page of findings shows."""

    name: Id
    """The study."""


class LookSettings(Claimed):
    """The settings that words depend on."""

    headline_path: Text
    """The scoring path of the headline."""
    compare: LeftOut[list[RecipePair]] = None
    """Pairs of recipes whose lifts are compared."""


class LookSpec(Settings):
    """Which look an analysis is, besides its verdicts."""

    settings: LookSettings
    """The settings that words depend on."""
    design: dict[Text, Any]
    """What was registered of the study, by key: see `skillift.study.design.declared_design`."""


class LedgerSpec(LookSpec):
    """What the published ledger depends on."""

    predictions: dict[Id, DeclaredPrediction]
    """The predictions that are registered."""
