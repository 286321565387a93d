"""Whose batches are spoken: those of OpenAI's kind, and Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping

from skillift.chat.batches.api import BatchApi
from skillift.chat.batches.api_openai import OpenAIBatches
from skillift.chat.models import ChatModel


def open_api(model: ChatModel, timeout_s: float, secrets: Mapping[str, str]) -> BatchApi:
    """The batches of a model's provider.

    Args:
        model: whose; of one of `batches.settings.PROVIDERS`.
        timeout_s: the longest wait for one reply.
        secrets: what is taken out of every text, as `redaction.secrets` gives it.
    """
    if model.model.startswith("anthropic/"):
        from skillift.chat.batches.api_anthropic import AnthropicBatches

        return AnthropicBatches(model, timeout_s, secrets)
    return OpenAIBatches(model, timeout_s, secrets)
