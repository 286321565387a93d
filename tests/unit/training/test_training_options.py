"""How a training is run: from config.yaml to the command, and what may stand there."""

from __future__ import annotations

import argparse

import pytest

from skillift.errors import UserError
from skillift.settings.command_options import add_options, given, words
from skillift.settings.config import TrainingConfig
from skillift.study.study import load_config
from skillift.training.processes import checked_options
from skillift.training.training_options import TrainingOptions


def options_of(training: dict) -> TrainingOptions:
    """Through config.yaml's schema and the command line."""
    config = load_config({"study": "studies/embedded.yaml", "training": training})
    arguments = argparse.ArgumentParser()
    add_options(arguments, TrainingConfig, "`training` in config.yaml")
    called = arguments.parse_args(words(TrainingConfig(**config["training"])))
    return TrainingOptions.of(given(called, TrainingConfig), project="mine")


def test_what_config_leaves_out_is_the_librarys_default():
    assert options_of({}) == TrainingOptions(project="mine")


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ({"processes": 2}, {"processes": 2}),
        ({"processes": "auto"}, {"processes": 0}),
        ({"device_batch_size": 4}, {"device_batch_size": 4}),
        ({"device_batch_size": None}, {"device_batch_size": None}),
        ({"gradient_checkpointing": True}, {"gradient_checkpointing": True}),
        ({"gradient_checkpointing": False}, {"gradient_checkpointing": False}),
        ({"gradient_checkpointing": "auto"}, {"gradient_checkpointing": None}),
        ({"fsdp": True}, {"fsdp": True}),
        ({"state_interval_s": 7.5}, {"state_interval_s": 7.5}),
        ({"tracker": "wandb"}, {"tracker": "wandb"}),
    ],
    ids=lambda value: "-".join(f"{name}={entry}" for name, entry in value.items()),
)
def test_what_config_says_reaches_the_training(training, expected):
    assert options_of(training) == TrainingOptions(**expected, project="mine")


@pytest.mark.parametrize(
    "training",
    [{"processes": 0}, {"device_batch_size": 0}, {"tracker": "tensorboard"}, {"batch_size": 4}],
    ids=lambda value: next(iter(value)),
)
def test_what_config_may_not_say_is_refused(training):
    with pytest.raises(UserError, match=f"training.*{next(iter(training))}"):
        options_of(training)


@pytest.mark.models
def test_a_tracker_that_is_not_installed_is_told_with_its_package(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"training\.tracker: found 'wandb'.*pip install wandb"):
        checked_options(TrainingOptions(tracker="wandb"), 4)
