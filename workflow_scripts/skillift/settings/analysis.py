"""Settings of the analysis, the figures and the predictions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from skillift.settings.base import LeftOut, Settings, Unique
from skillift.settings.values import WHOLE, Id, Positive, PositiveShare, Seed, Share, Suite


class Margins(Settings):
    """Largest differences that count as none, declared before the run.

    A claim of sameness is `equivalent` where two one-sided tests show the difference to be smaller.
    """

    uniform_lift: PositiveShare = 0.05
    """Margin of "the lift is the same at every tier", for each pair of tiers (fraction)."""
    recipe_tie: PositiveShare = 0.02
    """Margin of "the recipes tie" in the pass rate under `curated` after SFT, for each pair of recipes at a
    student: the recipe band (fraction). The reference study's is 0.02."""
    retention: PositiveShare = 0.05
    """Margin of "SFT helps on new skills as much as on those that were trained" in the gain under `curated`,
    for each student (fraction). Only a study that asks the suite `transfer` reads it."""
    brittleness: PositiveShare = 0.05
    """Margin of "SFT makes students no more brittle" in how much further variants fall behind the tasks that
    they are made of, under `curated`, for each student (fraction). Only a study that asks the suite
    `perturbed` reads it."""
    side_cost: PositiveShare = 0.05
    """Margin of "SFT costs nothing on the safety suite": the largest loss of its pass rate under `none` that
    counts as none, for each student (fraction). Only a study that asks the suite `safety` reads it."""
    data_quality: PositiveShare = 0.05
    """Margin of "what the demonstrations of the same tasks are makes no difference to the lift", for each
    student and pair of recipes (fraction). Only a study whose `compare` has such a pair reads it."""
    sampling_budget_tie: PositiveShare = 0.05
    """Margin of "several samples of a smaller student beat one of a larger": the largest difference in the
    pass rate under `curated`, at no more FLOPs, that counts as a tie (fraction). Only a study that declares
    `sampling_budgets` reads it."""
    neutral_filler: PositiveShare = 0.05
    """Margin of "the filler changes nothing before SFT" in filler - none, for each student (fraction). Only a
    study with the condition `filler` reads it."""


class CertificationLimits(Settings):
    """How often the judge behind the headline path may err on the built-in hostile and benign cases.

    Above that, the headline figures carry a warning.
    """

    max_false_pass: Share = 0.05
    """Largest rate of passed cases that must fail (fraction of the hostile cases)."""
    max_false_fail: Share = 0.1
    """Largest rate of failed cases that must pass (fraction of the benign cases)."""


RecipePair = Annotated[list[Id], Field(min_length=2, max_length=2), Unique()]


class TierDelta(Settings):
    """The procedural delta of one tier, as the study expects it."""

    student: Id
    """A student or a reference model."""
    delta: Annotated[float, Field(ge=-1, le=1)]
    """Its procedural delta (fraction); 0 claims no sign."""


class ConstraintCeiling(Settings):
    """A ceiling of met constraints, as the study expects it."""

    limit: PositiveShare
    """Share of constraints that no tier reaches after SFT, under `curated` (fraction)."""
    margin: PositiveShare = 0.05
    """Largest difference of two tiers' shares that counts as none (fraction)."""


Budget = Literal[1, 2, 4, 8, 16, 32, 64]


class Depth(Settings):
    """The course of a training over its steps, as the study asks for it."""

    early: Annotated[list[Positive], Field(min_length=1), Unique()]
    """Optimiser steps that are early, each with a checkpoint."""
    dip: PositiveShare = 0.05
    """Fall below the base model, in the mean over the early steps, that is worth finding (fraction). Only
    what the study would detect is told by it."""
    recovery: PositiveShare = 0.05
    """Rise from there to the last step that is worth finding (fraction), likewise."""


class Forecast(Settings):
    """What the lift of skills is foretold by before any training."""

    suite: Literal["dev"] = "dev"
    """Suite whose tasks the base model is asked: which of right and corrupted answers with equally many
    tokens it gives the higher log-probability, and how many it passes, under `curated`. The lift is the
    holdout's."""
    answers: LeftOut[Literal["answer_only"]] = None
    """Form of both answers of a pair: `answer_only`, the ANSWER line alone. Where left out the worked steps
    stand before it, of which the last tells the answer: a student that can write such steps prefers every
    right one."""


class Analysis(Settings):
    """How effects are estimated."""

    headline_path: LeftOut[str] = None
    """Scoring path of the headline figures. `judge:<primary_judge>` where left out."""
    headline_suite: LeftOut[Suite] = None
    """Suite of the headline figures and findings; the others that are asked stand after it. Where left out,
    `holdout` if it is asked, else the first of `inference.suites`."""
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """1 - alpha, as a fraction. The looks at a study's results share alpha: words and intervals of the first
    are at alpha / 2, those of look j at alpha / (j (j + 1))."""
    bootstrap_samples: Annotated[int, Field(ge=100), WHOLE] = 2000
    """Resamples of a bootstrap."""
    seed: Seed = 0
    """Seed of the bootstrap, and of the splits."""
    splits: Annotated[int, Field(ge=1, le=10000), WHOLE] = 200
    """Random splits of the tasks into halves, for the slope of the lift on the baseline procedural delta: the
    two come from different halves."""
    trajectory: LeftOut[Annotated[list[TierDelta], Field(min_length=2)]] = None
    """The procedural delta of each tier as the study expects it, the smallest tier first: its signs, and
    those of the differences between neighbours, are the claim `trajectory_shape`. Where left out, no shape is
    claimed."""
    constraint_ceiling: LeftOut[ConstraintCeiling] = None
    """That every tier meets the same share of constraints after SFT, and less than a limit: the claim
    `constraint_ceiling`, of tasks with the scorer `constraints`. Where left out, no ceiling is claimed."""
    margins: Margins = Field(default_factory=Margins)
    """Largest differences that count as none, declared before the run: a claim of sameness is `equivalent`
    where two one-sided tests show the difference to be smaller."""
    depth: LeftOut[Depth] = None
    """The early steps of a training, declared before the run: the claim `dip_and_recovery` is that the pass
    rate under `curated` is lower there than the base model's and rises by the last step. Where left out,
    nothing is claimed of the course of a training."""
    compare: LeftOut[Annotated[list[RecipePair], Field(min_length=1), Unique()]] = None
    """Pairs of recipes whose lifts are compared, the first less the second, at each student that both
    trained: recipes that differ in corpora of the same tasks alone (`corpora.<id>.like`; the claim
    `data_quality`), that take equally many steps on fewer rows and on more (`repetition`), or one on
    preference pairs and the one that it starts from (`preference`). Where left out, none is claimed."""
    forecast: LeftOut[Forecast] = None
    """What the lift is foretold by before training: the claims `forecast`, that it is larger on skills on
    which the base model prefers right answers, and `forecast_beyond_base`, that this tells more of it than
    the base pass rate. Where left out, nothing is foretold."""
    sampling_budgets: LeftOut[Annotated[list[Budget], Field(min_length=1), Unique()]] = None
    """Numbers of samples whose worth is asked, of each protocol that takes as many: the claims
    `sampling_budget`, `sampling_budget_where_able`, `diversity_by_tier` and `diversity_lost`. Where left out,
    none of these is claimed."""
    effect_of_interest: LeftOut[PositiveShare] = None
    """Smallest lift that is worth finding, for the planner (fraction). Changes no result."""
    certification: CertificationLimits = Field(default_factory=CertificationLimits)
    """How often the judge behind the headline path may err on the built-in suite of hostile and benign cases.
    Above that, the headline figures carry a warning."""


class Figures(Settings):
    """What the figures show beside the study's own results."""

    published_values: bool | None = None
    """Show the reference study's published procedural deltas (arXiv 2605.11907) in the tier trajectory, apart
    from the study's own. `null`: where no student is trained from scratch."""


class PredictedEffect(Settings):
    """One effect: at the last checkpoint, over the seeds of the recipe."""

    contrast: str
    """`curated-none` or another contrast of two conditions; with a recipe also `lift:<contrast>` (what
    training changed in it) and `gain:<condition>` (what training changed under one condition). Of the
    suite `perturbed` also `variant:<condition>`, variants less the tasks that they are made of."""
    student: Id
    """A student or reference model."""
    recipe: LeftOut[Id] = None
    """A recipe of a run of that student. Before training where left out."""


Direction = Literal["greater", "less", "equivalent"]


class Prediction(Settings):
    """What is expected of an effect, or of the difference of two."""

    text: str = ""
    """The prediction in words, and why it is made. Shown in the report."""
    effect: PredictedEffect
    """One effect: at the last checkpoint, over the seeds of the recipe."""
    minus: LeftOut[PredictedEffect] = None
    """A second effect that is taken off the first, task by task; on the same path and suite."""
    path: LeftOut[str] = None
    """Scoring path of the effect, or of both. That of the headline figures where left out."""
    suite: LeftOut[Suite] = None
    """Suite of the effect, or of both. That of the headline figures where left out."""
    metric: LeftOut[str] = None
    """Metric of the effect, or of both: `pass` where left out, or one of `skillift.metrics`, such as
    `length`. Numbers are then in its unit, and one that reads no verdict stands on the path `text`."""
    direction: Direction
    """`greater`: above `than` + `margin`; `less`: below `than` - `margin`; `equivalent`: between the two."""
    than: float = 0.0
    """What the effect is compared with (fraction)."""
    margin: Annotated[float, Field(ge=0)] = 0.0
    """How far beyond `than`, or with `direction: equivalent` how near to it (fraction)."""
    known: bool = False
    """`true` where the outcome, or an estimate of it, was known when this was written, as from a pilot study:
    it is then shown as post hoc, and never among the predictions that held."""
