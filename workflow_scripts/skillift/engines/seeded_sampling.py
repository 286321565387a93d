"""Sampling with one seed for each row of a batch, for transformers' `generate`.

`generate` draws a whole batch from one global random state, so an answer would depend on its neighbours.
Here each row has a generator of its own and is drawn by the Gumbel-max trick: the argmax of logits plus
Gumbel noise is a sample of their softmax (Gumbel 1954; Maddison et al. 2014, arXiv 1411.0030).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor, TemperatureLogitsWarper, TopPLogitsWarper


class SeededSampling(LogitsProcessor):
    """Turn greedy decoding into sampling: scores (rows x vocabulary) get each row's own Gumbel noise."""

    def __init__(self, temperature: float, top_p: float, seeds: Sequence[int] | None) -> None:
        if seeds is None:
            raise ValueError("sampling needs a seed for each prompt")
        self.warpers = [TemperatureLogitsWarper(temperature)]
        if top_p < 1.0:
            self.warpers.append(TopPLogitsWarper(top_p))
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores whose argmax is the sampled token."""
        for warper in self.warpers:
            scores = warper(input_ids, scores)
        uniform = torch.stack(
            [
                torch.rand(scores.shape[1], generator=generator, dtype=torch.float64)
                for generator in self.generators
            ]
        )
        return scores.double() - torch.log(-torch.log(uniform.clamp(min=1e-300))).to(scores.device)
