"""What a training run does beside training: keep weights at named steps, keep resumable state, show progress.

Saving never touches the weights or the random state, so a run that saves ends with the same bytes as one
that does not. Of several processes the first writes; the others take part where the weights are shared out.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from safetensors import safe_open
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR, get_last_checkpoint

from skillift.engines.probes import Probe, log_probabilities, noted_probes
from skillift.errors import UserError, problem
from skillift.processes.progress import Progress
from skillift.tables import write_json

COMPLETE = "complete"


class KeepWeights(TrainerCallback):
    """Save the trained weights (adapter or full model) after each of `steps`, as `<folder>/<step>/`.

    Beside them stand the log-probabilities of `probes` at that step; those before training under step 0.
    """

    def __init__(
        self, folder: Path, steps: Iterable[int], probes: Sequence[Probe], accelerator: Accelerator
    ) -> None:
        self.folder = folder
        self.steps = frozenset(steps)
        self.probes = probes
        self.accelerator = accelerator

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: torch.nn.Module | None = None,
        **kwargs: Any,
    ) -> None:
        """Score the probes before the first step."""
        if state.global_step == 0:
            scores = log_probabilities(model, self.probes)
            if state.is_world_process_zero:
                write_json({"logprobs": scores}, noted_probes(self.folder, 0))

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: torch.nn.Module | None = None,
        **kwargs: Any,
    ) -> None:
        """Save if this step is named; a folder under its final name is complete."""
        if state.global_step not in self.steps:
            return
        weights = full_weights(model, self.accelerator)
        scores = log_probabilities(model, self.probes)
        if not state.is_world_process_zero:
            return
        target = self.folder / str(state.global_step)
        unfinished = target.with_name(f".{target.name}")
        for folder in (target, unfinished):
            shutil.rmtree(folder, ignore_errors=True)
        model = self.accelerator.unwrap_model(model)
        # without save_embedding_layers peft compares the vocabulary with the base model's on the hub
        options = {"save_embedding_layers": False} if hasattr(model, "peft_config") else {}
        model.save_pretrained(unfinished, state_dict=weights, **options)
        if options:
            _check_adapter(unfinished, sum(part.requires_grad for part in model.parameters()))
        write_json({"logprobs": scores}, noted_probes(unfinished.parent, unfinished.name))
        unfinished.rename(target)


def _check_adapter(folder: Path, expected: int) -> None:
    """See that all trained tensors were saved: peft leaves out those whose names it does not know."""
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as saved:
        found = len(saved.keys())
    if found != expected:
        raise RuntimeError(f"{folder}: an adapter of {found} tensors was saved, {expected} were trained")


def full_weights(model: torch.nn.Module, accelerator: Accelerator) -> dict | None:
    """The whole weights of a model that is shared out over processes, in the first one; else None.

    All processes have to call this.
    """
    if not accelerator.is_fsdp2:
        return None
    return accelerator.get_state_dict(model)


class KeepState(TrainerCallback):
    """Have the trainer save its own state (optimiser, schedule, random state) every `seconds`.

    The first process decides for all. A state is marked when all processes have written their part: one that
    a kill cut short is not taken up again.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.last = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Ask for a save when enough time has passed."""
        due = [time.monotonic() - self.last >= self.seconds]
        if args.world_size > 1:
            broadcast_object_list(due)
        if due[0]:
            control.should_save = True
            self.last = time.monotonic()
        return control

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Mark the state that the trainer has just written."""
        if args.world_size > 1:
            torch.distributed.barrier()
        if state.is_world_process_zero:
            folder = Path(args.output_dir, f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}")
            write_json({"step": state.global_step}, folder / COMPLETE)


def last_state(folder: Path) -> str | None:
    """The newest whole state in the trainer's folder; those that a kill cut short are removed."""
    while folder.is_dir() and (newest := get_last_checkpoint(str(folder))):
        if Path(newest, COMPLETE).is_file():
            return newest
        shutil.rmtree(newest)
    return None


class StopAtDivergence(TrainerCallback):
    """End the run at the first loss that is not finite: nothing after it can be used."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Look at the step's loss.

        Raises:
            UserError: it is infinite or not a number.
        """
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            where = f"training step {state.global_step}"
            raise UserError(
                problem(where, f"a loss of {loss}", "a finite loss", "Lower the recipe's learning_rate.")
            )


class ShowProgress(TrainerCallback):
    """Says how far the training is: optimiser steps, the loss, tokens/s; the first process for all."""

    def __init__(self) -> None:
        self.progress: Progress | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Begin at the step that a resumed run starts from."""
        if not state.is_world_process_zero:
            return
        self.parts, self.parts_done, self.tokens = (
            args.gradient_accumulation_steps,
            0,
            state.num_input_tokens_seen,
        )
        self.progress = Progress("training", state.max_steps, "step", state.global_step)
        self.progress.__enter__()

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """A part of the batch is computed."""
        if self.progress is not None:
            self.parts_done += 1
            self.progress.begun = self.parts_done / self.parts
            self._count(self.progress, state)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """A step more; its loss comes with its log."""
        if self.progress is not None:
            self.parts_done = 0
            self.progress.move_to(state.global_step)
            self._count(self.progress, state)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the loss of the step that was logged."""
        if self.progress is not None and logs and "loss" in logs:
            self.progress.notes = (f"loss {logs['loss']:.3f}",)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Say what it took."""
        if self.progress is not None:
            self.progress.__exit__(None)
            self.progress = None

    def _count(self, progress: Progress, state: TrainerState) -> None:
        progress.amounts["token"] = state.num_input_tokens_seen - self.tokens
