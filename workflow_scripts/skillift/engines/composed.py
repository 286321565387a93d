r"""Emulated fine-tuning: next-token scores of a large model, and what training has changed in a small one.

    scores = large + weight * (tuned small - small)

(Mitchell et al., arXiv 2310.12962; Liu et al., arXiv 2401.08565.) Scores of each model are its logits in
float32: they are its log-probabilities up to a number that is the same for all tokens, so what is greedy and
what is drawn is the same. Models of one family pad their vocabularies differently; all are cut to the
tokenizer's length. Three models with their caches work in one process, by transformers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import LogitsProcessor

from skillift.engines.interface import Composition, RunOptions, Serving
from skillift.engines.probes import Probe
from skillift.engines.transformers_engine import TransformersEngine
from skillift.errors import UserError, problem
from skillift.processes.progress import phase
from skillift.students.model_folders import check_positions, load_model, load_tokenizer

_ANY_TEXT = "Step 1: take  3, 14 and é.\n\nANSWER: 3 14 – 'x'"


class ComposedEngine(TransformersEngine):
    """A large model with the training of a small one; see `engines.Engine`."""

    def __init__(
        self, model_folder: Path | str, serving: Serving, options: RunOptions, composition: Composition
    ) -> None:
        """Load the three models.

        Raises:
            UserError: a folder is unreadable, its tokenizer is another, or its model has too few positions.
        """
        super().__init__(model_folder, serving, options)
        folders = (composition.tuned, composition.base)
        for folder in folders:
            self._check_tokenizer(folder)
            check_positions(folder, serving.max_model_len)
        with phase("loading the small models"):
            models = [load_model(folder, serving.precision) for folder in folders]
            self.tuned, self.base = (model.to(self.device).eval() for model in models)
        self.weight, self.size = composition.weight, len(self.tokenizer)

    def _check_tokenizer(self, folder: Path) -> None:
        other = load_tokenizer(folder)
        texts = [_ANY_TEXT]
        same = other.get_vocab() == self.tokenizer.get_vocab()
        if not same or other(texts)["input_ids"] != self.tokenizer(texts)["input_ids"]:
            expected = f"that of {self.tokenizer.name_or_path}, whose scores theirs are added to"
            fix = "Emulate with students of one family."
            raise UserError(problem(f"{folder}: tokenizer", "another one", expected, fix))

    def processors(self, mask: list[list[int]]) -> list[LogitsProcessor]:
        """What makes the large model's scores those of all three, for a batch padded on the left."""
        begun = torch.tensor(mask, device=self.device)
        small = _Scores(self.tuned, begun), _Scores(self.base, begun)
        return [_Composed(small, self.weight, self.size)]

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe under the composed scores, in nats."""
        found = []
        with torch.inference_mode():
            for prompt, response in probes:
                ids = torch.tensor([prompt + response], device=self.device)
                scores = [
                    model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1, : self.size].float()
                    for model in (self.model, self.tuned, self.base)
                ]
                large, tuned, base = scores
                whole = composed(large, tuned, base, self.weight)
                chosen = whole.log_softmax(-1).gather(1, ids[0, len(prompt) :, None])
                found.append(chosen[:, 0].tolist())
        return found

    def close(self) -> None:
        """Free the models."""
        del self.tuned, self.base
        super().close()


def composed(large: torch.Tensor, tuned: torch.Tensor, base: torch.Tensor, weight: float) -> torch.Tensor:
    """The scores at the head of this module; all in float32, of the same tokens."""
    return large + weight * (tuned - base)


class _Scores:
    """The next-token scores of one model while another one answers, with a cache of its own."""

    def __init__(self, model: torch.nn.Module, mask: torch.Tensor) -> None:
        self.model, self.mask, self.cache, self.seen = model, mask, None, 0

    def of(self, ids: torch.Tensor, size: int) -> torch.Tensor:
        """Of the token after `ids`, those of the last call and one more; the first `size` scores."""
        grown = ids.shape[1] - self.mask.shape[1]
        if grown:
            more = torch.ones(len(ids), grown, dtype=self.mask.dtype, device=self.mask.device)
            self.mask = torch.cat([self.mask, more], dim=1)
        places = (self.mask.cumsum(dim=1) - 1).clamp(min=0)
        output: Any = self.model(
            input_ids=ids[:, self.seen :],
            attention_mask=self.mask,
            position_ids=places[:, self.seen :],
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache, self.seen = output.past_key_values, ids.shape[1]
        return output.logits[:, -1, :size].float()


class _Composed(LogitsProcessor):
    def __init__(self, small: tuple[_Scores, _Scores], weight: float, size: int) -> None:
        self.small, self.weight, self.size = small, weight, size

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The composed scores; of what is beyond the tokenizer's length none."""
        tuned, base = (model.of(input_ids, self.size) for model in self.small)
        found = torch.full_like(scores, -torch.inf, dtype=torch.float32)
        found[:, : self.size] = composed(scores[:, : self.size].float(), tuned, base, self.weight)
        return found
