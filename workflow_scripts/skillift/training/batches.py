"""Which rows a training works on at once: a batch is the recipe's, its parts fit the devices.

Every optimiser step sees the recipe's `batch_size` rows, in an order drawn by the seed, however many
processes share them and in however many parts. Where there are fewer rows than parts, as in the last batch of
an epoch, a part is a blank: two tokens without a loss, so that all processes take the same number of turns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from accelerate.data_loader import SeedableRandomSampler
from torch.utils.data import DataLoader, Sampler

from skillift.training.row_dropout import ROWS, RowMasks, drop_by_row, with_rows

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from datasets import Dataset
    from transformers import TrainerCallback, TrainerState, TrainingArguments


def accumulation(batch_size: int, processes: int, device_batch_size: int | None) -> int:
    """Parts that a process makes of its share of a batch: each of at most `device_batch_size` rows."""
    if device_batch_size is None:
        return 1
    return math.ceil(batch_size / (processes * device_batch_size))


class BatchParts:
    """The rows of each part that one process works on, for a DataLoader; a blank is row `len(sampler)`."""

    def __init__(self, sampler: Sampler, batch_size: int, parts: int, processes: int, rank: int) -> None:
        """Of every batch of `sampler`'s rows, cut into `parts` for each process, those of process `rank`."""
        self.sampler, self.batch_size = sampler, batch_size
        self.parts, self.processes, self.rank = parts, processes, rank

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.batch_size) * self.parts

    def __iter__(self) -> Iterator[list[int]]:
        rows = list(self.sampler)
        number = self.parts * self.processes
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            for part in range(self.rank, number, self.processes):
                yield batch[len(batch) * part // number : len(batch) * (part + 1) // number] or [len(rows)]

    def set_epoch(self, epoch: int) -> None:
        """Draw the order of that epoch; the trainer calls this before each."""
        self.sampler.set_epoch(epoch)


class PartsLoader(DataLoader):
    """A DataLoader over BatchParts that hands on the epoch."""

    def set_epoch(self, epoch: int) -> None:
        """Draw the order of that epoch."""
        self.batch_sampler.set_epoch(epoch)


if TYPE_CHECKING:

    class _Trainer:
        """What the mixins below need of a trainer of trl."""

        args: TrainingArguments
        data_collator: Callable[[list[dict]], dict]
        model: torch.nn.Module
        state: TrainerState
        train_dataset: Dataset
        _train_batch_size: int

        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

        def compute_loss_context_manager(self) -> AbstractContextManager:
            raise NotImplementedError

        def is_world_process_zero(self) -> bool:
            raise NotImplementedError

        def remove_callback(self, callback: type[TrainerCallback]) -> None:
            raise NotImplementedError

        def _remove_unused_columns(self, dataset: Dataset) -> Dataset:
            raise NotImplementedError

        def _track_num_input_tokens(self, inputs: dict) -> None:
            raise NotImplementedError

        def training_step(
            self, model: torch.nn.Module, inputs: dict, num_items_in_batch: torch.Tensor | int | None = None
        ) -> torch.Tensor:
            raise NotImplementedError

else:
    _Trainer = object


class WholeBatches(_Trainer):
    """Mixin for a trainer of trl: steps of `batch_size` rows, whatever the processes and devices."""

    def __init__(self, *args: Any, batch_size: int, **kwargs: Any) -> None:
        """Take the trainer's arguments, with the accumulation in `args`."""
        super().__init__(*args, **kwargs)
        self.batch_size = batch_size

    def get_train_dataloader(self) -> DataLoader:
        """This process's parts of every batch; the order is the one that the trainer itself would draw."""
        rows = self._remove_unused_columns(self.train_dataset).to_list()
        sampler = SeedableRandomSampler(rows, data_seed=self.args.seed)
        shares = (self.args.gradient_accumulation_steps, self.args.world_size, self.args.process_index)
        return PartsLoader(
            list(enumerate([*rows, self.blank(rows[0])])),
            batch_sampler=BatchParts(sampler, self.batch_size, *shares),
            collate_fn=self.collate,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def blank(self, row: dict) -> dict:
        """Two tokens of a row, without a loss."""
        raise NotImplementedError

    def collate(self, numbered: list[tuple[int, dict]]) -> dict:
        """What is computed of rows, each with its place in the corpus."""
        raise NotImplementedError

    def tokens_of_rows(self) -> list[int]:
        """How many tokens each row takes."""
        raise NotImplementedError

    def part_of_row(self, place: int, tokens: int) -> dict:
        """About the last so many tokens of a row, as they are computed, to see what they take."""
        raise NotImplementedError


class WholeRows(WholeBatches):
    """The same of demonstrations, with the dropout of each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what `WholeBatches` takes."""
        super().__init__(*args, **kwargs)
        self.row_masks = RowMasks(self.args.seed)
        drop_by_row(self.model, self.row_masks)

    def blank(self, row: dict) -> dict:
        """Two tokens of a row, without a loss."""
        return {name: values[:2] for name, values in row.items()} | {"labels": [-100, -100]}

    def collate(self, numbered: list[tuple[int, dict]]) -> dict:
        """What the trainer's collator makes of rows, and which rows they are."""
        numbers, rows = zip(*numbered, strict=True)
        return with_rows(self.data_collator(list(rows)), numbers, [len(row["input_ids"]) for row in rows])

    def tokens_of_rows(self) -> list[int]:
        """How many tokens each demonstration has."""
        return [len(row) for row in self.train_dataset["input_ids"]]

    def part_of_row(self, place: int, tokens: int) -> dict:
        """The last tokens of a demonstration, as they are computed; the very last is under the loss."""
        part = {name: self.train_dataset[place][name][-tokens:] for name in ("input_ids", "labels")}
        part["labels"] = [-100, *part["labels"][1:-1], part["input_ids"][-1]]
        return self.data_collator([part])

    def training_step(
        self, model: torch.nn.Module, inputs: dict, num_items_in_batch: torch.Tensor | int | None = None
    ) -> torch.Tensor:
        """A part of a batch, forward and backward, with the dropout of its rows."""
        rows = inputs.pop(ROWS)
        self.row_masks.at(self.state.global_step, rows, inputs["input_ids"].numel())
        return super().training_step(model, inputs, num_items_in_batch)

    def _track_num_input_tokens(self, inputs: dict) -> None:
        """Count the tokens of demonstrations, not those of blanks."""
        real = (inputs["labels"] != -100).any()
        mask = inputs.get("attention_mask", torch.ones_like(inputs["labels"]))
        super()._track_num_input_tokens({**inputs, "attention_mask": mask * real})
