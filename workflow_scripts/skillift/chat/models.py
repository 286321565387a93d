"""What is asked and what comes back: a chat model as a study declares it, a request, an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

from skillift.chat import offline_judges
from skillift.errors import UserError, problem

if TYPE_CHECKING:
    from skillift.settings.chat_models import AskedModel, AskedTeacher, Judge, Paraphraser
    from skillift.settings.models import ApiReference

    Entry = AskedModel | AskedTeacher | Judge | Paraphraser | ApiReference

Result = TypeVar("Result")

_SETTINGS = ("api_base", "temperature", "top_p", "max_tokens", "extra_body")
# servers that take a schema whatever model they serve; of the other providers litellm knows which models do
_SCHEMA_PROVIDERS = ("hosted_vllm", "llamafile", "lm_studio", "ollama", "ollama_chat")


@dataclass(frozen=True)
class ChatModel:
    """A model and its sampling settings, as a study declares them.

    `response_format`, one of `skillift.settings.chat_models.ResponseFormat`, is how the form of a
    structured reply is asked for; None for the provider's. `price` is (input, output) in USD per million
    tokens, and `where` the model's place in the study file, for messages; neither changes an answer.
    """

    model: str
    api_base: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    extra_body: dict | None = None
    response_format: str | None = None
    price: tuple[float, float] | None = None
    where: str = field(default="judge", compare=False)

    @classmethod
    def from_entry(cls, entry: Entry, where: str = "judge") -> ChatModel:
        """The model of a judge's (teacher's, reference model's) entry in a study file.

        Args:
            entry: the entry.
            where: its place in the study file, such as `judges.main`.

        Raises:
            UserError: an offline judge that does not exist.
        """
        name = entry.model
        provider, _, rest = name.partition("/")
        if provider == offline_judges.PROVIDER and rest not in offline_judges.JUDGES:
            known = ", ".join(f"offline/{judge}" for judge in offline_judges.JUDGES)
            raise UserError(
                problem(f"{where}, key 'model'", name, f"one of {known}, or a model of another provider")
            )
        settings = {key: getattr(entry, key) for key in _SETTINGS}
        form = getattr(entry, "response_format", None)  # of judges
        price = (
            None if entry.price is None else (entry.price.input_per_million, entry.price.output_per_million)
        )
        return cls(model=name, price=price, where=where, response_format=form, **settings)

    @property
    def offline(self) -> bool:
        """Whether the model is a program of this library."""
        return self.model.startswith(f"{offline_judges.PROVIDER}/")

    @property
    def structured(self) -> str | None:
        """How the form of a reply is asked for; None where litellm knows whether the model takes a schema."""
        by_schema = self.model.partition("/")[0] in _SCHEMA_PROVIDERS
        return self.response_format or ("json_schema" if by_schema else None)

    @property
    def sampling(self) -> dict:
        """The settings that are declared, by litellm's names."""
        return {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}


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
        if self.response_schema is not None and self.model.structured:
            content["response_format"] = self.model.structured
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ChatAnswer:
    """What came back: `answered`, `truncated` (out of tokens), `refused` or `failed`, with the reason.

    A reply that the provider filtered is `refused`, without text: what it had written is in the reason. What
    failed attempts cost is no part of `cost_usd`: it stands in the ledger alone.
    """

    status: str
    text: str = ""
    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Spent(TypedDict):
    """What a reply took, as `ChatAnswer` and verdicts have it."""

    prompt_tokens: int
    completion_tokens: int
    cost_usd: float


class Asker(Protocol):
    """What asks chat models: `client.ChatClient`, or what stands in for it."""

    def ask_all(self, requests: Sequence[ChatRequest], label: str = "") -> list[ChatAnswer]:
        """The answers to `requests`, in their order."""
        ...

    def run_all(
        self,
        conversations: Sequence[Coroutine[Any, Any, Result]],
        label: str = "",
        requests: Sequence[ChatRequest] = (),
    ) -> list[Result]:
        """The results of coroutines that await `ask`, in their order."""
        ...

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """The answer to one request."""
        ...

    def end(self, error: UserError) -> UserError:
        """Let no more calls leave, as `error` is about to be raised."""
        ...
