"""What tests have the processes of a training do; here, as new processes find nothing in a test module."""

from __future__ import annotations

import os
import signal
import time

from skillift.errors import UserError


def stopped_at_step_4(*work) -> None:
    """`fit`, killed in the middle of its fourth step, in every process."""
    from skillift.training.callbacks import ShowProgress
    from skillift.training.fit import fit

    def stop(self, args, state, control, **kwargs):
        if state.global_step == 4:
            raise UserError("stopped")

    ShowProgress.on_step_end = stop
    fit(*work)


def end_at_once() -> None:
    """What the kernel does to a process for which there is no memory."""
    if os.environ["RANK"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)


def refuse_in_the_second(error: str) -> None:
    """An error for the user in one process, while the other one goes on."""
    if os.environ["RANK"] == "1":
        raise UserError(error)
    time.sleep(60)


def fit_shared_out(*work) -> None:
    """`fit` with weights that are shared out, on a CPU: accelerate does that on accelerators alone."""
    from accelerate import DistributedType, PartialState
    from torch.distributed.tensor import DTensor

    from skillift.training.callbacks import KeepWeights
    from skillift.training.fit import fit

    made, kept = PartialState.__init__, KeepWeights.on_step_end

    def as_on_accelerators(self, *args, **options):
        made(self, *args, **options)
        if self.distributed_type == DistributedType.MULTI_CPU:
            self._shared_state["distributed_type"] = DistributedType.MULTI_GPU

    def shared_out(self, args, state, control, model=None, **options):
        sizes = [(w.to_local().numel(), w.numel()) for w in model.parameters() if isinstance(w, DTensor)]
        assert len(sizes) == len(list(model.parameters()))
        assert sum(own for own, _ in sizes) < 0.6 * sum(whole for _, whole in sizes)
        kept(self, args, state, control, model=model, **options)

    PartialState.__init__, KeepWeights.on_step_end = as_on_accelerators, shared_out
    fit(*work)
