"""Dropout before adapters whose draws belong to the rows of the corpus, not to the tensors that hold them.

torch draws a mask for the shape of a tensor, and that hangs on how many rows a device works on at once, on
their padding and on the processes that share a batch. Here a mask is drawn for one row and its own tokens
alone, by a generator seeded from the training's seed, the optimiser step, the row and the layer. So a
training has the same losses, but for rounding, however it is run; activations that are computed again, and
trainings that go on after a kill, have the same masks, too. The generator is that of the device: a GPU
draws others than a CPU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import nn

ROWS = "rows"  # what a batch is told beside its tensors


def with_rows(batch: Mapping, numbers: Sequence[int], lengths: Sequence[int]) -> dict:
    """A collated batch that says where its rows are.

    Args:
        batch: what the collator made of the rows: one below the other, padded on the right, or end to end.
        numbers: the place of each row in the corpus.
        lengths: its tokens.

    Returns:
        The batch, with a triple for each row: number, its first place in the flattened batch, tokens.
    """
    height, width = batch["input_ids"].shape
    packed = height < len(lengths)
    starts = [sum(lengths[:place]) if packed else place * width for place in range(len(lengths))]
    return {**batch, ROWS: list(zip(numbers, starts, lengths, strict=True))}


class RowMasks:
    """The masks of the rows that a training works on now; its layers share one."""

    def __init__(self, seed: int) -> None:
        """For a training with that seed; which rows are worked on is told by `at`."""
        self.seed, self.step, self.positions = seed, 0, 0
        self.rows: Sequence[tuple[int, int, int]] = ()

    def at(self, step: int, rows: Sequence[tuple[int, int, int]], positions: int) -> None:
        """From now on these rows are worked on.

        Args:
            step: the optimiser steps that are done.
            rows: see `with_rows`.
            positions: of the whole batch, padding among them.
        """
        self.step, self.rows, self.positions = step, rows, positions

    def dropped(self, layer: str, values: torch.Tensor, share: float) -> torch.Tensor:
        """Which of a layer's inputs are dropped: a tensor of booleans, shaped as they are.

        Padding is kept: nothing reads it. Where a layer is given other positions than the batch has (a
        mixture of experts chooses them), or no row was told, the mask is torch's own for the shape.
        """
        width = values.shape[-1]
        if not self.rows or values.numel() != self.positions * width:
            return torch.rand(values.shape, device=values.device) < share
        found = torch.zeros(self.positions, width, dtype=torch.bool, device=values.device)
        generator = torch.Generator(values.device)
        for number, start, tokens in self.rows:
            key = f"{self.seed} {self.step} {number} {layer}"
            generator.manual_seed(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()))
            drawn = torch.rand(tokens, width, generator=generator, device=values.device)
            torch.lt(drawn, share, out=found[start : start + tokens])
        return found.view(values.shape)


class RowDropout(nn.Module):
    """Dropout with the masks of a training's rows; in evaluation it does nothing, as torch's."""

    def __init__(self, share: float, layer: str, masks: RowMasks) -> None:
        """Drop that share of the inputs of the layer of that name."""
        super().__init__()
        self.share, self.layer, self.masks = share, layer, masks

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """`values` with some set to 0 and the others scaled, so that their expectation stays."""
        if not self.training:
            return values
        dropped = self.masks.dropped(self.layer, values, self.share)
        return values.masked_fill(dropped, 0.0) * (1 / (1 - self.share))

    def extra_repr(self) -> str:
        """What torch prints of it."""
        return f"p={self.share}"


def drop_by_row(model: nn.Module, masks: RowMasks) -> None:
    """Put row dropout in place of torch's before each of a model's adapters; without any, change nothing."""
    layers = [(name, module) for name, module in model.named_modules() if hasattr(module, "lora_dropout")]
    for name, module in layers:
        for adapter, dropout in module.lora_dropout.items():
            if isinstance(dropout, nn.Dropout):
                module.lora_dropout[adapter] = RowDropout(dropout.p, name, masks)
