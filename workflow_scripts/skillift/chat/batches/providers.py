"""Whose batches are spoken: a module `<provider>_api` for each, whose `BATCHES` is a class of `BatchApi`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module

from skillift.chat.batches.api import BatchApi
from skillift.chat.models import ChatModel
from skillift.named_modules import names_in

PROVIDERS = names_in("chat.batches", "_api")


def provider_of(model: str) -> str:
    """The provider in a model's name, such as `anthropic` in `anthropic/claude-haiku-4-5`."""
    return model.partition("/")[0]


def provider_modules(models: Iterable[str]) -> list[str]:
    """The modules that speak the batches of these models, for digests of code (`skillift.provenance`)."""
    found = {provider_of(model) for model in models} & set(PROVIDERS)
    return [f"{__package__}.{provider}_api" for provider in sorted(found)]


def batches_of(model: str) -> type[BatchApi]:
    """How the batches of a model's provider, one of `PROVIDERS`, are spoken."""
    (module,) = provider_modules([model])
    return import_module(module).BATCHES


def open_api(model: ChatModel, timeout_s: float, secrets: Mapping[str, str]) -> BatchApi:
    """The batches of a model's provider.

    Args:
        model: whose; of one of `PROVIDERS`.
        timeout_s: the longest wait for one reply.
        secrets: what is taken out of every text, as `redaction.secrets` gives it.
    """
    return batches_of(model.model)(model, timeout_s, secrets)
