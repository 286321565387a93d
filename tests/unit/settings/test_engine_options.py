"""What `engine` in config.yaml says reaches the engine, and what says nothing to it does not."""

from __future__ import annotations

import argparse

import pytest

from skillift.engines.interface import RunOptions
from skillift.settings.command_options import add_options, given, words
from skillift.settings.config import EngineConfig
from skillift.study.study import load_config


def read(*arguments: str) -> RunOptions:
    parser = argparse.ArgumentParser()
    add_options(parser, EngineConfig, "`engine` in config.yaml")
    return RunOptions(4, **given(parser.parse_args(arguments), EngineConfig).model_dump())


def test_every_setting_arrives_and_what_is_left_out_keeps_its_default():
    settings = {"max_num_seqs": 7, "kv_cache_gib": 2, "gpu_memory_utilization": 0.5}
    settings |= {"tensor_parallel": 2, "data_parallel": 3, "prefix_caching": False}
    assert read(*words(EngineConfig(**settings))) == RunOptions(4, 7, 2.0, 0.5, 2, 3, False)
    assert read() == RunOptions(4)


def test_the_defaults_of_config_yaml_are_those_of_the_engines():
    config = load_config({"study": "studies/smoke.yaml"})
    assert read(*words(EngineConfig(**config["engine"]))) == RunOptions(4)


def test_a_switch_is_true_or_false_and_a_number_in_its_range(capsys):
    with pytest.raises(SystemExit):
        read("--max-num-seqs", "0")
    assert "--max-num-seqs: found '0', expected a whole number at least 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        read("--prefix-caching", "yes")
    assert "found 'yes', expected true or false" in capsys.readouterr().err
