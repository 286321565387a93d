"""What an engine is: how it is asked, how it is run, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from skillift.engines.probes import Probe

if TYPE_CHECKING:
    from skillift.settings.specs import AnsweringSpec


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; `temperature` 0 is greedy. `max_tokens` counts the end token too.

    An answer ends before the first of the texts `stop`, too. With `log_probabilities` answers say how sure
    the model was of their tokens.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    log_probabilities: bool = False


@dataclass(frozen=True)
class Serving:
    """What of a study's `inference` an engine is opened with.

    Attributes:
        precision: number format of weights and activations.
        max_model_len: most tokens of prompt and answer together.
        seed: of the engine; each answer has a seed of its own besides.
        batch_invariant: whether an answer is to be the same whatever is answered beside it.
        stop: texts that end an answer.
    """

    precision: str
    max_model_len: int
    seed: int = 0
    batch_invariant: bool = False
    stop: tuple[str, ...] = ()

    @classmethod
    def of(cls, inference: AnsweringSpec, max_model_len: int) -> Serving:
        """That of a run; `max_model_len` as the run's prompts need it, where the study leaves it out."""
        stop = tuple(inference.stop or ())
        return cls(inference.precision, max_model_len, inference.seed, inference.batch_invariant, stop)


@dataclass(frozen=True)
class Composition:
    """What a large model's scores are composed with (`skillift.engines.composed`).

    Attributes:
        tuned: folder of a small student after its training.
        base: folder of that student before it.
        weight: of what the training has changed.
    """

    tuned: Path
    base: Path
    weight: float = 1.0


@dataclass(frozen=True)
class Completion:
    """What an engine answers to one prompt, why it stopped, and how many tokens that took.

    Attributes:
        text: the decoded answer without special tokens, tags of reasoning excepted, up to a stop text.
        finish_reason: `stop` (an end token or a stop text), `length` (`max_tokens` reached) or `error`.
        prompt_tokens: tokens of the prompt that the engine has read.
        completion_tokens: tokens that were generated, those of an end token or a stop text included.
        tokens: those tokens.
        mean_log_probability: of the answer's tokens without an end token, in nats, before temperature and
            top_p change them; None where it has none, or where it was not asked for.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    tokens: tuple[int, ...]
    mean_log_probability: float | None = None


@dataclass(frozen=True)
class RunOptions:
    """How an engine is run; nothing here changes an answer but for rounding.

    Attributes:
        threads: CPU threads, over all engines.
        max_num_seqs: sequences that an engine answers at once.
        kv_cache_gib: most memory of vLLM's key-value cache on a CPU (GiB).
        gpu_memory_utilization: share of a GPU's memory that vLLM takes.
        tensor_parallel: devices that share the weights of one engine (vLLM).
        data_parallel: engines that share the prompts, each in a process of its own.
        prefix_caching: whether vLLM keeps what prompts with a common beginning have in common.
    """

    threads: int = 1
    max_num_seqs: int = 128
    kv_cache_gib: float = 1.0
    gpu_memory_utilization: float = 0.9
    tensor_parallel: int = 1
    data_parallel: int = 1
    prefix_caching: bool = True


class Engine(Protocol):
    """A model that is ready to answer."""

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, seeds: Sequence[int] | None = None
    ) -> list[Completion]:
        """Answer `prompts` (token ids), in their order; `seeds` (one for each) are needed to sample.

        The answers of a call do not depend on earlier calls.
        """
        ...

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe, in nats."""
        ...

    def close(self) -> None:
        """Free the model's memory."""
        ...


def mean_of(log_probabilities: Sequence[float] | None) -> float | None:
    """The mean of an answer's log-probabilities; None where there is none."""
    if not log_probabilities:
        return None
    return min(sum(log_probabilities) / len(log_probabilities), 0.0)  # rounding may leave a little above


def in_order(answers: Mapping[int, Completion]) -> list[Completion]:
    """Answers by the places of their prompts, of which none is left out."""
    return [answers[place] for place in range(len(answers))]


def by_shared_prefix(prompts: Sequence[Sequence[int]]) -> list[int]:
    """The places of `prompts` in an order in which neighbours have the longest beginnings in common.

    A procedure stands first in a prompt, so the tasks of a skill follow each other and a cache of prefixes
    holds what comes next.
    """
    return sorted(range(len(prompts)), key=lambda place: list(prompts[place]))
