"""trl's SFTTrainer with the batches of a recipe, and with a loss that is cheap without a GPU.

On a GPU trl projects only the positions under the loss onto the vocabulary, tile by tile. Elsewhere it
projects every position, thrice, and computes an entropy and an accuracy for each: a quarter of a small
student's training time. Here the metrics are left out. Where a batch's scores over the vocabulary are small,
the projection starts at the first position under the loss and is kept for the backward pass, which is
fastest; where they are large they would take more memory than all layers, so trl's tiles are taken, as on a
GPU. The loss is the same: the mean over the trained tokens of the negative log-likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import Trainer
from transformers.utils import ModelOutput
from trl import SFTTrainer
from trl.trainer import utils as fused

from skillift.training.batches import WholeRows

# Scores in float32 above which they are made in tiles (bytes). Below it a projection that is kept costs less
# than one that is made twice, and the four copies of it that cross entropy takes less than a tile's own.
KEPT_SCORES = 64 * 2**20
TILE_SCORES = 2**23  # scores of a tile: 32 MiB in float32, of which trl holds some five copies


class GpuSFTTrainer(WholeRows, SFTTrainer):
    """trl's SFTTrainer with whole batches."""


class CpuSFTTrainer(WholeRows, SFTTrainer):
    """The same for right-padded or packed batches on a CPU."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what `WholeRows` takes; the head in tiles gives log-probabilities alone."""
        super().__init__(*args, **kwargs)
        adapted = hasattr(self.model, "peft_config")
        fused.add_fused_lm_head(self.model.get_base_model() if adapted else self.model, outputs=())

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, ModelOutput]:
        """The mean negative log-likelihood of the tokens whose label is not -100 (a scalar tensor).

        With several processes it is their share of that mean, times their number: gradients are averaged over
        them.
        """
        labels = inputs["labels"]
        first = max(1, int((labels != -100).any(dim=0).int().argmax()))
        kept = labels.shape[1] - first + 1
        vocabulary = self.model.config.get_text_config().vocab_size
        if return_outputs or labels.shape[0] * kept * vocabulary * 4 <= KEPT_SCORES:
            outputs = model(
                **{name: value for name, value in inputs.items() if name != "labels"},
                logits_to_keep=kept,
                use_cache=False,
            )
            loss = torch.nn.functional.cross_entropy(
                outputs.logits[:, :-1].flatten(0, 1).float(),
                labels[:, first:].flatten(),
                ignore_index=-100,
                reduction="sum",
            )
        else:
            with _tiles(int((labels[:, 1:] != -100).sum())):
                outputs = model(**inputs, fused_lm_head=True)
            loss = -outputs.log_probs.sum()
        if num_items_in_batch is None:
            loss = loss / (labels != -100).sum()
        else:
            loss = loss / num_items_in_batch * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log without trl's metrics, which `compute_loss` does not collect."""
        Trainer.log(self, logs, start_time)


def token_log_probs(model: torch.nn.Module, inputs: dict, labels: torch.Tensor) -> torch.Tensor:
    """Log-probability of each label given what stands before it, and 0 where it is -100 (nats).

    Made as the loss above is: at once from the first label on where the scores are few, else in tiles.

    Args:
        model: with trl's fused head (`add_fused_lm_head`).
        inputs: what the model is called with, padded on the right.
        labels: of the same shape as the tokens.

    Returns:
        A row for each row, of the positions from some place on up to the last one.
    """
    first = max(1, int((labels != -100).any(dim=0).int().argmax()))
    kept = labels.shape[1] - first + 1
    vocabulary = getattr(model, "module", model).config.get_text_config().vocab_size
    if labels.device.type != "cpu":
        return model(**inputs, labels=labels, fused_lm_head=True).log_probs
    if labels.shape[0] * kept * vocabulary * 4 > KEPT_SCORES:
        with _tiles(int((labels[:, 1:] != -100).sum())):
            return model(**inputs, labels=labels, fused_lm_head=True).log_probs
    logits = model(**inputs, logits_to_keep=kept, use_cache=False).logits
    losses = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(),
        labels[:, first:].flatten(),
        ignore_index=-100,
        reduction="none",
    )
    return -losses.view(labels.shape[0], -1)


@contextmanager
def _tiles(positions: int) -> Iterator[None]:
    """Have trl's head project the positions under the loss alone, as with Triton, in tiles of bounded size.

    Without Triton trl projects all positions, for devices that compile again for each shape; on a CPU that is
    twice to three times the work. Both are settings of its module and none of its arguments.
    """
    ours = {
        "_use_triton": lambda device: True,  # there it decides this alone; the tiles are torch's on a CPU
        "_CHUNKED_LOGPROB_CHUNK_SIZE": max(1024, TILE_SCORES // max(1, positions)),
    }
    theirs = {name: getattr(fused, name) for name in ours}
    vars(fused).update(ours)
    try:
        yield
    finally:
        vars(fused).update(theirs)
