"""What is changed of vLLM in this process: how it starts and ends engines, and that its steps are counted."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING

from skillift.processes.progress import Progress

if TYPE_CHECKING:
    from vllm.v1.engine.llm_engine import LLMEngine


def register_kernels_once() -> None:
    """Have vLLM put the kernels of this platform in their places once, and not again for each engine.

    It looks through every name of every module for that: 0.5 s.
    """
    from vllm.triton_utils import dispatcher

    register = dispatcher.register_kernels
    if not hasattr(register, "__wrapped__"):

        @wraps(register)
        def once(kernels: Mapping[str, Callable[..., object]]) -> None:
            known = dispatcher._registry
            if any(name not in known or known[name][1] is not kernel for name, kernel in kernels.items()):
                register(kernels)

        dispatcher.register_kernels = once


_closed = False  # whether this process holds what is left of an engine


def free_closed_engines() -> None:
    """Free an engine that was closed before this one, and keep vLLM's own collections short."""
    global _closed
    if _closed:
        gc.unfreeze()
    gc.collect()
    gc.freeze()
    _closed = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave what a closed engine held to the next engine, or to the end of the process.

    Ending an engine, vLLM looks twice through the millions of objects of its own modules: that takes 1 s.
    """
    global _closed
    collect, unfreeze = gc.collect, gc.unfreeze
    gc.collect, gc.unfreeze = (lambda *generation: 0), (lambda: None)
    try:
        yield
    finally:
        gc.collect, gc.unfreeze = collect, unfreeze
        _closed = True


@contextmanager
def counted(engine: LLMEngine, progress: Progress, max_tokens: int) -> Iterator[None]:
    """Have each step of vLLM's engine tell which answers it has finished, for a `with` block.

    How long the others are stands in the engine, where the thread that writes the lines looks: the steps do
    nothing for it.
    """
    step, finished_tokens = engine.step, 0

    def counted_step() -> list:
        nonlocal finished_tokens
        outputs = step()
        finished = [output for output in outputs if output.finished]
        if finished:
            finished_tokens += sum(len(answer.token_ids) for output in finished for answer in output.outputs)
            progress.advance(len(finished))
        return outputs

    def look(progress: Progress) -> None:
        states = list(engine.output_processor.request_states.values())
        under_way = sum(state.detokenizer.num_output_tokens() for state in states)
        progress.begun = under_way / max_tokens  # of none it is known where it will end
        progress.amounts["token"] = finished_tokens + under_way

    progress.look = look
    engine.step = counted_step
    try:
        yield
    finally:
        del engine.step
