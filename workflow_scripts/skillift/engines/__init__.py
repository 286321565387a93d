"""Engines: what turns prompts into answers, behind one interface.

`vllm` (the default) and `transformers` take the same model folder, the same token ids and the same
sampling settings, and stop at the same tokens; in float32 and greedy they give the same texts. An engine
is opened for one checkpoint and closed before the next: several in one process, one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from skillift.episodes.probes import Probe
from skillift.errors import UserError, problem
from skillift.libraries import prepare_libraries

ENGINES = ("vllm", "transformers")


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn; `temperature` 0 is greedy. `max_tokens` counts the end token too."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0


@dataclass(frozen=True)
class Completion:
    """One answer.

    Attributes:
        text: the decoded answer without special tokens, tags of reasoning excepted.
        finish_reason: `stop` (an end token), `length` (`max_tokens` reached) or `error`.
        prompt_tokens: tokens of the prompt that the engine has read.
        completion_tokens: tokens that were generated, an end token included.
        tokens: those tokens.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    tokens: tuple[int, ...]


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
        """Answer `prompts` (token ids), in their order; `seeds` (one for each) are needed to sample."""
        ...

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe, in nats."""
        ...

    def close(self) -> None:
        """Free the model's memory."""
        ...


@contextmanager
def open_engine(
    kind: str,
    model_folder: Path | str,
    inference: dict,
    options: RunOptions,
    adapter: Path | str | None = None,
) -> Iterator[Engine]:
    """Open the engine `kind` on a model folder for the duration of a `with` block.

    Args:
        kind: `vllm` or `transformers`.
        model_folder: a servable folder: safetensors, config, tokenizer.
        inference: the study's `inference`; precision, max_model_len (a number), seed and batch_invariant
            (false where left out) are read here.
        options: how it is run.
        adapter: a LoRA adapter's folder, to be applied to the model without merging.

    Raises:
        UserError: an unknown engine, an unreadable folder, a model with fewer positions than max_model_len,
            too few devices, or an engine that cannot start on this machine.
    """
    prepare_libraries()
    if kind not in ENGINES:
        raise UserError(problem("inference: engine", kind, f"one of {', '.join(ENGINES)}"))
    if options.data_parallel > 1:
        from skillift.engines.parallel_engines import ParallelEngines

        engine = ParallelEngines(kind, model_folder, inference, options, adapter)
    elif kind == "vllm":
        from skillift.engines.vllm_engine import VllmEngine

        engine = VllmEngine(model_folder, inference, options, adapter)
    else:
        from skillift.engines.transformers_engine import TransformersEngine

        engine = TransformersEngine(model_folder, inference, options, adapter)
    try:
        yield engine
    finally:
        engine.close()


def by_shared_prefix(prompts: Sequence[Sequence[int]]) -> list[int]:
    """The places of `prompts` in an order in which neighbours have the longest beginnings in common.

    A procedure stands first in a prompt, so the tasks of a skill follow each other and a cache of prefixes
    holds what comes next.
    """
    return sorted(range(len(prompts)), key=lambda place: list(prompts[place]))
