"""The steps of a training themselves: trl's SFTTrainer set up for a recipe, run in one process of a training.

Each process of a training calls `fit`. The first leaves what is kept in the training's state folder: weights
and probes by step, and what `training.train` makes tables of.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.engines.probes import probes_of
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.settings.specs import TrainSpec
from skillift.settings.training import TrainedParts
from skillift.students.model_folders import end_tokens, load_model, load_tokenizer
from skillift.tables import write_json
from skillift.training.options import TrainingOptions
from skillift.training.parts import lora_config, train_last_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from trl import SFTConfig, SFTTrainer

    TrainerClass = Callable[[type[SFTTrainer]], type[SFTTrainer]]

WHOLE = TrainedParts.model_construct()  # no parts of its own
SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}
FITTED = "fitted.json"
CPU_IS_FULL = "DefaultCPUAllocator"  # where `ulimit -v` binds; elsewhere the kernel kills
PROJECT = "skillift"
TRACKER_PROJECTS = ("WANDB_PROJECT", "MLFLOW_EXPERIMENT_NAME")  # trackio takes an argument


class DeviceMemoryError(UserError):
    """A device's memory does not hold its rows."""


def fit(
    spec: TrainSpec,
    model_folder: Path,
    corpus: pl.DataFrame,
    state: Path,
    steps: list[int],
    resume_from: str | None,
    options: TrainingOptions,
    trainer_class: TrainerClass = lambda usual: usual,
) -> None:
    """Train, and leave weights, probes, log and checked tokens in `state`; see `training.train`.

    Args:
        spec: the recipe.
        model_folder: the base student.
        corpus: a frame that keeps the contract CORPUS.
        state: where the first process writes.
        steps: the optimiser steps whose weights are kept.
        resume_from: the state of the trainer that an interrupted run left.
        options: how it is run; `processes` is the number of processes that call this.
        trainer_class: for an objective with a loss of its own, from the trainer that this machine takes
            (`skillift.training.cpu_trainer`) to a class below it.

    Raises:
        UserError: see `training.train`.
        DeviceMemoryError: the device's memory is used up.
    """
    with fast_imports():
        prepare_libraries(max(1, options.threads // options.processes))
        import torch

        from skillift.training.callbacks import KeepState, KeepWeights, ShowProgress, StopAtDivergence
    for variable in TRACKER_PROJECTS:
        os.environ.setdefault(variable, options.project or PROJECT)
    trainer, checked = _trainer(spec, model_folder, corpus, state, options, trainer_class)
    trainable = sum(weights.numel() for weights in trainer.model.parameters() if weights.requires_grad)
    probes = probes_of(trainer.train_dataset)
    keeping = KeepWeights(state / "weights", steps, probes, trainer.accelerator)
    for callback in (StopAtDivergence(), keeping, KeepState(options.state_interval_s), ShowProgress()):
        trainer.add_callback(callback)
    full = None
    try:
        trainer.train(resume_from_checkpoint=resume_from)
    except RuntimeError as error:  # torch's own kind is of GPUs alone
        if not isinstance(error, torch.OutOfMemoryError) and CPU_IS_FULL not in str(error):
            raise
        full = str(error).partition(". ")[0]
    if full is not None:  # outside of `except`, whose traceback would keep the memory in use
        rows = trainer.args.per_device_train_batch_size
        fix = (
            "Lower `training.device_batch_size` in config.yaml, or set `gradient_checkpointing: true` there."
        )
        raise DeviceMemoryError(problem(f"training with {rows} rows on a device", full, "enough memory", fix))
    if trainer.is_world_process_zero():
        fitted = {
            "trainable_parameters": trainable,
            "log": trainer.state.log_history,
            "probes": probes,
            "trained_tokens": checked.to_dicts(),
        }
        write_json(fitted, state / FITTED)


def _trainer(
    spec: TrainSpec,
    model_folder: Path,
    corpus: pl.DataFrame,
    state: Path,
    options: TrainingOptions,
    trainer_class: TrainerClass,
) -> tuple[SFTTrainer, pl.DataFrame]:
    """The trainer of a recipe, and the table of what its corpus is trained on; both checked."""
    with fast_imports():
        import datasets
        import torch
        from transformers import PrinterCallback, set_seed

        from skillift.training.cpu_trainer import CpuSFTTrainer, GpuSFTTrainer
        from skillift.training.data import check_trained_tokens, conversations
        from skillift.training.device_memory import set_rows

    datasets.disable_progress_bars()
    parts = WHOLE if spec.trainable == "full" else spec.trainable
    tokenizer = load_tokenizer(model_folder)
    ends = end_tokens(model_folder, tokenizer)
    dataset = conversations(corpus, tokenizer, spec.thinking, ends, spec.today)
    set_seed(spec.seed)
    # trained weights are kept in float32 and computed with in bfloat16; adapters stand on a bfloat16 base
    half = spec.precision == "bfloat16"
    model = load_model(model_folder, "bfloat16" if half and parts.lora else "float32")
    if parts.last_n_layers:
        train_last_layers(model, parts.last_n_layers)
    trainer = trainer_class(GpuSFTTrainer if torch.cuda.is_available() else CpuSFTTrainer)(
        model=model,
        args=_arguments(spec, corpus.height, state, options),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=lora_config(parts.lora, model) if parts.lora else None,
        batch_size=spec.batch_size,
    )
    trainer.remove_callback(PrinterCallback)
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    prepared = trainer.train_dataset
    checked = check_trained_tokens(corpus, prepared, tokenizer, spec.thinking, ends, longest, spec.today)
    _check_batches(trainer, spec, tokenizer.pad_token_id)
    if not torch.cuda.is_available():
        share = math.ceil(spec.batch_size / options.processes)
        set_rows(trainer, share, options.device_batch_size, spec.precision, state)
    return trainer, checked


def _check_batches(trainer: SFTTrainer, spec: TrainSpec, pad_token: int) -> None:
    """Check what the trainer makes of the longest and the first rows, and whether they may be packed."""
    from skillift.training.data import check_batch

    packed = bool(spec.packing)
    rows = [{name: row[name] for name in ("input_ids", "labels")} for row in trainer.train_dataset]
    longest = max(rows, key=lambda row: len(row["input_ids"]))
    shown = [*rows[: spec.batch_size], longest]
    check_batch(trainer.data_collator(shown), shown, pad_token, packed)
    if packed:
        from skillift.training.packing import check_packing

        check_packing(trainer.model, rows, trainer.data_collator, spec.precision)


def _arguments(spec: TrainSpec, rows: int, state: Path, options: TrainingOptions) -> SFTConfig:
    import torch
    from trl import SFTConfig

    from skillift.training.batches import accumulation

    on_cpu = not torch.cuda.is_available()
    parts = accumulation(spec.batch_size, options.processes, options.device_batch_size)
    checkpointing = not on_cpu if options.gradient_checkpointing is None else options.gradient_checkpointing
    steps = spec.steps_on(rows)
    arguments = SFTConfig(
        output_dir=str(state / "trainer"),
        seed=spec.seed,
        learning_rate=spec.learning_rate,
        num_train_epochs=spec.epochs or 1,
        max_steps=spec.max_steps or -1,  # goes before the epochs, where there are any
        per_device_train_batch_size=math.ceil(spec.batch_size / (options.processes * parts)),
        gradient_accumulation_steps=parts,
        lr_scheduler_type=SCHEDULES[spec.schedule],
        warmup_steps=math.ceil(spec.warmup_ratio * steps),
        weight_decay=spec.weight_decay,
        completion_only_loss=True,
        max_length=None,
        packing=False,
        padding_free=bool(spec.packing),
        bf16=spec.precision == "bfloat16",
        gradient_checkpointing=checkpointing,
        use_cpu=on_cpu,
        ddp_backend="gloo" if on_cpu and options.processes > 1 else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=not on_cpu,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        save_strategy="no",
        save_total_limit=2,
        report_to=options.tracker,
        run_name=options.run_name,
        project=options.project or PROJECT,
        disable_tqdm=True,
        # its own activation_checkpointing renames layers, and peft then saves adapters without weights
        fsdp=options.fsdp or None,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # with several GPUs in sight it would split batches over them
    return arguments
