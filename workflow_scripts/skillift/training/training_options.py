"""How a training is run: nothing here changes what is trained beyond the rounding of sums.

The rows of an optimiser step are the recipe's `batch_size` whatever stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from skillift.settings.config import TrainingConfig

AUTO: Final = "auto"


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
    state_interval_s: float = 120.0

    @classmethod
    def of(
        cls,
        config: TrainingConfig,
        threads: int = 1,
        project: str | None = None,
        run_name: str | None = None,
    ) -> TrainingOptions:
        """As `training` in config.yaml says, with the attributes that it does not have."""
        kept = config.gradient_checkpointing
        return cls(
            threads=threads,
            processes=0 if config.processes == AUTO else config.processes,
            device_batch_size=config.device_batch_size,
            gradient_checkpointing=None if kept == AUTO else kept,
            fsdp=config.fsdp,
            tracker=config.tracker,
            project=project,
            run_name=run_name,
            state_interval_s=config.state_interval_s,
        )
