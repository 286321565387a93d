r"""trl's DPOTrainer on tokenised pairs, with a loss that does not hang on how a batch is cut into parts.

    loss = mean over pairs of -log sigmoid(beta * ((log p(right) - log p(wrong)) - the same of the reference))
           + sft_weight * mean over the tokens of right answers of -log p

(Rafailov et al., arXiv 2305.18290, eq. 7; p of whole answers.) trl takes both means over the rows that a
device works on at once, and then the mean of these: parts of unequal size would count alike, and what is
trained would change with `device_batch_size`. Here both are sums over the batch's own pairs and tokens. With
adapters the reference is the student with these switched off, else a second copy of it; its log-probabilities
are computed beside the student's own at each step. Auxiliary losses of a mixture of experts are left out.
"""

from __future__ import annotations

from typing import Any

import torch
from accelerate.utils import is_peft_model
from datasets import Dataset
from transformers import Trainer
from trl import DPOTrainer
from trl.models.utils import disable_gradient_checkpointing
from trl.trainer import utils as fused

from skillift.contracts.training import OF_PAIRS
from skillift.training.batches import WholeBatches
from skillift.training.cpu_trainer import token_log_probs
from skillift.training.pairs import IGNORED


class PairTrainer(WholeBatches, DPOTrainer):
    """Direct preference optimisation of whole batches; takes `sft_weight` beside what trl takes."""

    loss_is_scaled_for_ga = True  # by the batch's pairs

    def __init__(self, *args: Any, sft_weight: float, **kwargs: Any) -> None:
        """Take what `WholeBatches` and DPOTrainer take."""
        super().__init__(*args, **kwargs)
        self.sft_weight = sft_weight
        adapted = is_peft_model(self.model)
        # over trl's own, which computes an entropy and an accuracy for each position
        fused.add_fused_lm_head(self.model.get_base_model() if adapted else self.model, outputs=())
        self._sums = torch.zeros(len(OF_PAIRS) + 1, dtype=torch.float64)

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        """The pairs as they are: they are tokenised as they are served, which trl's own rendering is not."""
        return dataset

    def blank(self, row: dict) -> dict:
        """Two tokens of a prompt, without answers."""
        return {"prompt_ids": row["prompt_ids"][:2], "chosen_ids": [], "rejected_ids": []}

    def collate(self, numbered: list[tuple[int, dict]]) -> dict:
        """What the trainer's collator makes of pairs."""
        return self.data_collator([row for _, row in numbered])

    def tokens_of_rows(self) -> list[int]:
        """How many tokens both sequences of each pair take, padded to the longer one."""
        rows = self.train_dataset.to_list()
        return [2 * (len(row["prompt_ids"]) + _longer_answer(row)) for row in rows]

    def part_of_row(self, place: int, tokens: int) -> dict:
        """The end of the prompt and the beginning of both answers, of about so many tokens."""
        row = self.train_dataset[place]
        each = max(2, tokens // 2)
        before = max(1, each - _longer_answer(row))
        answers = {name: row[name][: each - before] for name in ("chosen_ids", "rejected_ids")}
        return self.data_collator([{"prompt_ids": row["prompt_ids"][-before:], **answers}])

    def _get_num_items_in_batch(self, batch_samples: list[dict], device: torch.device) -> torch.Tensor:
        """Pairs and tokens of right answers in the whole batch, over all processes: float64."""
        counts = sum(_counts(batch["completion_mask"]) for batch in batch_samples).to(device)
        if self.args.world_size > 1:
            counts = self.accelerator.gather(counts[None]).sum(dim=0)
        return counts

    def _track_num_input_tokens(self, inputs: dict) -> None:
        """Count the tokens of pairs, not those of blanks."""
        real = inputs["completion_mask"].any()
        super()._track_num_input_tokens({**inputs, "attention_mask": inputs["attention_mask"] * real})

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """A part's share of the loss at the head of this module (a scalar tensor), times the processes."""
        mask = inputs["completion_mask"]
        asked = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        labels = asked["input_ids"].masked_fill(mask == 0, IGNORED)
        chosen, rejected = token_log_probs(model, asked, labels).sum(dim=1).chunk(2)
        ref_chosen, ref_rejected = self.reference_log_probs(asked, labels)
        margins = self.beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
        real = mask.chunk(2)[0].any(dim=1)  # a blank has no answer
        counts = _counts(mask).to(mask.device) if num_items_in_batch is None else num_items_in_batch
        pairs, tokens = counts.to(margins.dtype)
        loss = -torch.nn.functional.logsigmoid(margins)[real].sum() / pairs
        if self.sft_weight:
            loss = loss - self.sft_weight * chosen.sum() / tokens
        if num_items_in_batch is None:
            return loss
        parts = (margins[real], chosen[real], rejected[real])
        sums = [*(part.detach().double().sum() for part in parts), real.sum().double()]
        self._sums += torch.stack(sums).cpu()
        return loss * self.accelerator.num_processes

    def reference_log_probs(self, asked: dict, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities of right and of wrong answers under the reference."""
        kept = disable_gradient_checkpointing(self.model, self.args.gradient_checkpointing_kwargs)
        with torch.no_grad(), kept:
            if self.ref_model is not None:
                found = token_log_probs(self.ref_model, asked, labels)
            else:
                with fused.use_adapter(self.accelerator.unwrap_model(self.model), adapter_name=None):
                    found = token_log_probs(self.model, asked, labels)
        chosen, rejected = found.sum(dim=1).chunk(2)
        return chosen, rejected

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log a step's loss with the means over its pairs: margin and log-probabilities."""
        if "loss" in logs:
            sums = self._sums.to(self.accelerator.device)
            if self.args.world_size > 1:
                sums = self.accelerator.gather(sums[None]).sum(dim=0)
            *values, pairs = sums.tolist()
            logs |= {name: value / max(1.0, pairs) for name, value in zip(OF_PAIRS, values, strict=True)}
            self._sums.zero_()
        Trainer.log(self, logs, start_time)


def _longer_answer(row: dict) -> int:
    return max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def _counts(completion_mask: torch.Tensor) -> torch.Tensor:
    """Pairs of a part that are none of a blank, and tokens of their right answers."""
    chosen = completion_mask.chunk(2)[0]
    return torch.stack([chosen.any(dim=1).sum(), chosen.sum()]).double()
