"""Whether a model can be asked at all, found out before its first call: provider, key, settings."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

from skillift.chat.catalogue import check_served
from skillift.chat.completions import load_litellm, refused_setting
from skillift.chat.models import ChatModel
from skillift.errors import UserError, problem

_CONNECT_S = 10.0


def check_access(model: ChatModel) -> None:
    """Check what can be checked without a call.

    Raises:
        UserError: litellm does not know the provider, the environment lacks its key, the model does not take
            a declared setting, nothing listens at `api_base`, or the provider does not serve the model. It
            names the study file's key and the fix.
    """
    if model.offline or not check_key(model):
        return
    if model.api_base:
        _check_address(model)
    check_served(model)


def check_key(model: ChatModel) -> bool:
    """Check provider and key, without a network.

    Returns:
        Whether the model is behind an API of litellm's: false for the offline ones and those that are added.

    Raises:
        UserError: litellm does not know the provider, the environment lacks its key, or the model does not
            take a declared setting.
    """
    if model.offline:
        return False
    litellm = load_litellm()
    provider = model.model.partition("/")[0]
    if provider in {entry["provider"] for entry in litellm.custom_provider_map}:
        return False
    try:
        litellm.get_llm_provider(model.model, api_base=model.api_base)
    except litellm.BadRequestError:
        fix = "litellm's documentation lists them: anthropic/..., openrouter/..., hosted_vllm/... and others."
        expected = "<provider>/<model> with a provider that litellm knows"
        raise UserError(problem(f"{model.where}, key 'model'", model.model, expected, fix)) from None
    missing = litellm.validate_environment(model.model)["missing_keys"]
    missing += [name for name in (f"{provider.upper()}_API_KEY",) if os.environ.get(name) == ""]
    if missing:
        names = " or ".join(missing) if provider == "gemini" else ", ".join(missing)
        fix = f"Set {names} in the environment. Keys are read from nowhere else."
        where = f"{model.where}, key 'model' ({model.model})"
        raise UserError(problem(where, f"no {names} in the environment", "the provider's key there", fix))
    key, said, fix = refused_setting(model)
    if key:
        where = f"{model.where}, key '{key}' ({model.model})"
        raise UserError(problem(where, getattr(model, key), f"what the model takes ({said})", fix))
    return True


def _check_address(model: ChatModel) -> None:
    """Try to connect, and hang up."""
    try:
        address = urlsplit(model.api_base or "")
        port = address.port or (443 if address.scheme == "https" else 80)
        if os.environ.get(f"{address.scheme}_proxy") or os.environ.get(f"{address.scheme.upper()}_PROXY"):
            return  # the proxy may reach what this machine cannot
        socket.create_connection((address.hostname or "", port), _CONNECT_S).close()
    except (OSError, ValueError) as error:
        fix = "Start the server, or correct the address; for vLLM it ends in /v1."
        where = f"{model.where}, key 'api_base'"
        found = f"{model.api_base} ({error})"
        raise UserError(problem(where, found, "an address that answers", fix)) from None
