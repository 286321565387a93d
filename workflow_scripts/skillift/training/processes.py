"""Several processes of this machine that work on one training, each on its share of every batch.

They find each other through the loopback address, by the variables that `torchrun` sets, too. With GPUs each
process has its own; without, they share the CPU threads.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from skillift.errors import UserError, problem
from skillift.libraries import prepare_libraries
from skillift.processes.killed_jobs import ADVICE, explained, own_note, signal_of
from skillift.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue


def checked_options(options: TrainingOptions, batch_size: int) -> TrainingOptions:
    """The options with a number of processes that this machine has devices for.

    Raises:
        UserError: more processes than GPUs or than rows in a batch, weights shared out over one process or
            without GPUs, or a tracker that is not installed.
    """
    import torch

    where = "config.yaml: training"
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    processes = options.processes or max(1, gpus)
    if gpus and processes > gpus:
        expected = f"at most {gpus}, the GPUs that this job can see"
        raise UserError(problem(f"{where}.processes", processes, expected))
    if processes > batch_size:
        expected = f"at most {batch_size}, the recipe's batch_size"
        raise UserError(problem(f"{where}.processes", processes, expected))
    if options.fsdp and processes == 1:
        expected = "several processes to share out the weights"
        raise UserError(problem(f"{where}.fsdp", True, expected, "Raise `training.processes`."))
    if options.fsdp and not gpus:  # accelerate would share out batches alone, without a word
        expected = "a GPU for each process"
        raise UserError(problem(f"{where}.fsdp", True, expected, "Set `fsdp: false`."))
    if options.tracker != "none" and importlib.util.find_spec(options.tracker) is None:
        fix = f"Install it beside skillift (`pip install {options.tracker}`), or set `tracker: none`."
        raise UserError(problem(f"{where}.tracker", options.tracker, "a package that is installed", fix))
    return replace(options, processes=processes)


def free_device_memory() -> None:
    """Give back what a training that ended has left in a GPU's memory."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()


def in_processes(work: Callable[..., None], processes: int, *arguments: Any) -> None:
    """Call `work(*arguments)` in so many new processes at once; it finds the others by torch.distributed.

    Where one fails, the others are ended.

    Raises:
        UserError: the one that a process ended with.
    """
    import torch.multiprocessing

    told = torch.multiprocessing.get_context("spawn").SimpleQueue()
    rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(processes)}
    try:
        torch.multiprocessing.spawn(_join, (rendezvous, told, work, arguments), nprocs=processes)
    except torch.multiprocessing.ProcessRaisedException:
        if told.empty():
            raise
        raise told.get() from None
    except torch.multiprocessing.ProcessExitedException as error:
        found = signal_of(error.exit_code)
        if found is None:
            raise UserError(f"A process of the training ended: {error}.") from None
        text = explained(found, own_note(), f"lower `training.processes`. {ADVICE['training']}")
        raise UserError(f"A process of the training was {text}") from None


def _join(
    rank: int,
    rendezvous: dict[str, str],
    told: SimpleQueue,
    work: Callable[..., None],
    arguments: tuple,
) -> None:
    """One of the processes."""
    os.environ.update(rendezvous | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
    prepare_libraries()
    try:
        work(*arguments)
    except UserError as error:
        told.put(error)
        raise
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
