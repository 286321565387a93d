"""The command train, killed by SIGKILL at a chosen moment: what a batch system does to a job.

python tests/killed_training.py 3 step -- --spec ... --model ...

The moments of a step: `step` is its end, `saving` when half of the trainer's state is written, `keeping` when
half of a checkpoint's weights is; `merging` is after the last step. Ends with status -9.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import train
from transformers import Trainer

import skillift.training.callbacks
import skillift.training.run


def die(*args, **options) -> None:
    """End this process as the kernel does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step: int, function: Callable) -> Callable:
    """`function` of a trainer or callback; from that step on it kills the process instead."""

    def wrapper(self, *args, **options):
        state = getattr(self, "state", None) or args[1]
        return die() if state.global_step >= step else function(self, *args, **options)

    return wrapper


def main() -> None:
    """Train until the moment comes."""
    step, moment, _, *arguments = sys.argv[1:]
    step = int(step)
    if moment == "step":
        progress = skillift.training.callbacks.ShowProgress
        progress.on_step_end = die_at(step, progress.on_step_end)
    elif moment == "saving":  # weights and optimiser are written, random state and trainer's state are not
        Trainer._save_rng_state = die_at(step, Trainer._save_rng_state)
    elif moment == "keeping":
        callbacks = skillift.training.callbacks
        write = callbacks.write_json
        callbacks.write_json = lambda value, path: (
            die() if path.parent.name.startswith(".") else write(value, path)
        )
    else:
        skillift.training.run.write_checkpoint = die
    train.main(arguments)


if __name__ == "__main__":
    main()
