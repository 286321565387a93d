"""Settings of what students are trained on, and how."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from skillift.named_modules import names_in
from skillift.settings.base import LeftOut, OneOf, Settings, Unique
from skillift.settings.values import (
    WHOLE,
    Amount,
    Condition,
    Id,
    PartialShare,
    Positive,
    PositiveNumber,
    PositiveShare,
    Seed,
    Text,
)


class SelectedRows(Settings):
    """Which demonstrations a corpus has, and under which prompts."""

    rows: Positive
    """Number of demonstrations, balanced over skills. Needed unless there is `like`, beside which this and
    all other keys that are left out are those of the other corpus."""
    verified: bool = True
    """Whether only demonstrations that passed are taken; else the first of each task, whatever its
    verdict."""
    skills: LeftOut[Positive] = None
    """Number of skills that the demonstrations come from, drawn by `seed`. All where left out."""
    domains: LeftOut[Annotated[list[Text], Field(min_length=1), Unique()]] = None
    """Domains of these skills: `code` (numbers), `tag` (words or letters), `slot` (days or times) of the task
    pack, or those that own skills name. All where left out."""
    condition: Condition
    """Condition of the prompts that are trained on."""
    seed: Seed = 0
    """Seed of the selection."""


class Corpus(SelectedRows):
    """A set of demonstrations that recipes train on."""

    form: Literal["worked", "answer_only"] = "worked"
    """`worked`: the whole worked answer; `answer_only`: its ANSWER line alone."""


Group = Annotated[int, Field(ge=2), WHOLE]
_Names = Annotated[list[Text], Field(min_length=1), Unique()]


Step = Literal["final"] | Positive
_LAST: list[Step] = ["final"]


class Lora(Settings):
    """Low-rank adapters, merged into the weights after training."""

    rank: Positive
    """Rank of the adapters."""
    alpha: PositiveNumber
    """Scale of the adapters; they are multiplied by alpha / rank."""
    dropout: PartialShare = 0.0
    """Dropout before the adapters (fraction), drawn for each row of the corpus by seed, step and layer."""
    target_modules: LeftOut[Literal["all-linear"] | Annotated[list[Text], Field(min_length=1), Unique()]] = (
        None
    )
    """Linear layers with adapters: `all-linear`, or a list of groups (`attention`, `mlp`, `gated_delta`) and
    of names as the student has them, such as `q_proj`. All but the output head where left out."""


class TrainedParts(OneOf):
    """The parts of a student that are trained, where these are not all of it."""

    last_n_layers: LeftOut[Positive] = None
    """Number of blocks, counted from the last, whose weights are trained; all others are frozen."""
    lora: LeftOut[Lora] = None
    """Low-rank adapters, merged into the weights after training."""


class Every(Settings):
    """Checkpoints at equal distances, and the last one."""

    every: Positive
    """Optimiser steps from one checkpoint to the next."""


Steps = Annotated[list[Step], Field(min_length=1), Unique()]


class _OnCorpus(Settings):
    corpus: Id
    """Corpus that is trained on; a key of `corpora`. `objective: emulated` takes neither this nor what else
    is said of a training."""


if TYPE_CHECKING:
    Objective = str
else:
    Objective = Literal[names_in("training.objectives")]


class Method(Settings):
    """How a student is fine-tuned, on whatever corpus."""

    objective: Objective
    """What is optimised, a module of `skillift/training/objectives/`. `sft` is the likelihood of the
    demonstration, given the prompt; `dpo` that of the right answer of a preference pair against the wrong
    one, beside a reference (direct preference optimisation); `grpo` that of the student's own answers that
    are right, against its others to the same task (group relative policy optimisation)."""
    start: LeftOut[Id] = None
    """Recipe whose last checkpoint is trained on, of the same student and seed, and which is the reference of
    `dpo` and `grpo`; each of its trainings is a run of the study, too. The student itself where left out."""
    beta: LeftOut[PositiveNumber] = None
    """For `dpo` and `grpo`: how closely the trained student is held to the reference; the larger, the closer.
    With `grpo` 0 where left out."""
    sft_weight: LeftOut[Amount] = None
    """For `dpo`: weight of the negative log-likelihood of right answers (mean over their tokens) beside the
    preference loss, so that not both likelihoods fall. 0 where left out."""
    generations: LeftOut[Group] = None
    """For `grpo`: answers to each task of a step, which are compared with each other."""
    max_tokens: LeftOut[Positive] = None
    """For `grpo`: longest answer (tokens)."""
    temperature: LeftOut[PositiveNumber] = None
    """For `grpo`: temperature that answers are sampled at. 1 where left out."""
    trainable: Literal["full"] | TrainedParts
    """Which parameters are trained: the word `full`, `{last_n_layers: n}`, or `{lora: {...}}`."""
    learning_rate: PositiveShare
    """Peak learning rate."""
    epochs: LeftOut[Positive] = None
    """Passes over the corpus. Exactly one of `epochs` and `max_steps`."""
    max_steps: LeftOut[Positive] = None
    """Optimiser steps, in place of `epochs`: the corpus is passed over as often as they need, so that recipes
    on corpora of different sizes take equally many steps."""
    batch_size: Positive
    """Demonstrations in one optimiser step; of `grpo` tasks."""
    packing: LeftOut[bool] = None
    """Whether demonstrations are laid end to end instead of being padded to one length. The training ends
    before its first step where that would change their log-probabilities, as it does where a student
    carries state from one into the next. Off where left out."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """Course of the learning rate after the warm-up."""
    warmup_ratio: PartialShare = 0.0
    """Share of the optimiser steps in which the learning rate rises from 0 (fraction)."""
    weight_decay: Amount = 0.0
    """Decoupled weight decay of AdamW, for each step and unit of learning rate."""

    def steps_on(self, rows: int) -> int:
        """Optimiser steps of a training on so many rows; the last batch of an epoch may be a smaller one."""
        return self.max_steps or math.ceil(rows / self.batch_size) * (self.epochs or 0)


class Recipe(Method, _OnCorpus):
    """How a student is fine-tuned."""

    checkpoints: Steps | Every = Field(default=_LAST)
    """Optimiser steps whose checkpoints are evaluated, and the word `final` for the last one; or
    `{every: n}` for every n-th step and the last one."""


class RunEntry(Settings):
    """Trainings: one for each student and seed."""

    recipe: Id
    """A key of `recipes`."""
    students: Annotated[list[Id], Field(min_length=1), Unique()]
    """Keys of `students`."""
    seeds: Annotated[list[Seed], Field(min_length=1), Unique()]
    """Seeds of the training; one run for each."""
