"""The one client for models that answer over a chat API: judges, and later teachers and reference models.

Requests go through litellm's asynchronous API, a bounded number at once. Every request ends in a
`ChatAnswer` with a status; nothing that a provider does raises. Equal requests within one client are asked
once, and answers are kept in `skillift.answer_cache`. Judges of the provider `offline`
(`skillift.offline_judges`) take the same way.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import os
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from skillift import offline_judges
from skillift.answer_cache import AnswerCache
from skillift.errors import UserError, problem

Result = TypeVar("Result")

_MAX_REASON = 300  # characters of a provider's error that are kept


@dataclass(frozen=True)
class ChatModel:
    """A model and its sampling settings, as a study declares them.

    `price` is (input, output) in USD per million tokens; it does not change an answer.
    """

    model: str
    api_base: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    extra_body: dict | None = None
    price: tuple[float, float] | None = None

    @classmethod
    def from_entry(cls, entry: dict) -> ChatModel:
        """The model of a judge's entry in a study file.

        Raises:
            UserError: the entry names no model, or an offline judge that does not exist.
        """
        name = entry.get("model")
        if not isinstance(name, str) or "/" not in name:
            raise UserError(problem("judge, key 'model'", name, "<provider>/<model>, as litellm names it"))
        provider, _, rest = name.partition("/")
        if provider == offline_judges.PROVIDER and rest not in offline_judges.JUDGES:
            known = ", ".join(f"offline/{judge}" for judge in offline_judges.JUDGES)
            raise UserError(
                problem("judge, key 'model'", name, f"one of {known}, or a model of another provider")
            )
        price = entry.get("price")
        settings = {
            key: entry.get(key) for key in ("api_base", "temperature", "top_p", "max_tokens", "extra_body")
        }
        return cls(model=name, price=(price["input"], price["output"]) if price else None, **settings)

    @property
    def offline(self) -> bool:
        """Whether the model is a program of this library."""
        return self.model.startswith(f"{offline_judges.PROVIDER}/")

    @property
    def sampling(self) -> dict:
        """The settings that are declared, by litellm's names."""
        names = ("api_base", "temperature", "top_p", "max_tokens", "extra_body")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


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
    """What came back: `answered`, `truncated` (out of tokens), `refused` or `failed`, with the reason."""

    status: str
    text: str = ""
    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@dataclass
class ChatClient:
    """Asks chat models. A context manager that keeps one event loop for its life.

    Args:
        concurrency: requests under way at once.
        timeout_s: seconds after which a request has failed.
        cache: where answers are kept; None to keep none.
    """

    concurrency: int = 64
    timeout_s: float = 120.0
    cache: AnswerCache | None = None
    _asked: dict[str, asyncio.Task] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.concurrency)
        self._runner = asyncio.Runner()

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def ask_all(self, requests: Sequence[ChatRequest], label: str = "") -> list[ChatAnswer]:
        """The answers to `requests`, in their order.

        Raises:
            UserError: the cache of answers cannot be used; answers kept before are not lost.
        """
        return self.run_all([self.ask(request) for request in requests], label)

    def run_all(self, conversations: Sequence[Coroutine[Any, Any, Result]], label: str = "") -> list[Result]:
        """Run coroutines that await `ask`, all at once, with a progress bar; their results in order."""
        return self._runner.run(_gather(conversations, label))

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """The answer to one request. A request asked before is not asked, and not paid, again."""
        key = request.key()
        if key in self._asked:
            return replace(await self._asked[key], cost_usd=0.0)
        self._asked[key] = asyncio.ensure_future(self._answer(key, request))
        return await self._asked[key]

    async def _answer(self, key: str, request: ChatRequest) -> ChatAnswer:
        # an offline judge's answer depends on this library's code, which no key can name
        cache = None if request.model.offline else self.cache
        if cache is not None and (kept := cache.get(key)) is not None:
            return ChatAnswer(**kept)
        async with self._slots:
            answer = await self._dispatch(request)
        if cache is not None and answer.status != "failed":
            cache.put(key, asdict(answer))
        return answer

    async def _dispatch(self, request: ChatRequest) -> ChatAnswer:
        """Every request that leaves passes here: the place for retries and for the budget."""
        return await self._attempt(request)

    async def _attempt(self, request: ChatRequest) -> ChatAnswer:
        litellm = load_litellm()
        options = dict(request.model.sampling)
        if request.response_schema is not None and _takes_schema(request.model.model):
            schema = {"name": "reply", "schema": request.response_schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        try:
            async with asyncio.timeout(self.timeout_s):
                response = await litellm.acompletion(
                    model=request.model.model,
                    messages=[dict(message) for message in request.messages],
                    timeout=self.timeout_s,
                    # with the retries of litellm and of its SDKs, one request was seen asked seven times
                    num_retries=0,
                    max_retries=0,
                    **options,
                )
        except TimeoutError:
            return ChatAnswer("failed", reason=f"no answer within {self.timeout_s:g} s")
        except litellm.ContentPolicyViolationError as error:
            return ChatAnswer("refused", reason=_brief(error))
        except Exception as error:  # whatever a provider or its SDK raises is one request's failure
            return ChatAnswer("failed", reason=_brief(error))
        return _read(response, request.model)


def add_client_options(arguments: argparse.ArgumentParser) -> None:
    """Declare how requests are sent: `--cache`, `--concurrency` and `--timeout`."""
    arguments.add_argument("--cache", type=Path, required=True, help="cache of answers, a SQLite file")
    arguments.add_argument("--concurrency", type=int, default=64, help="requests under way at once")
    arguments.add_argument("--timeout", type=float, default=120.0, help="seconds until a request has failed")


async def _gather(conversations: Sequence[Coroutine], label: str) -> list:
    tasks = [asyncio.ensure_future(conversation) for conversation in conversations]
    with tqdm(total=len(tasks), desc=label, unit="answer", disable=None) as bar:
        for task in tasks:
            task.add_done_callback(lambda _: bar.update())
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise


@cache
def load_litellm():
    """litellm, imported once, with its network access at import, debug output and .env files off."""
    # else it fetches its price map while it is imported
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # else it loads .env files; keys come from the environment only
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    collecting = gc.isenabled()
    gc.disable()  # the import makes very many lasting objects; walking them takes 0.4 of its 2.4 s
    try:
        import litellm
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    offline_judges.register(litellm)
    return litellm


@cache
def _takes_schema(model: str) -> bool:
    return load_litellm().supports_response_schema(model=model)


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_MAX_REASON]


def _read(response: Any, model: ChatModel) -> ChatAnswer:
    usage = getattr(response, "usage", None)
    prompt_tokens = getattr(usage, "prompt_tokens", None) or 0
    completion_tokens = getattr(usage, "completion_tokens", None) or 0
    spent = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "cost_usd": _cost(response, model, prompt_tokens, completion_tokens),
    }
    if not response.choices:
        return ChatAnswer("failed", reason="the reply has no choices", **spent)
    choice = response.choices[0]
    text = choice.message.content or ""
    refusal = (choice.message.provider_specific_fields or {}).get("refusal")
    if choice.finish_reason == "content_filter" or refusal:
        return ChatAnswer("refused", text=text, reason=refusal or "filtered by the provider", **spent)
    status = "truncated" if choice.finish_reason == "length" else "answered"
    return ChatAnswer(status, text=text, **spent)


def _cost(response: Any, model: ChatModel, prompt_tokens: int, completion_tokens: int) -> float:
    """USD: by the declared price, else as litellm's price map has it (0 where it does not know the model)."""
    if model.price is not None:
        return (prompt_tokens * model.price[0] + completion_tokens * model.price[1]) / 1e6
    return float(response._hidden_params.get("response_cost") or 0.0)
