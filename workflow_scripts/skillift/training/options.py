"""How a training is run: nothing here changes what is trained beyond the rounding of sums.

config.yaml's section `training` holds the values; `training_flags` makes a command's options of them. The
rows of an optimiser step are the recipe's `batch_size` whatever stands here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

AUTO = "auto"
TRACKERS = ("none", "trackio", "wandb", "mlflow")
STATE_INTERVAL_S = 120.0


@dataclass(frozen=True)
class TrainingOptions:
    """How a training is run.

    Attributes:
        threads: CPU threads, shared by the processes.
        processes: processes of this machine that share each batch, each with a GPU where there are any; 0:
            one for every GPU.
        device_batch_size: rows on a device at once; gradients are accumulated over the rest of a batch. None:
            its whole share of the batch, halved for as long as a GPU's memory does not hold it; without a GPU
            as many as fit a working memory, or what there is (`skillift.training.device_memory`).
        gradient_checkpointing: whether activations are computed twice instead of kept; None: on a GPU.
        fsdp: whether the processes share out the weights, too (fully sharded data parallel).
        tracker: where the loss curve is sent besides the training log: `none`, or an installed tracker.
        project: what a tracker calls the study.
        run_name: what a tracker calls the run.
        state_interval_s: seconds between two saves of the resumable state.
    """

    threads: int = 1
    processes: int = 1
    device_batch_size: int | None = None
    gradient_checkpointing: bool | None = None
    fsdp: bool = False
    tracker: str = "none"
    project: str | None = None
    run_name: str | None = None
    state_interval_s: float = STATE_INTERVAL_S


def add_training_options(arguments: argparse.ArgumentParser) -> None:
    """Declare how a training is run; `training_options` reads them."""
    add = arguments.add_argument
    add("--threads", type=int, default=1, help="CPU threads")
    add("--processes", type=_processes, default=1, help="processes that share a batch, or `auto`: every GPU")
    add("--device-batch-size", type=int, help="rows on a device at once (default: what its memory holds)")
    add(
        "--gradient-checkpointing",
        choices=(AUTO, "true", "false"),
        default=AUTO,
        help="compute activations twice instead of keeping them (default: on a GPU)",
    )
    add("--fsdp", action="store_true", help="share out the weights over the processes")
    add("--tracker", choices=TRACKERS, default="none", help="where the loss curve is sent, too")
    add(
        "--state-interval",
        type=float,
        default=STATE_INTERVAL_S,
        help="seconds between two saves of the resumable state",
    )
    add("--project", help="what the tracker calls the study")
    add("--run-name", help="what the tracker calls the run")


def training_options(options: argparse.Namespace) -> TrainingOptions:
    """The options that a command was called with."""
    checkpointing = options.gradient_checkpointing
    return TrainingOptions(
        threads=options.threads,
        processes=options.processes,
        device_batch_size=options.device_batch_size,
        gradient_checkpointing=None if checkpointing == AUTO else checkpointing == "true",
        fsdp=options.fsdp,
        tracker=options.tracker,
        project=options.project,
        run_name=options.run_name,
        state_interval_s=options.state_interval,
    )


def training_flags(training: Mapping, study: str) -> list[str]:
    """The options of the command that say what config.yaml's section `training` says; null is left out."""
    flags = ["--project", study]
    for key, value in training.items():
        option = "--" + key.removesuffix("_s").replace("_", "-")
        if key == "fsdp":
            flags += [option] if value else []
        elif value is not None:
            flags += [option, str(value).lower()]
    return flags


def _processes(text: str) -> int:
    number = 0 if text == AUTO else int(text)
    if number < 0:
        raise ValueError(text)
    return number
