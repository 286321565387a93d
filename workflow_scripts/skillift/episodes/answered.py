"""What answering a run gives: its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import polars as pl

from skillift.engines.interface import Completion


class Answers(NamedTuple):
    """What a run gives.

    Attributes:
        episodes: contract EPISODES.
        served: the probes as the engine scores them; contract SERVED.
        prompts: what was asked, as noted before the engine was started; contract PROMPTS.
        parity: the same prompts in another batch; contract BATCH_SENSITIVITY.
        intervened: answers after interventions; contract INTERVENED. None where the study asks for none.
        chains: the chains of thought that a chat model is to paraphrase; contract CHAINS. None where none is.
    """

    episodes: pl.DataFrame
    served: pl.DataFrame
    prompts: pl.DataFrame
    parity: pl.DataFrame
    intervened: pl.DataFrame | None = None
    chains: pl.DataFrame | None = None

    @classmethod
    def together(cls, parts: Sequence[Answers]) -> Answers:
        """The rows of several answers to one study, each table's one after the other."""
        altered = [part.intervened for part in parts if part.intervened is not None]
        chains = [part.chains for part in parts if part.chains is not None]
        return cls(
            pl.concat([part.episodes for part in parts]),
            pl.concat([part.served for part in parts]),
            pl.concat([part.prompts for part in parts]),
            pl.concat([part.parity for part in parts]),
            pl.concat(altered) if altered else None,
            pl.concat(chains) if chains else None,
        )


class Episode(Protocol):
    """An episode without its answer: see `Answered`."""

    @property
    def suite(self) -> str: ...
    @property
    def condition(self) -> str: ...
    @property
    def task_id(self) -> str: ...
    @property
    def sample(self) -> int: ...
    @property
    def prompt(self) -> Sequence[int]: ...
    @property
    def opened(self) -> str: ...


class Answered(NamedTuple):
    """An episode as the engine has it.

    Attributes:
        suite, condition, task_id, sample: its key.
        prompt: token ids.
        opened: the block of reasoning that the prompt has opened.
        completion: the answer.
    """

    suite: str
    condition: str
    task_id: str
    sample: int
    prompt: Sequence[int]
    opened: str
    completion: Completion
