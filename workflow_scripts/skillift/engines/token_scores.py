"""How sure a model was of the tokens that it has drawn, noted while transformers generates.

transformers can return the scores of all tokens at every step: 150,000 numbers for each token of each answer.
Here one number a token is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import LogitsProcessor

if TYPE_CHECKING:
    import torch


class TokenScores(LogitsProcessor):
    """Keeps the log-probability of each token that was drawn, by the model's own scores."""

    def __init__(self) -> None:
        """Begin with no token."""
        self._before: torch.Tensor | None = None
        self._kept: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Note the last token of each row by the scores that it was drawn from; change nothing."""
        self._note(input_ids)
        self._before = scores.float().log_softmax(dim=-1)
        return scores

    def of(self, output: torch.Tensor) -> list[list[float]]:
        """Of each row of what was generated, the log-probabilities of its new tokens, in nats."""
        import torch

        self._note(output)
        self._before = None
        return torch.stack(self._kept, dim=1).tolist()

    def _note(self, ids: torch.Tensor) -> None:
        if self._before is not None:
            self._kept.append(self._before.gather(1, ids[:, -1:])[:, 0])
