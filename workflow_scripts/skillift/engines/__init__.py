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

from skillift.errors import UserError, problem
from skillift.libraries import prepare_libraries
from skillift.probes import Probe

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
        text: the decoded answer without special tokens.
        finish_reason: `stop` (an end token), `length` (`max_tokens` reached) or `error`.
        prompt_tokens: tokens of the prompt.
        completion_tokens: tokens that were generated, an end token included.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class RunOptions:
    """How an engine is run; nothing here changes an answer.

    Attributes:
        threads: CPU threads.
        max_num_seqs: sequences that are answered at once.
        kv_cache_gib: most memory of vLLM's key-value cache on a CPU (GiB).
        gpu_memory_utilization: share of a GPU's memory that vLLM takes.
    """

    threads: int = 1
    max_num_seqs: int = 128
    kv_cache_gib: float = 1.0
    gpu_memory_utilization: float = 0.9


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
    kind: str, model_folder: Path | str, inference: dict, options: RunOptions
) -> Iterator[Engine]:
    """Open the engine `kind` on a model folder for the duration of a `with` block.

    Args:
        kind: `vllm` or `transformers`.
        model_folder: a servable folder: safetensors, config, tokenizer.
        inference: the study's `inference`; precision, max_model_len and seed are read here.
        options: how it is run.

    Raises:
        UserError: an unknown engine, an unreadable folder, a model with fewer positions than max_model_len,
            or an engine that cannot start on this machine.
    """
    prepare_libraries()
    if kind == "vllm":
        from skillift.engines.vllm_engine import VllmEngine as EngineClass
    elif kind == "transformers":
        from skillift.engines.transformers_engine import TransformersEngine as EngineClass
    else:
        raise UserError(problem("inference: engine", kind, f"one of {', '.join(ENGINES)}"))
    engine = EngineClass(model_folder, inference, options)
    try:
        yield engine
    finally:
        engine.close()
