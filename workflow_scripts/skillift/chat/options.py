"""How requests are sent, and when a job gives up, as options of a command; nothing here can change an answer.

config.yaml's section `api` holds how they are sent, the study's section `judging` when a job gives up;
`api_options` and `judging_options` make the options of them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

from skillift.chat.batches.settings import ALL, BatchSettings, batched_models
from skillift.chat.failures import MAX_FAILED_SHARE, MAX_UNPARSED_IN_A_ROW

_SINGLE = {
    "concurrency": "--concurrency",
    "timeout_s": "--timeout",
    "retries": "--retries",
    "backoff_s": "--backoff",
    "requests_per_minute": "--requests-per-minute",
    "tokens_per_minute": "--tokens-per-minute",
    "budget_usd": "--budget",
    "batch_poll_s": "--batch-poll",
    "batch_wait_h": "--batch-wait",
    "batch_requests": "--batch-requests",
    "batch_discount": "--batch-discount",
}


def add_client_options(arguments: argparse.ArgumentParser) -> None:
    """Declare how requests are sent; `chat.open_client` makes a client of them."""
    add = arguments.add_argument
    add("--cache", type=Path, required=True, help="cache of answers, a SQLite file")
    add("--concurrency", type=int, default=64, help="requests under way at once")
    add("--timeout", type=float, default=120.0, help="seconds until a call has failed")
    add("--retries", type=int, default=8, help="how often a failed call is made again")
    add(
        "--backoff", type=float, default=1.0, help="longest pause before the first retry, seconds; it doubles"
    )
    add("--requests-per-minute", type=float, help="limit for each model (default: none)")
    add("--tokens-per-minute", type=float, help="limit for each model, prompts and replies (default: none)")
    add("--budget", type=_usd, help="ceiling of what all jobs of the study spend, USD (default: none)")
    add(
        "--model-budget",
        type=_model_budget,
        action="append",
        default=[],
        metavar="MODEL=USD",
        help="ceiling for one model; may be given several times",
    )
    default = BatchSettings()
    add(
        "--batch",
        action="append",
        default=[],
        metavar="MODEL",
        help=f"model that is asked in batches, or `{ALL}`; may be given several times",
    )
    add("--batch-poll", type=float, default=default.poll_s, help="seconds between two looks at a batch")
    add("--batch-wait", type=float, default=default.wait_h, help="hours after which a batch is cancelled")
    add("--batch-requests", type=int, default=default.most_requests, help="requests of one batch at most")
    add("--batch-discount", type=float, default=default.discount, help="share of the price that it saves")
    share = "share of the questions that may fail; with more, no table is written"
    add("--max-failed-share", type=float, default=MAX_FAILED_SHARE, help=share)
    unparsed = "replies of a judge in a row that cannot be read, after which it is asked no more"
    add("--max-unparsed", type=int, default=MAX_UNPARSED_IN_A_ROW, help=unparsed)


def client_options(options: argparse.Namespace) -> dict:
    """The arguments of `chat.ChatClient`, without its cache.

    Raises:
        UserError: a model cannot be asked in batches.
    """
    return {
        "concurrency": options.concurrency,
        "timeout_s": options.timeout,
        "retries": options.retries,
        "backoff_s": options.backoff,
        "requests_per_minute": options.requests_per_minute,
        "tokens_per_minute": options.tokens_per_minute,
        "budget_usd": options.budget,
        "budgets_usd": dict(options.model_budget),
        "max_failed_share": options.max_failed_share,
        "batch": BatchSettings(
            models=batched_models(options.batch),
            poll_s=options.batch_poll,
            wait_h=options.batch_wait,
            most_requests=options.batch_requests,
            discount=options.batch_discount,
        ),
    }


def api_options(api: Mapping) -> list[str]:
    """The options of a command that say what config.yaml's section `api` says; null is left out.

    Raises:
        UserError: a model cannot be asked in batches.
    """
    options = [
        part
        for key, option in _SINGLE.items()
        if api.get(key) is not None
        for part in (option, str(api[key]))
    ]
    for model, usd in api.get("budgets_usd", {}).items():
        options += ["--model-budget", f"{model}={usd}"]
    batch = api.get("batch") or []
    for model in sorted(batched_models([ALL] if batch is True else batch)):
        options += ["--batch", model]
    return options


def judging_options(judging: Mapping) -> list[str]:
    """The options of a command that say what the study's section `judging` says of when a job gives up."""
    names = {"max_failed_share": "--max-failed-share", "max_unparsed_in_a_row": "--max-unparsed"}
    return [part for key, option in names.items() for part in (option, str(judging[key]))]


def _usd(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected an amount of USD, 0 or more")
    return value


def _model_budget(text: str) -> tuple[str, float]:
    model, _, usd = text.rpartition("=")
    if not model:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected MODEL=USD")
    return model, _usd(usd)
