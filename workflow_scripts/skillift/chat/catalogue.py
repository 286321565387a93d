"""Whether a provider serves a model, asked of its list of models, which costs nothing.

Most providers answer `GET <address>/models` with the names they serve, and many `GET <address>/models/<name>`
for one of them, aliases included. Where neither can be had, nothing is known, and the first call will tell.
"""

from __future__ import annotations

import difflib
import json
import os
import urllib.error
import urllib.parse
import urllib.request

from skillift.chat.completions import load_litellm
from skillift.chat.models import ChatModel
from skillift.errors import UserError, problem

# litellm tells the addresses of the others
_ADDRESSES = {
    "anthropic": "https://api.anthropic.com/v1",
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
}
_TIMEOUT_S = 10.0
_SHOWN = 5  # served models that a message names


def check_served(model: ChatModel) -> None:
    """Refuse a model that its provider says it does not serve.

    Raises:
        UserError: the list of models can be had, and neither has the model nor knows it under another name.
    """
    name, provider, key, address = load_litellm().get_llm_provider(model.model, api_base=model.api_base)
    address = address or _ADDRESSES.get(provider)
    if address is None:
        return
    headers = _headers(provider, key or os.environ.get(f"{provider.upper()}_API_KEY"))
    models = f"{address.rstrip('/')}/models"
    served = _names(_get(models, headers)[1])
    # a proxy may list patterns; a variant (`:free`, `:latest`) goes by the name before the colon
    if not served or any("*" in one for one in served) or _plain(name) in map(_plain, served):
        return
    status, _ = _get(f"{models}/{urllib.parse.quote(name)}", headers)
    if status != 404:
        return
    near = difflib.get_close_matches(name, served, _SHOWN, 0.4) or served[:_SHOWN]
    more = ", ..." if len(served) > len(near) else ""
    raise UserError(
        problem(
            f"{model.where}, key 'model'",
            model.model,
            f"a model that {address} serves ({', '.join(near)}{more})",
            "Correct the name; what stands before its first slash is the provider.",
        )
    )


def _headers(provider: str, key: str | None) -> dict[str, str]:
    if key is None:
        return {}
    if provider == "anthropic":
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return {"Authorization": f"Bearer {key}"}


def _get(url: str, headers: dict[str, str]) -> tuple[int | None, object]:
    """Status and JSON document of `url`; None for what could not be had."""
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, None
    except (OSError, ValueError):
        return None, None


def _names(document: object) -> list[str]:
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return []
    return [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _plain(name: str) -> str:
    return name.partition(":")[0]
