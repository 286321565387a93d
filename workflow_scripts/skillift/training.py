"""Supervised fine-tuning of a student on a corpus: trl's SFTTrainer, peft's LoRA, loss on the response alone.

Takes a base student's model folder, a corpus (contract CORPUS) and a recipe of the study file; gives
servable checkpoints at the recipe's steps, the training log and the run's manifest. An interrupted run
continues from its state folder and ends with the bytes of an uninterrupted one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.merging import write_checkpoint
from skillift.model_folders import end_tokens, load_model, load_tokenizer
from skillift.probes import Probe, noted_probes, probe_table, probes_of
from skillift.tables import folder_digests, read_json, write_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from trl import SFTTrainer

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}
STATE_INTERVAL_S = 120.0
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate")


@dataclass(frozen=True)
class TrainingResult:
    """What a training run gives besides its checkpoints.

    Attributes:
        log: step, loss (mean over the step's trained tokens, nats), learning_rate, tokens (cumulative, prompt
            and response, without padding); contract TRAINING_LOG.
        probes: log-probabilities of a few demonstrations, before training and at each checkpoint; contract
            PROBES.
        manifest: steps with the digests of their files, final_step, parameter_count, trainable_parameters,
            spec and package versions.
    """

    log: pl.DataFrame
    probes: pl.DataFrame
    manifest: dict


def optimiser_steps(rows: int, batch_size: int, epochs: int) -> int:
    """How many optimiser steps a recipe takes; the last batch of an epoch may be smaller."""
    return math.ceil(rows / batch_size) * epochs


def checkpoint_steps(checkpoints: list[int | str], final_step: int) -> list[int]:
    """The optimiser steps that a recipe's `checkpoints` name, ascending.

    Raises:
        UserError: a step beyond the last one.
    """
    steps = {final_step if step == "final" else step for step in checkpoints}
    beyond = sorted(step for step in steps if not 1 <= step <= final_step)
    if beyond:
        raise UserError(
            problem(
                "recipe: checkpoints",
                beyond[0],
                f"a step from 1 to {final_step}, the last one of this recipe, or 'final'",
                "Name an earlier step, or raise `epochs`.",
            )
        )
    return sorted(steps)


def train(
    spec: dict,
    model_folder: Path | str,
    corpus: pl.DataFrame,
    checkpoints_folder: Path | str,
    state_folder: Path | str,
    threads: int = 1,
    state_interval_s: float = STATE_INTERVAL_S,
) -> TrainingResult:
    """Train a student and write its checkpoints as `<checkpoints_folder>/step-<n>/`.

    Args:
        spec: a recipe (objective, trainable, learning_rate, epochs, batch_size, schedule, warmup_ratio,
            weight_decay, checkpoints) with seed, precision and thinking.
        model_folder: the base student.
        corpus: a frame that keeps the contract CORPUS.
        checkpoints_folder: where checkpoints are written; earlier ones are removed.
        state_folder: where an interrupted run left its state; deleted after success.
        threads: CPU threads.
        state_interval_s: seconds between two saves of the trainer's state.

    Raises:
        UserError: an unreadable student, an empty or malformed corpus, a row that is too long, a checkpoint
            beyond the last step, or a loss that is not finite.
    """
    model_folder, checkpoints, state = Path(model_folder), Path(checkpoints_folder), Path(state_folder)
    with fast_imports():
        prepare_libraries(threads)
    final_step = optimiser_steps(corpus.height, spec["batch_size"], spec["epochs"])
    steps = checkpoint_steps(spec["checkpoints"], final_step) if final_step else []
    trainer = _trainer(spec, model_folder, corpus, state)
    _open_state(state, spec, model_folder, corpus)
    trainable = sum(weights.numel() for weights in trainer.model.parameters() if weights.requires_grad)
    probes = probes_of(trainer.train_dataset)
    _run(trainer, state, steps, probes, state_interval_s)
    log = _log_table(trainer.state.log_history)
    noted = {step: read_json(noted_probes(state / "weights", step))["logprobs"] for step in (0, *steps)}
    del trainer

    shutil.rmtree(checkpoints, ignore_errors=True)
    checkpoints.mkdir(parents=True)
    digests, parameters = {}, 0
    for step in steps:
        folder = checkpoints / f"step-{step}"
        parameters = write_checkpoint(model_folder, state / "weights" / str(step), folder, spec["precision"])
        digests[str(step)] = {"digests": folder_digests(folder)}
    shutil.rmtree(state)
    manifest = {
        "steps": digests,
        "final_step": final_step,
        "parameter_count": parameters,
        "trainable_parameters": trainable,
        "spec": spec,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    return TrainingResult(log, probe_table(corpus.head(len(probes)), probes, noted), manifest)


def _trainer(spec: dict, model_folder: Path, corpus: pl.DataFrame, state: Path) -> SFTTrainer:
    """The trainer of a recipe, its corpus tokenised and checked."""
    with fast_imports():
        import datasets
        import torch
        from transformers import PrinterCallback, set_seed
        from trl import SFTConfig, SFTTrainer

        from skillift.cpu_trainer import CpuSFTTrainer
        from skillift.training_data import check_trained_tokens, conversations

    datasets.disable_progress_bars()
    on_cpu = not torch.cuda.is_available()
    half = spec["precision"] == "bfloat16"
    adapters = isinstance(spec["trainable"], dict) and "lora" in spec["trainable"]
    tokenizer = load_tokenizer(model_folder)
    ends = end_tokens(model_folder, tokenizer)
    dataset = conversations(corpus, tokenizer, spec["thinking"], ends)
    set_seed(spec["seed"])
    # trained weights are kept in float32 and computed with in bfloat16; adapters stand on a bfloat16 base
    model = load_model(model_folder, "bfloat16" if half and adapters else "float32")
    if isinstance(spec["trainable"], dict) and not adapters:
        train_last_layers(model, spec["trainable"]["last_n_layers"])
    steps = optimiser_steps(corpus.height, spec["batch_size"], spec["epochs"])
    arguments = SFTConfig(
        output_dir=str(state / "trainer"),
        seed=spec["seed"],
        learning_rate=spec["learning_rate"],
        num_train_epochs=spec["epochs"],
        per_device_train_batch_size=spec["batch_size"],
        lr_scheduler_type=SCHEDULES[spec["schedule"]],
        warmup_steps=math.ceil(spec["warmup_ratio"] * steps),
        weight_decay=spec["weight_decay"],
        completion_only_loss=True,
        max_length=None,
        packing=False,
        bf16=half,
        gradient_checkpointing=not on_cpu,
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        save_strategy="no",
        save_total_limit=1,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = (CpuSFTTrainer if on_cpu else SFTTrainer)(
        model=model,
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=_lora(spec["trainable"]["lora"]) if adapters else None,
    )
    trainer.remove_callback(PrinterCallback)
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    check_trained_tokens(corpus, trainer.train_dataset, tokenizer, spec["thinking"], ends, longest)
    return trainer


def train_last_layers(model: PreTrainedModel, number: int) -> None:
    """Freeze all weights but those of the last `number` blocks; embeddings, last norm and head are frozen.

    Raises:
        UserError: the model has fewer blocks.
    """
    layers = model.get_decoder().layers
    if number > len(layers):
        raise UserError(
            problem("recipe: trainable.last_n_layers", number, f"at most {len(layers)}, the student's blocks")
        )
    model.requires_grad_(False)
    for layer in layers[-number:]:
        layer.requires_grad_(True)


def _lora(settings: dict):
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings["rank"],
        lora_alpha=settings["alpha"],
        lora_dropout=settings.get("dropout", 0.0),
        # peft's "all-linear": every projection of every block, never the output head
        target_modules=settings.get("target_modules", "all-linear"),
    )


def _open_state(state: Path, spec: dict, model_folder: Path, corpus: pl.DataFrame) -> None:
    """Keep what an interrupted run of this very training left; remove what any other left."""
    identity = {"spec": spec, "model": folder_digests(model_folder), "corpus": corpus.rows()}
    key = {"key": hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()}
    key_file = state / "key.json"
    if not (key_file.is_file() and read_json(key_file) == key):
        shutil.rmtree(state, ignore_errors=True)
        write_json(key, key_file)


def _run(
    trainer: SFTTrainer, state: Path, steps: list[int], probes: list[Probe], state_interval_s: float
) -> None:
    from transformers.trainer_utils import get_last_checkpoint

    from skillift.training_callbacks import KeepState, KeepWeights, ShowProgress, StopAtDivergence

    keeping = (KeepWeights(state / "weights", steps, probes), KeepState(state_interval_s))
    for callback in (StopAtDivergence(), *keeping, ShowProgress()):
        trainer.add_callback(callback)
    saved = state / "trainer"
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(saved)) if saved.is_dir() else None)


def _log_table(history: list[dict]) -> pl.DataFrame:
    rows = [
        (
            entry["step"],
            float(entry["loss"]),
            float(entry["learning_rate"]),
            int(entry["num_input_tokens_seen"]),
        )
        for entry in history
        if "loss" in entry
    ]
    schema = {"step": pl.Int64, "loss": pl.Float64, "learning_rate": pl.Float64, "tokens": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
