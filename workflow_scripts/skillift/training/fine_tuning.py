"""Fine-tuning of a student on a corpus: trl's trainers, peft's LoRA, loss on responses alone.

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
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import polars as pl

from skillift.contracts.training import OF_PAIRS, OF_REWARDS
from skillift.engines.probes import Probe, noted_probes, probe_table
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.settings.specs import TrainSpec
from skillift.settings.training import Step
from skillift.tables import folder_digests, read_json, write_json
from skillift.training.fit import FITTED, DeviceMemoryError
from skillift.training.merging import write_checkpoint
from skillift.training.processes import checked_options, free_device_memory, in_processes
from skillift.training.training_data import TRAINED_TOKENS_SCHEMA
from skillift.training.training_options import TrainingOptions

KEY = "key.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate")


@dataclass(frozen=True)
class TrainingResult:
    """What a training run gives besides its checkpoints.

    Attributes:
        log: step, loss (mean over the step's trained tokens, nats; of preference pairs
            `preference_trainer`, else see its objective), learning_rate, tokens (cumulative, prompt and
            response, without padding); contract RUN_LOG.
        probes: log-probabilities of a few demonstrations, before training and at each checkpoint; contract
            PROBES.
        trained_tokens: what each demonstration has under the loss; contract TRAINED_TOKENS.
        manifest: steps with the digests of their files, final_step, parameter_count, trainable_parameters,
            spec and package versions.
    """

    log: pl.DataFrame
    probes: pl.DataFrame
    trained_tokens: pl.DataFrame
    manifest: dict


def checkpoint_steps(checkpoints: Sequence[Step], final_step: int) -> list[int]:
    """The optimiser steps that a recipe's `checkpoints` name, ascending.

    Raises:
        UserError: a step beyond the last one.
    """
    steps = {step if isinstance(step, int) else final_step for step in checkpoints}
    beyond = sorted(step for step in steps if not 1 <= step <= final_step)
    if beyond:
        raise UserError(
            problem(
                "recipe: checkpoints",
                beyond[0],
                f"a step from 1 to {final_step}, the last one of this recipe, or 'final'",
                "Name an earlier step, or raise `epochs` or `max_steps`.",
            )
        )
    return sorted(steps)


def last_checkpoint(checkpoints: Path | str, manifest: Path | str) -> Path:
    """The model folder of a run's last step.

    Raises:
        UserError: the run has no checkpoint there.
    """
    found = read_json(manifest)
    if str(found["final_step"]) not in found["steps"]:
        expected = f"one at its last step, {found['final_step']}"
        fix = "Add `final` to the `checkpoints` of the recipe that is started from."
        raise UserError(problem(f"{manifest}: checkpoints", sorted(map(int, found["steps"])), expected, fix))
    return Path(checkpoints) / f"step-{found['final_step']}"


def train(
    spec: TrainSpec,
    model_folder: Path | str,
    corpus: pl.DataFrame,
    checkpoints_folder: Path | str,
    state_folder: Path | str,
    options: TrainingOptions | None = None,
) -> TrainingResult:
    """Train a student and write its checkpoints as `<checkpoints_folder>/step-<n>/`.

    Args:
        spec: how it is trained.
        model_folder: the base student, or the checkpoint that the training starts from.
        corpus: a frame that keeps the contract CORPUS.
        checkpoints_folder: where checkpoints are written; earlier ones are removed.
        state_folder: where an interrupted run left its state; deleted after success.
        options: how it is run.

    Raises:
        UserError: an unreadable student, an empty or malformed corpus, a row that is too long, a checkpoint
            beyond the last step, adapters on layers that are not there, rows that cannot be packed, a loss
            that is not finite, processes or a tracker that cannot be had, or too little memory.
    """
    options = options or TrainingOptions()
    model_folder, checkpoints, state = Path(model_folder), Path(checkpoints_folder), Path(state_folder)
    with fast_imports():
        prepare_libraries(options.threads)
    options = checked_options(options, spec.batch_size)
    final_step = spec.steps_on(corpus.height)
    steps = checkpoint_steps(spec.checkpoints, final_step) if final_step else []
    _open_state(state, spec, model_folder, corpus)
    _fit_in_memory((spec, model_folder, corpus, state, steps), options)

    fitted = read_json(state / FITTED)
    noted = {step: read_json(noted_probes(state / "weights", step))["logprobs"] for step in (0, *steps)}
    shutil.rmtree(checkpoints, ignore_errors=True)
    checkpoints.mkdir(parents=True)
    digests, parameters = {}, 0
    for step in steps:
        folder = checkpoints / f"step-{step}"
        parameters = write_checkpoint(model_folder, state / "weights" / str(step), folder, spec.precision)
        digests[str(step)] = {"digests": folder_digests(folder)}
    (state / KEY).unlink()  # first of all, so that what a kill leaves of the rest is not taken up
    shutil.rmtree(state)
    manifest = {
        "steps": digests,
        "final_step": final_step,
        "parameter_count": parameters,
        "trainable_parameters": fitted["trainable_parameters"],
        "spec": spec.model_dump(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    probes = [Probe(*probe) for probe in fitted["probes"]]
    return TrainingResult(
        log=_log_table(fitted["log"]),
        probes=probe_table(corpus.head(len(probes)), probes, noted),
        trained_tokens=pl.DataFrame(fitted["trained_tokens"], schema=TRAINED_TOKENS_SCHEMA),
        manifest=manifest,
    )


def _fit_in_memory(work: tuple, options: TrainingOptions) -> None:
    """Train in so many processes; on full GPUs again, or from where it stood, with half the rows at once.

    Raises:
        UserError: see `train`; a device does not hold one row, or not as many as config.yaml says.
    """
    rows = options.device_batch_size
    while True:
        asked = replace(options, device_batch_size=rows)
        state = work[3]
        try:
            with fast_imports():
                from skillift.training.callbacks import last_state
            arguments = (*work, last_state(state / "trainer"), asked)
            fit = import_module(f"skillift.training.objectives.{work[0].objective}").fit
            if options.processes > 1:
                in_processes(fit, options.processes, *arguments)
            else:
                fit(*arguments)
            return
        except DeviceMemoryError as error:
            share = math.ceil(work[0].batch_size / options.processes)
            if options.device_batch_size is not None or rows == 1 or share == 1:
                raise
            rows = math.ceil((rows or share) / 2)
            print(f"{error} Training with {rows} rows at once.", file=sys.stderr)
        free_device_memory()


def _open_state(state: Path, spec: TrainSpec, model_folder: Path, corpus: pl.DataFrame) -> None:
    """Keep what an interrupted run of this very training left; remove what any other left."""
    identity = {"spec": spec.model_dump(), "model": folder_digests(model_folder), "corpus": corpus.rows()}
    key = {"key": hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()}
    key_file = state / KEY
    if not (key_file.is_file() and read_json(key_file) == key):
        shutil.rmtree(state, ignore_errors=True)
        write_json(key, key_file)


def _log_table(history: list[dict]) -> pl.DataFrame:
    """The table of contract RUN_LOG; with the columns that its objective logs besides."""
    rows = [entry for entry in history if "loss" in entry]
    found = pl.DataFrame(
        {
            "step": [entry["step"] for entry in rows],
            "loss": [float(entry["loss"]) for entry in rows],
            "learning_rate": [float(entry["learning_rate"]) for entry in rows],
            "tokens": [int(entry["num_input_tokens_seen"]) for entry in rows],
        },
        schema={"step": pl.Int64, "loss": pl.Float64, "learning_rate": pl.Float64, "tokens": pl.Int64},
    )
    besides = [name for name in (*OF_PAIRS, *OF_REWARDS) if rows and name in rows[0]]
    return found.with_columns(pl.Series(name, [entry[name] for entry in rows]) for name in besides)
