"""Which student answers and how its engine is run, as options of the commands that have one answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.engines.interface import Composition, RunOptions
from skillift.episodes.answering import checkpoint_folders
from skillift.episodes.served_models import composed
from skillift.settings.command_options import add_options, given
from skillift.settings.config import EngineConfig
from skillift.tables import read_json


def add_engine_options(arguments: argparse.ArgumentParser) -> None:
    """Declare the base student, and how its engine is run: `run_options` reads that."""
    arguments.add_argument("--model", type=Path, required=True, help="model folder of the base student")
    arguments.add_argument("--threads", type=int, default=1, help="CPU threads")
    add_options(arguments, EngineConfig, "`engine` in config.yaml")


def add_run_options(arguments: argparse.ArgumentParser) -> None:
    """Declare the checkpoints of a run beside `add_engine_options`: `models_by_step` reads them."""
    arguments.add_argument("--checkpoints", type=Path, help="folder of the run's checkpoints")
    arguments.add_argument("--manifest", type=Path, help="manifest of the run")
    arguments.add_argument(
        "--small", type=Path, help="base student of the run whose training is borrowed, of an emulated run"
    )


def run_options(options: argparse.Namespace) -> RunOptions:
    """How a command was told to run the engine."""
    return RunOptions(options.threads, **given(options, EngineConfig).model_dump())


def models_by_step(options: argparse.Namespace) -> tuple[dict[int, Path], Composition | None]:
    """The model folders that answer by step, and of an emulated run what their scores are composed with.

    Args:
        options: of a command with `add_run_options`, whose `spec` is an `EpisodesSpec`.

    Raises:
        UserError: a step that the run has no checkpoint of, or `--small` without an emulated run or this
            without that.
    """
    manifest = read_json(options.manifest) if options.manifest else None
    checkpoints = checkpoint_folders(options.spec.checkpoints, options.model, options.checkpoints, manifest)
    return composed(checkpoints, options.model, options.small, options.spec.emulated)
