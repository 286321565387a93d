"""Claims about how config.yaml reaches a client."""

from __future__ import annotations

import argparse

import pytest
import yaml

from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.client import add_client_options, open_client
from skillift.chat.client_options import client_words
from skillift.errors import UserError
from skillift.settings.chat_models import Judging
from skillift.settings.config import ApiConfig
from skillift.study.study import load_config


def _words(**api) -> list[str]:
    return client_words(ApiConfig(**api), Judging())


def _options(*given):
    arguments = argparse.ArgumentParser()
    add_client_options(arguments)
    return arguments.parse_args(given)


def test_every_setting_of_the_configuration_reaches_the_client(tmp_path):
    api = {
        "concurrency": 3,
        "timeout_s": 7.5,
        "retries": 2,
        "backoff_s": 0.5,
        "requests_per_minute": 60.0,
        "tokens_per_minute": 1000.0,
        "budget_usd": 5.0,
        "budgets_usd": {"anthropic/x": 1.5, "openrouter/a/b": 2.0},
    }
    batch = {
        "batch": ["openai/a", "hosted_vllm/b"],
        "batch_poll_s": 5.0,
        "batch_wait_h": 3.0,
        "batch_requests": 7,
        "batch_discount": 0.25,
    }
    assert set(load_config({"study": "a.yaml"})["api"]) <= {*api, *batch}
    given = _words(**api, **batch)
    with open_client(_options(f"--cache={tmp_path / 'a.sqlite'}", *given)) as client:
        assert {name: getattr(client, name) for name in api} == api
        assert client.batch == BatchSettings(frozenset(batch["batch"]), 5.0, 3.0, 7, 0.25)


@pytest.mark.parametrize(("batch", "models"), [(True, {"all"}), (False, set()), ([], set())])
def test_batches_are_for_all_models_that_offer_them_or_for_none(batch, models, tmp_path):
    with open_client(_options(f"--cache={tmp_path / 'a.sqlite'}", *_words(batch=batch))) as client:
        assert client.batch == BatchSettings(frozenset(models))


def test_a_model_whose_provider_has_no_batches_is_an_error_before_any_job():
    with pytest.raises(UserError, match=r"^config\.yaml: api\.batch: found 'openrouter/x'.*openai"):
        _words(batch=["openai/gpt", "openrouter/x"])


@pytest.mark.parametrize(
    "setting",
    [
        {"batch": "openai/gpt"},
        {"batch": [1]},
        {"batch_poll_s": 0},
        {"batch_requests": 0},
        {"batch_requests": 60000},
        {"batch_discount": 1.5},
        {"batch_wait_h": -1},
    ],
)
def test_a_wrong_setting_of_batches_is_named(setting):
    (name,) = setting
    with pytest.raises(UserError, match=rf"api\.{name}"):
        load_config({"study": "a.yaml", "api": setting})


def test_the_defaults_of_the_configuration_are_those_of_the_commands(tmp_path, repository):
    path = repository / "config.yaml"
    api = load_config(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))["api"]
    cache = f"--cache={tmp_path / 'a.sqlite'}"
    with open_client(_options(cache, *_words(**api))) as told, open_client(_options(cache)) as untold:
        for name in (
            "concurrency",
            "timeout_s",
            "retries",
            "backoff_s",
            "budget_usd",
            "budgets_usd",
            "batch",
        ):
            assert getattr(told, name) == getattr(untold, name)


@pytest.mark.parametrize(
    "given", ["--budget-usd=-1", "--budget-usd=nan", "--budgets-usd=anthropic/x", "--budgets-usd=a/x=-1"]
)
def test_a_budget_that_is_no_amount_is_an_error(given, capsys):
    with pytest.raises(SystemExit):
        _options("--cache=a.sqlite", given)
    assert f"argument {given.split('=')[0]}: found" in capsys.readouterr().err
