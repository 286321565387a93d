"""How requests are sent, and when a job gives up, as options of a command; no answer depends on it."""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.chat.batches.batch_settings import BatchSettings
from skillift.settings.chat_models import Judging
from skillift.settings.command_options import add_options, given, words
from skillift.settings.config import ApiConfig

GIVING_UP = ("max_failed_share", "max_unparsed_in_a_row")  # of the study's `judging`


def add_client_options(arguments: argparse.ArgumentParser) -> None:
    """Declare how requests are sent, and when a job gives up; `chat.open_client` makes a client of them."""
    arguments.add_argument("--cache", type=Path, required=True, help="cache of answers, a SQLite file")
    add_options(arguments, ApiConfig, "`api` in config.yaml")
    add_options(arguments, Judging, "`judging` in the study file", GIVING_UP)


def client_options(options: argparse.Namespace) -> dict:
    """The arguments of `chat.ChatClient`, without its cache.

    Raises:
        UserError: a model cannot be asked in batches.
    """
    api = given(options, ApiConfig)
    sent = {name: value for name, value in api.model_dump().items() if not name.startswith("batch")}
    return {
        **sent,
        "max_failed_share": given(options, Judging).max_failed_share,
        "batch": BatchSettings.of(api),
    }


def client_words(api: ApiConfig, judging: Judging) -> list[str]:
    """The options of a command that say what config.yaml and the study say.

    Raises:
        UserError: a model cannot be asked in batches.
    """
    BatchSettings.of(api)
    return [*words(api), *words(judging, GIVING_UP)]
