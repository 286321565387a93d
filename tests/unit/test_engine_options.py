"""What `engine` in config.yaml says reaches the engine, and what says nothing to it does not."""

from __future__ import annotations

import argparse

import pytest

from skillift.engines.interface import RunOptions
from skillift.engines.options import add_engine_options, engine_options, run_options
from skillift.study.study import load_config


def read(*arguments: str) -> RunOptions:
    parser = argparse.ArgumentParser()
    add_engine_options(parser)
    return run_options(parser.parse_args(arguments))


def test_every_setting_arrives_and_what_is_left_out_keeps_its_default():
    settings = {"max_num_seqs": 7, "kv_cache_gib": 2, "gpu_memory_utilization": 0.5, "gpus": None}
    settings |= {"tensor_parallel": 2, "data_parallel": 3, "prefix_caching": False}
    assert read("--threads", "4", *engine_options(settings)) == RunOptions(4, 7, 2.0, 0.5, 2, 3, False)
    assert read() == RunOptions()


def test_the_defaults_of_config_yaml_are_those_of_the_engines():
    config = load_config({"study": "studies/smoke.yaml"})
    assert read(*engine_options(config["engine"])) == RunOptions()


def test_a_switch_is_true_or_false(capsys):
    with pytest.raises(SystemExit):
        read("--prefix-caching", "yes")
    assert "found 'yes', expected true or false" in capsys.readouterr().err
