"""The command train, killed by SIGKILL at chosen moments: what a batch system does to a job.

python tests/helpers/killed_training.py 3:step 8:keeping -- --spec ... --model ...

The moments of a step: `step` is its end, `saving` when half of the trainer's state is written, `keeping` when
half of a checkpoint's weights is; `merging` is after the last step.

One training after the other goes on until its moment, each in a process of its own. They are forked from this
one, which has imported the large libraries and nothing of the project: a kill takes one second and not eight.
Prints their exit statuses on one line.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable

import datasets  # noqa: F401
import peft  # noqa: F401
from transformers import Trainer
from trl import SFTTrainer  # noqa: F401


def die(*args, **options) -> None:
    """End this process as the kernel does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step: int, function: Callable) -> Callable:
    """`function` of a trainer or callback; from that step on it kills the process instead."""

    def wrapper(self, *args, **options):
        state = getattr(self, "state", None) or args[1]
        return die() if state.global_step >= step else function(self, *args, **options)

    return wrapper


def _train_until(arguments: list[str], step: int, moment: str) -> None:
    import skillift.training.callbacks
    import skillift.training.fine_tuning
    from training import train

    callbacks = skillift.training.callbacks
    if moment == "step":
        callbacks.ShowProgress.on_step_end = die_at(step, callbacks.ShowProgress.on_step_end)
    elif moment == "saving":  # weights and optimiser are written, random state and trainer's state are not
        Trainer._save_rng_state = die_at(step, Trainer._save_rng_state)
    elif moment == "keeping":
        write = callbacks.write_json
        callbacks.write_json = lambda value, path: (
            die() if path.parent.name.startswith(".") else write(value, path)
        )
    else:
        skillift.training.fine_tuning.write_checkpoint = die
    train.main(arguments)


def main() -> None:
    """Train and kill, moment after moment."""
    end = sys.argv.index("--")
    statuses = []
    for text in sys.argv[1:end]:
        step, _, moment = text.partition(":")
        arguments = (sys.argv[end + 1 :], int(step), moment)
        process = multiprocessing.get_context("fork").Process(target=_train_until, args=arguments)
        process.start()
        process.join()
        statuses.append(process.exitcode)
    print(*statuses)


if __name__ == "__main__":
    main()
