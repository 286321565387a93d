"""The steps of a training themselves: trl's SFTTrainer set up for a recipe, run in one process of a training.

Each process of a training calls `fit`; an objective with a trainer of its own calls `optimise` with it. The
first process leaves what is kept in the training's state folder: weights and probes by step, and what
`training.train` makes tables of.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.engines.probes import Probe, probes_of
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.settings.specs import TrainSpec
from skillift.settings.training import TrainedParts
from skillift.students.model_folders import end_tokens, load_model, load_tokenizer
from skillift.tables import write_json
from skillift.training.trained_parts import lora_config, train_last_layers
from skillift.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from peft import LoraConfig
    from transformers import PreTrainedModel, Trainer
    from trl import SFTTrainer

    from skillift.training.batches import WholeBatches

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
    prepare(options)
    trainer, checked = _trainer(spec, model_folder, corpus, state, options, trainer_class)
    optimise(trainer, checked, probes_of(trainer.train_dataset), state, steps, resume_from, options)


def prepare(options: TrainingOptions) -> None:
    """Set up the libraries of a process of a training, before any of them is used."""
    with fast_imports():
        prepare_libraries(max(1, options.threads // options.processes))
        import torch  # noqa: F401
    for variable in TRACKER_PROJECTS:
        os.environ.setdefault(variable, options.project or PROJECT)


def optimise(
    trainer: Trainer,
    checked: pl.DataFrame,
    probes: list[Probe],
    state: Path,
    steps: list[int],
    resume_from: str | None,
    options: TrainingOptions,
) -> None:
    """Take a trainer's steps, and leave weights, probes, log and checked tokens in `state`.

    Args:
        trainer: before its first step.
        checked: the table TRAINED_TOKENS of its corpus.
        probes: rows of it whose log-probabilities are noted.
        state, steps, resume_from, options: see `fit`.

    Raises:
        UserError: a loss that is not finite.
        DeviceMemoryError: the device's memory is used up.
    """
    import torch

    from skillift.training.callbacks import KeepState, KeepWeights, ShowProgress, StopAtDivergence

    trainable = sum(weights.numel() for weights in trainer.model.parameters() if weights.requires_grad)
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
        import torch
        from trl import SFTConfig

        from skillift.training.cpu_trainer import CpuSFTTrainer, GpuSFTTrainer
        from skillift.training.training_data import check_trained_tokens, conversations

    tokenizer = load_tokenizer(model_folder)
    ends = end_tokens(model_folder, tokenizer)
    dataset = conversations(corpus, tokenizer, spec.thinking, ends, spec.today)
    model, adapters = trained_model(spec, model_folder)
    settings = {"completion_only_loss": True, "packing": False, "padding_free": bool(spec.packing)}
    trainer = trainer_class(GpuSFTTrainer if torch.cuda.is_available() else CpuSFTTrainer)(
        model=model,
        args=arguments(SFTConfig, spec, corpus.height, state, options, **settings),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=adapters,
        batch_size=spec.batch_size,
    )
    longest, prepared = positions(model), trainer.train_dataset
    checked = check_trained_tokens(corpus, prepared, tokenizer, spec.thinking, ends, longest, spec.today)
    _check_batches(trainer, spec, tokenizer.pad_token_id)
    fit_rows(trainer, spec, state, options)
    return trainer, checked


def trained_model(spec: TrainSpec, model_folder: Path) -> tuple[PreTrainedModel, LoraConfig | None]:
    """The student with the parts that are trained, and the adapters to put on it, if any; seeds are set."""
    with fast_imports():
        import datasets
        from transformers import set_seed

    datasets.disable_progress_bars()
    parts = WHOLE if spec.trainable == "full" else spec.trainable
    set_seed(spec.seed)
    # trained weights are kept in float32 and computed with in bfloat16; adapters stand on a bfloat16 base
    half = spec.precision == "bfloat16"
    model = load_model(model_folder, "bfloat16" if half and parts.lora else "float32")
    if parts.last_n_layers:
        train_last_layers(model, parts.last_n_layers)
    return model, lora_config(parts.lora, model) if parts.lora else None


def positions(model: PreTrainedModel) -> int | None:
    """The longest sequence that a student has positions for; None where it declares none."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def fit_rows(trainer: WholeBatches, spec: TrainSpec, state: Path, options: TrainingOptions) -> None:
    """Have a trainer without a GPU work on as many rows at once as memory holds; take its printing out."""
    import torch
    from transformers import PrinterCallback

    from skillift.training.device_memory import set_rows

    trainer.remove_callback(PrinterCallback)
    if not torch.cuda.is_available():
        share = math.ceil(spec.batch_size / options.processes)
        set_rows(trainer, share, options.device_batch_size, spec.precision, state)


def _check_batches(trainer: SFTTrainer, spec: TrainSpec, pad_token: int) -> None:
    """Check what the trainer makes of the longest and the first rows, and whether they may be packed."""
    from skillift.training.training_data import check_batch

    packed = bool(spec.packing)
    rows = [{name: row[name] for name in ("input_ids", "labels")} for row in trainer.train_dataset]
    longest = max(rows, key=lambda row: len(row["input_ids"]))
    shown = [*rows[: spec.batch_size], longest]
    check_batch(trainer.data_collator(shown), shown, pad_token, packed)
    if packed:
        from skillift.training.packing import check_packing

        check_packing(trainer.model, rows, trainer.data_collator, spec.precision)


def arguments(
    kind: Callable[..., Any],
    spec: TrainSpec,
    rows: int,
    state: Path,
    options: TrainingOptions,
    **settings: Any,
) -> Any:
    """The arguments of a trainer of trl for a recipe.

    Args:
        kind: their class.
        spec: the recipe.
        rows: of the corpus.
        state: the training's folder of state.
        options: how it is run.
        settings: those of that trainer alone.
    """
    import torch

    from skillift.training.batches import accumulation

    on_cpu = not torch.cuda.is_available()
    parts = accumulation(spec.batch_size, options.processes, options.device_batch_size)
    checkpointing = not on_cpu if options.gradient_checkpointing is None else options.gradient_checkpointing
    steps = spec.steps_on(rows)
    found = kind(
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
        max_length=None,
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
        **settings,
    )
    found._n_gpu = min(1, found.n_gpu)  # with several GPUs in sight it would split batches over them
    return found
