"""Which models are asked in batches, and how; nothing here can change an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skillift.chat.batches.providers import PROVIDERS, batches_of, provider_of
from skillift.chat.models import ChatModel
from skillift.errors import UserError, problem
from skillift.settings.config import ApiConfig

ALL = "all"


@dataclass(frozen=True)
class BatchSettings:
    """Which models are asked in batches, and how.

    Args:
        models: their names; `all` stands for every model whose provider offers batches at its own address.
        poll_s: seconds between two looks at a batch. For as long, a batch whose creation was not
            acknowledged is looked for before it is created again.
        wait_h: hours after which a batch is cancelled; providers promise 24.
        most_requests: in one batch; a job with more submits several.
        discount: share of the price that a batch saves.
    """

    models: frozenset[str] = frozenset()
    poll_s: float = 60.0
    wait_h: float = 26.0
    most_requests: int = 10_000
    discount: float = 0.5

    @classmethod
    def of(cls, api: ApiConfig) -> BatchSettings:
        """As `api` in config.yaml says.

        Raises:
            UserError: a model cannot be asked in batches.
        """
        named = [ALL] if api.batch is True else api.batch or []
        return cls(
            models=batched_models(named),
            poll_s=api.batch_poll_s,
            wait_h=api.batch_wait_h,
            most_requests=api.batch_requests,
            discount=api.batch_discount,
        )

    def takes(self, model: ChatModel) -> bool:
        """Whether the model is asked in batches."""
        if model.model in self.models or ALL not in self.models:
            return model.model in self.models
        known = model.api_base is None and provider_of(model.model) in PROVIDERS
        return known and batches_of(model.model).own_address

    def share(self, model: ChatModel) -> float:
        """The share of its price that the model's requests cost."""
        return 1.0 - self.discount if self.takes(model) else 1.0


def batched_models(names: Iterable[str]) -> frozenset[str]:
    """The models of `api.batch`, checked.

    Raises:
        UserError: one whose provider has no batches that this library speaks.
    """
    for name in names:
        if name != ALL and not (provider_of(name) in PROVIDERS and name.partition("/")[2]):
            expected = f"true, or names of models of these providers: {', '.join(PROVIDERS)}"
            fix = "Take it out: models that are not named are asked directly."
            raise UserError(problem("config.yaml: api.batch", name, expected, fix))
    return frozenset(names)
