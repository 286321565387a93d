"""Batches of a server of one's own that offers OpenAI's (vLLM's own does not)."""

from __future__ import annotations

from skillift.chat.batches.openai_api import OpenAIBatches


class ServerBatches(OpenAIBatches):
    """Batches as OpenAI has them, at an address that the model's entry names; see `BatchApi`."""

    own_address = False


BATCHES = ServerBatches
