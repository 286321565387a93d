"""trl's SFTTrainer with the batches of a recipe, and with a loss that is cheap without a GPU.

On a GPU trl projects only the positions under the loss onto the vocabulary, tile by tile. Elsewhere it
projects every position, twice, and computes an entropy and an accuracy for each: a quarter of a small
student's training time. Here the projection starts at the batch's first position under the loss and the
metrics are left out. The loss is the same: the mean over the trained tokens of the negative log-likelihood.
"""

from __future__ import annotations

import torch
from transformers import Trainer
from trl import SFTTrainer

from skillift.training.batches import WholeBatches


class GpuSFTTrainer(WholeBatches, SFTTrainer):
    """trl's SFTTrainer with whole batches."""


class CpuSFTTrainer(WholeBatches, SFTTrainer):
    """The same for right-padded or packed batches on a CPU."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """The mean negative log-likelihood of the tokens whose label is not -100 (a scalar tensor).

        With several processes it is their share of that mean, times their number: gradients are averaged over
        them.
        """
        labels = inputs["labels"]
        first = max(1, int((labels != -100).any(dim=0).int().argmax()))
        outputs = model(
            **{name: value for name, value in inputs.items() if name != "labels"},
            logits_to_keep=labels.shape[1] - first + 1,
            use_cache=False,
        )
        loss = torch.nn.functional.cross_entropy(
            outputs.logits[:, :-1].flatten(0, 1).float(),
            labels[:, first:].flatten(),
            ignore_index=-100,
            reduction="sum",
        )
        if num_items_in_batch is None:
            loss = loss / (labels != -100).sum()
        else:
            loss = loss / num_items_in_batch * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def log(self, logs, start_time=None):
        """Log without trl's metrics, which `compute_loss` does not collect."""
        Trainer.log(self, logs, start_time)
