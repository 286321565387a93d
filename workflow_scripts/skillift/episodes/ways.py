"""The ways in which a run is asked: its protocols, or the one way of a study that declares none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from skillift.engines.interface import Sampling
from skillift.settings.specs import AnsweringSpec, AskedProtocol, EpisodesSpec

FINAL = "final"  # the last checkpoint, in a spec


class Way(NamedTuple):
    """One way in which a run is asked.

    Attributes:
        name: of the protocol; None where the study declares none.
        suites, conditions: of the tasks that are asked, and under which.
        steps: of the checkpoints that are asked, as the spec has them; None for all.
        samples: answers of each task under each condition.
        sampling: how an answer is drawn.
        seed: of the sampling.
    """

    name: str | None
    suites: Sequence[str]
    conditions: Sequence[str]
    steps: Sequence[int | str] | None
    samples: int
    sampling: Sampling
    seed: int

    def answers_at(self, step: int, last: int) -> bool:
        """Whether the checkpoint of a step is asked; `last`: the last step of the run."""
        return self.steps is None or step in self.steps or (step == last and FINAL in self.steps)

    def messages(self) -> pl.Expr:
        """Which messages (suite, condition) it puts."""
        return pl.col("suite").is_in(self.suites) & pl.col("condition").is_in(self.conditions)


def ways_to_ask(spec: EpisodesSpec) -> list[Way]:
    """The protocols of a run, `main` first; its one way where the study declares none."""
    inference = spec.inference
    stop, scored = tuple(inference.stop or ()), bool(inference.log_probabilities)

    def sampling(of: AnsweringSpec | AskedProtocol) -> Sampling:
        return Sampling(of.max_tokens, of.temperature, of.top_p, stop, scored)

    if spec.protocols is None:
        asked = (inference.suites, spec.conditions, None, inference.samples)
        return [Way(None, *asked, sampling(inference), inference.seed)]
    return [
        Way(one.name, one.suites, one.conditions, one.checkpoints, one.samples, sampling(one), one.seed)
        for one in spec.protocols
    ]
