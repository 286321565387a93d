"""Several engines side by side, each in a process of its own with a share of the prompts.

vLLM's own data parallelism needs one program for each process; here one command holds them all. Answers come
back in the order of the prompts, and a seed belongs to its prompt, so their number changes no answer but for
rounding.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from skillift.engines.interface import (
    Completion,
    Engine,
    RunOptions,
    Sampling,
    Serving,
    by_shared_prefix,
    in_order,
)
from skillift.engines.probes import Probe
from skillift.errors import UserError, problem
from skillift.processes.killed_jobs import ADVICE, explained, own_note, signal_of
from skillift.processes.progress import Progress, Shares, phase

_LAST_BREATH_S = 5  # until the system has noted how a process ended whose pipe is closed

OpenEngine = Callable[..., AbstractContextManager[Engine]]


class ParallelEngines:
    """`options.data_parallel` engines; see `engines.interface.Engine`."""

    def __init__(
        self,
        open_engine: OpenEngine,
        kind: str,
        model_folder: Path | str,
        serving: Serving,
        options: RunOptions,
        adapter: Path | str | None = None,
    ) -> None:
        """Start the processes, all at once, and wait until each is ready.

        Args:
            open_engine: `engines.opening.open_engine`, which each process calls with what follows.
            kind: see there, as for the others.
            model_folder: see there.
            serving: see there.
            options: see there; `data_parallel` is the number of processes.
            adapter: see there.

        Raises:
            UserError: too few devices, or what an engine says that cannot start.
        """
        number = options.data_parallel
        shares = device_shares(number, options.tensor_parallel)
        alone = replace(options, data_parallel=1, threads=max(1, options.threads // number))
        context = multiprocessing.get_context("spawn")
        self.processes, self.connections = [], []
        self.counts = Shares(context, number)
        for place, share in enumerate(shares):
            connection, theirs = context.Pipe()
            counted = (self.counts, place)
            arguments = (theirs, counted, share, open_engine, kind, model_folder, serving, alone, adapter)
            process = context.Process(target=_serve, args=arguments)
            process.start()
            theirs.close()
            self.processes.append(process)
            self.connections.append(connection)
        try:
            with phase(f"starting {number} engines"):
                for place in range(number):
                    self._receive(place)
        except BaseException:
            self.close()
            raise

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, seeds: Sequence[int] | None = None
    ) -> list[Completion]:
        """Answer `prompts` in their order; see `engines.interface.Engine.generate`."""
        order = by_shared_prefix(prompts)
        number = len(self.connections)
        bounds = [len(order) * place // number for place in range(number + 1)]
        shares = [order[first:last] for first, last in pairwise(bounds)]
        asked = [(engine, share) for engine, share in enumerate(shares) if share]
        answers: dict[int, Completion] = {}
        self.counts.clear()
        with Progress("answering", len(prompts), "prompt") as progress:
            progress.look = self.counts.look
            for engine, share in asked:
                own_seeds = None if seeds is None else [seeds[place] for place in share]
                self._send(engine, "generate", [list(prompts[place]) for place in share], sampling, own_seeds)
            for engine, share in asked:
                for place, answer in zip(share, self._receive(engine), strict=True):
                    answers[place] = answer
            progress.move_to(len(prompts))
        return in_order(answers)

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe, in nats; the first engine scores them."""
        self._send(0, "log_probabilities", list(probes))
        return self._receive(0)

    def close(self) -> None:
        """End the processes; one that does not answer is ended after half a minute."""
        for connection in self.connections:
            connection.close()  # its process sees the end of the pipe
        for process in self.processes:
            process.join(30)
            if process.is_alive():
                process.terminate()
                process.join()

    def _send(self, engine: int, name: str, *arguments: object) -> None:
        """Have a process call a method of its engine.

        Raises:
            UserError: it has ended.
        """
        try:
            self.connections[engine].send((name, arguments))
        except OSError:
            raise self._ended(engine) from None

    def _receive(self, engine: int) -> Any:
        """What a process has sent.

        Raises:
            UserError: it ended without a word, or says so itself.
            RuntimeError: it ended with a traceback.
        """
        try:
            found = self.connections[engine].recv()
        except (EOFError, OSError):
            raise self._ended(engine) from None
        if isinstance(found, Exception):
            raise found
        return found

    def _ended(self, engine: int) -> UserError:
        """Why a process does not answer, as far as can be seen."""
        self.processes[engine].join(_LAST_BREATH_S)
        status = self.processes[engine].exitcode
        where = f"a process of `engine.data_parallel` ({engine + 1} of {len(self.processes)})"
        found = signal_of(status or 0)
        if found is None:
            return UserError(
                problem(where, f"its end (exit status {status})", "answers", ADVICE["answering"])
            )
        return UserError(f"{where} was {explained(found, own_note(), ADVICE['answering'])}")


def device_shares(number: int, each: int) -> list[str | None]:
    """The GPUs of each of `number` engines with `each` devices, as CUDA_VISIBLE_DEVICES; None without GPUs.

    Raises:
        UserError: fewer GPUs than that.
    """
    import torch

    count = torch.cuda.device_count()
    if not count:
        return [None] * number
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",")[:count] if visible else [str(place) for place in range(count)]
    if count < number * each:
        found = f"data_parallel {number} x tensor_parallel {each}"
        raise UserError(problem("config.yaml: engine", found, f"at most the {count} GPUs that are visible"))
    return [",".join(names[place * each : (place + 1) * each]) for place in range(number)]


def _serve(
    connection: Connection,
    counted: tuple[Shares, int],
    devices: str | None,
    open_engine: OpenEngine,
    kind: str,
    model_folder: Path | str,
    serving: Serving,
    options: RunOptions,
    adapter: Path | str | None,
) -> None:
    """One process: open the engine, say so, then answer calls until the pipe is closed."""
    if devices is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = devices
    counts, place = counted
    counts.tell(place)
    try:
        with open_engine(kind, model_folder, serving, options, adapter) as engine:
            connection.send(None)
            while True:
                name, arguments = connection.recv()
                connection.send(getattr(engine, name)(*arguments))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except UserError as error:
        connection.send(error)
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))
