"""How many rows a training works on at once without a GPU: as many as the memory that there is holds.

On a GPU a training that takes too much is told so and goes on with half the rows. A machine's own memory is
promised to whoever asks and its taker killed, so it is measured beforehand: the longest row forward and
backward, in growing parts of it, so that one row too many is never tried. The optimiser's moments are added.
Rows are alike in what they take, so the rest is a division. Nothing of this reaches the weights or the random
state.
"""

from __future__ import annotations

import ctypes
import gc
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.processes.memory import Memory, gib, measured_peak, memory
from skillift.running.job_sizes import Shape, rows_at_once
from skillift.tables import read_json, write_json

if TYPE_CHECKING:
    from skillift.training.batches import WholeBatches

KEPT = "device_batch.json"  # in the state of an interrupted training, which goes on with the same rows
USABLE = 0.85  # of the memory that is free; others may take some meanwhile
LITTLE = 2**31  # bytes: a student for which four times the guess is less is not measured
_GUESS_FACTOR = 4  # how much more than guessed a student might take
_WARM_TOKENS = 8

FIX = (
    "In config.yaml set `training.gradient_checkpointing: true`; in the study "
    "`inference.precision: bfloat16`, a smaller student or a corpus of shorter rows."
)


def set_rows(trainer: WholeBatches, share: int, wanted: int | None, precision: str, state: Path) -> None:
    """Have a trainer without a GPU work on as many rows at once as memory holds; all its processes call this.

    Args:
        trainer: before its first step.
        share: rows of each optimiser step that this process works on.
        wanted: rows at once that config.yaml says; they are taken, with a word where they do not fit.
        precision: that the student is trained in.
        state: the training's folder of state.

    Raises:
        UserError: memory does not hold one row.
    """
    processes = trainer.args.world_size
    rows = trainer.tokens_of_rows()
    longest = max(range(len(rows)), key=lambda place: rows[place])
    config, parameters = trainer.model.config, sum(part.numel() for part in trainer.model.parameters())
    shape = Shape.of(config.to_dict(), parameters)
    guess = rows[longest] * shape.token_bytes(precision, trainer.args.gradient_checkpointing)
    whole = min(share, len(rows))
    kept = read_json(state / KEPT)["rows"] if (state / KEPT).is_file() else None
    chosen = wanted or kept or rows_at_once(whole, guess)
    trained = sum(part.numel() for part in trainer.model.parameters() if part.requires_grad)
    fixed = trained * 4 * (4 if processes > 1 else 3)  # gradients, Adam's two moments, what is sent around
    there = _memory(processes)
    if _GUESS_FACTOR * (fixed + whole * guess) > min(LITTLE, USABLE * there.available):
        fits = _measured(
            trainer, longest, rows[longest], fixed, trained * 4, there, packed=trainer.args.padding_free
        )
        most = _least(fits, processes)
        if most < chosen and wanted:
            words = f"{wanted} rows at once may take more than there is ({there}); {most} would fit."
            print(f"config.yaml: training.device_batch_size: {words}", file=sys.stderr)
        elif most < chosen:
            chosen = most
            print(f"Training with {chosen} rows at once: {there}.", file=sys.stderr)
    set_parts(trainer, share, share if chosen >= whole else chosen)
    if trainer.is_world_process_zero() and not wanted:
        write_json({"rows": chosen}, state / KEPT)


def set_parts(trainer: WholeBatches, share: int, rows: int) -> None:
    """Have a trainer work on so many rows of its share at once, and add up gradients over the rest."""
    parts = math.ceil(share / rows)
    trainer.args.gradient_accumulation_steps = parts
    trainer.args.per_device_train_batch_size = trainer._train_batch_size = math.ceil(share / parts)


def _memory(processes: int) -> Memory:
    """What each of so many processes can have; all read it before one of them takes more."""
    import torch

    gc.collect()
    _give_back()
    if processes > 1:
        torch.distributed.barrier()
    there = memory()
    if processes > 1:
        torch.distributed.barrier()
    place = there.place if processes == 1 else f"{there.place}, a share of {processes}"
    return Memory(there.total // processes, there.available // processes, place)


def _measured(
    trainer: WholeBatches,
    longest: int,
    tokens: int,
    fixed: int,
    gradients: int,
    there: Memory,
    packed: bool,
) -> int:
    """Rows that fit, by what the longest takes, which has so many tokens.

    Raises:
        UserError: not even one does.
    """
    room = USABLE * there.available - fixed
    _taken(trainer, longest, min(_WARM_TOKENS, tokens))  # what is taken once for all, as by kernels
    few, more = max(2, tokens // 8), max(3, tokens // 4)
    first, second = (max(0, _taken(trainer, longest, part) - gradients) for part in (few, more))
    expected = second + (tokens - more) * max(0, second - first) / max(1, more - few)
    if expected <= there.available - fixed:  # guessed rather too high: scores of few tokens are kept
        expected = max(0, _taken(trainer, longest, tokens) - gradients)
    if expected > room:
        needed = (expected + fixed) / USABLE
        raise UserError(
            problem(
                "training: memory of one row at once",
                f"{gib(needed)} for the longest row of {tokens} tokens",
                f"at most what is there: {there}",
                FIX,
            )
        )
    fits = room / max(1, expected)
    return max(1, int(math.sqrt(fits) if packed else fits))  # of packed rows each may attend to all


def _taken(trainer: WholeBatches, row: int, tokens: int) -> int:
    """The most that the last tokens of a row take, forward and backward (bytes)."""
    import torch

    model = trainer.model
    if trainer.args.gradient_checkpointing:  # as the trainer itself does before its first step
        model.gradient_checkpointing_enable(trainer.args.gradient_checkpointing_kwargs)
    training = model.training
    model.train()
    with torch.random.fork_rng(devices=[]), measured_peak() as peak:
        inputs = trainer.part_of_row(row, tokens)
        with trainer.compute_loss_context_manager():
            loss = trainer.compute_loss(model, dict(inputs))
        loss.backward()
        del loss, inputs
    model.zero_grad(set_to_none=True)
    model.train(training)
    gc.collect()
    _give_back()
    return peak[0]


def _least(rows: int, processes: int) -> int:
    """The smallest number of all processes, as all take as many parts of a batch."""
    import torch

    if processes == 1:
        return rows
    found = torch.tensor(rows)
    torch.distributed.all_reduce(found, torch.distributed.ReduceOp.MIN)
    return int(found)


def _give_back() -> None:
    """Have the C library give freed memory back to the system, so that it is not counted twice."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # not glibc
        return
