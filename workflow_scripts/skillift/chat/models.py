"""What is asked and what comes back: a chat model as a study declares it, a request, an answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from skillift.errors import UserError, problem
from skillift.judging import offline_judges

_SETTINGS = ("api_base", "temperature", "top_p", "max_tokens", "extra_body")


@dataclass(frozen=True)
class ChatModel:
    """A model and its sampling settings, as a study declares them.

    `price` is (input, output) in USD per million tokens, and `where` the model's place in the study file,
    for messages; neither changes an answer.
    """

    model: str
    api_base: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    extra_body: dict | None = None
    price: tuple[float, float] | None = None
    where: str = field(default="judge", compare=False)

    @classmethod
    def from_entry(cls, entry: dict, where: str = "judge") -> ChatModel:
        """The model of a judge's (teacher's, reference model's) entry in a study file.

        Args:
            entry: `model`, and any of the settings and `price`.
            where: the entry's place in the study file, such as `judges.main`.

        Raises:
            UserError: the entry names no model, or an offline judge that does not exist.
        """
        name = entry.get("model")
        if not isinstance(name, str) or "/" not in name:
            raise UserError(problem(f"{where}, key 'model'", name, "<provider>/<model>, as litellm names it"))
        provider, _, rest = name.partition("/")
        if provider == offline_judges.PROVIDER and rest not in offline_judges.JUDGES:
            known = ", ".join(f"offline/{judge}" for judge in offline_judges.JUDGES)
            raise UserError(
                problem(f"{where}, key 'model'", name, f"one of {known}, or a model of another provider")
            )
        settings = {key: entry.get(key) for key in _SETTINGS}
        return cls(model=name, price=_price(entry.get("price"), where), where=where, **settings)

    @property
    def offline(self) -> bool:
        """Whether the model is a program of this library."""
        return self.model.startswith(f"{offline_judges.PROVIDER}/")

    @property
    def sampling(self) -> dict:
        """The settings that are declared, by litellm's names."""
        return {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}


def _price(declared: dict | None, where: str) -> tuple[float, float] | None:
    if not declared:
        return None
    found = tuple(declared.get(f"{name}_per_million") for name in ("input", "output"))
    if any(isinstance(usd, bool) or not isinstance(usd, int | float) or not usd >= 0 for usd in found):
        expected = "input_per_million and output_per_million, numbers in USD"
        raise UserError(problem(f"{where}, key 'price'", declared, expected))
    return found


@dataclass(frozen=True)
class ChatRequest:
    """One question: everything that can change its answer."""

    model: ChatModel
    messages: list[dict]
    response_schema: dict | None = None
    sample: int = 0

    def key(self) -> str:
        """SHA-256 of the canonical JSON of all that can change the answer."""
        content = {
            "model": self.model.model,
            "settings": self.model.sampling,
            "messages": self.messages,
            "response_schema": self.response_schema,
            "sample": self.sample,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ChatAnswer:
    """What came back: `answered`, `truncated` (out of tokens), `refused` or `failed`, with the reason.

    What failed attempts cost is no part of `cost_usd`: it stands in the ledger alone.
    """

    status: str
    text: str = ""
    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
