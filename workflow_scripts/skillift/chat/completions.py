"""One call of one chat model through litellm: the request that leaves, and the reading of what comes back.

A call ends in a `ChatAnswer`, or in a `CallFailed` that `skillift.chat.retries` judges. Nothing else here
knows litellm's exceptions.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from skillift.chat import offline_judges
from skillift.chat.failures import setting_problem
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest, Spent
from skillift.chat.retries import CallFailed, retry_after
from skillift.redaction import redact

_MOST_TOKENS = 2**31
_MAX_REASON = 300  # characters of a provider's error that are kept
_UNUSABLE_RETRIES = 2  # of a reply that came, was paid for, and holds no answer
# finish reasons of replies that broke off; litellm makes `stop` of them, and keeps the provider's own word
_BROKEN = {"error", "network_error", "malformed_response", "abort", "aborted", "cancelled"} | {
    "insufficient_system_resource"  # DeepSeek's
}
FILTERED = "filtered by the provider"
_NOWHERE = "http://nowhere.invalid/v1"  # a name that never resolves (RFC 6761)


@cache
def load_litellm() -> ModuleType:
    """litellm, imported once, with its network access at import, debug output and .env files off."""
    # else it fetches its price map while it is imported
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # else it fetches news of Anthropic's headers with the first call
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    # else it loads .env files; keys come from the environment only
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    os.environ.pop("LITELLM_LOG", None)  # at DEBUG it writes headers, with the keys in them
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
    return litellm


async def complete(
    request: ChatRequest,
    timeout_s: float,
    secrets: Mapping[str, str],
    network: Callable[[Any], Any] | None = None,
) -> ChatAnswer:
    """Make one call: `answered`, `truncated` or `refused`.

    Args:
        request: what is asked.
        timeout_s: the longest wait.
        secrets: what is taken out of every text that comes back, as `redaction.secrets` gives it.
        network: gets the HTTP request (httpx's) and gives the response in place of the network; for
            `skillift.chat.batches.lines`.

    Raises:
        CallFailed: no usable answer came within `timeout_s` seconds.
    """
    if request.model.offline:
        return _complete_offline(request, secrets)
    litellm = load_litellm()
    options = dict(request.model.sampling) | _response_format(request)
    _register(request.model)
    if network is not None:
        # should litellm take another way than that client, it finds no server and no key
        options |= {"client": _client_over(network, request.model), "api_base": _NOWHERE, "api_key": "none"}
    try:
        async with asyncio.timeout(timeout_s):
            response = await litellm.acompletion(
                model=request.model.model,
                messages=[dict(message) for message in request.messages],
                timeout=timeout_s,
                # with the retries of litellm and of its SDKs, one request was seen asked seven times
                num_retries=0,
                max_retries=0,
                **options,
            )
    except TimeoutError:
        raise CallFailed(f"no answer within {timeout_s:g} s") from None
    except litellm.ContentPolicyViolationError as error:
        return ChatAnswer("refused", reason=brief(error, secrets))
    except Exception as error:  # whatever a provider or its SDK raises is one call's failure
        headers = getattr(error, "litellm_response_headers", None)
        code, text = getattr(error, "status_code", None), told(error)
        setting = setting_problem(code, text)
        raise CallFailed(
            brief(error, secrets), code, retry_after(headers), text=text, setting=setting
        ) from None
    try:
        return _read(response, request.model, secrets)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise CallFailed(f"the reply cannot be read: {brief(error, secrets)}") from None


def _complete_offline(request: ChatRequest, secrets: Mapping[str, str]) -> ChatAnswer:
    """What a judge of this library replies; litellm, which takes seconds to import, has no part in it."""
    judge = request.model.model.removeprefix(f"{offline_judges.PROVIDER}/")
    try:
        text = offline_judges.reply(judge, request.messages[0]["content"])
    except ValueError as error:
        raise CallFailed(brief(error, secrets), code=400) from None
    return ChatAnswer("answered", text=redact(text, secrets))


def _client_over(network: Callable[[Any], Any], model: ChatModel) -> Any:
    """What litellm is to send a call with, in place of its own client."""
    import httpx

    transport = httpx.MockTransport(network)
    if model.model.startswith("openai/"):
        from openai import AsyncOpenAI

        client = httpx.AsyncClient(transport=transport)
        return AsyncOpenAI(base_url=_NOWHERE, api_key="none", max_retries=0, http_client=client)
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    return AsyncHTTPHandler(transport=transport)


def declared_price(model: ChatModel) -> tuple[float, float] | None:
    """(input, output) in USD per million tokens: the study's, else litellm's; None where neither knows it."""
    if model.price is not None:
        return model.price
    if model.offline:
        return 0.0, 0.0
    try:
        # of a short request: some models' tokens cost twice as much beyond 200,000 of them
        found = load_litellm().cost_per_token(model.model, prompt_tokens=1000, completion_tokens=1000)
    except Exception:  # litellm raises errors of several kinds for a model that it does not know
        return None
    # it knows some models without a price, and then counts them as free
    prompt_usd, completion_usd = (round(float(usd) * 1000, 9) for usd in found)
    return (prompt_usd, completion_usd) if all(found) else None


def brief(error: Exception, secrets: Mapping[str, str]) -> str:
    """The kind and text of an error on one line, cut, without secrets."""
    text = _whole_characters(" ".join(redact(str(error), secrets).split()))
    return f"{type(error).__name__}: {text}"[:_MAX_REASON]


def told(error: Exception) -> str:
    """All that an error says, and the reply that it holds: for reading alone, as secrets may be in it."""
    response = getattr(error, "response", None)
    return f"{error} {getattr(response, 'text', '')}"


def refused_setting(model: ChatModel) -> tuple[str, str, str]:
    """Key of a declared setting that litellm knows the model not to take, what it says, and the fix.

    Three empty texts where it takes all, or litellm does not know.
    """
    litellm = load_litellm()
    name, provider, _, _ = litellm.get_llm_provider(model.model, api_base=model.api_base)
    for key in ("temperature", "top_p"):
        if (value := getattr(model, key)) is None:
            continue
        try:
            litellm.utils.get_optional_params(
                model=name, custom_llm_provider=provider, **{key: value}, **(model.extra_body or {})
            )
        except litellm.UnsupportedParamsError as error:
            found, fix = setting_problem(400, f"{error} unsupported {key}")
            return found, " ".join(str(error).split())[:_MAX_REASON], fix
        except Exception:
            continue
    return "", "", ""


def _response_format(request: ChatRequest) -> dict:
    """How the form of the reply is asked for, as an option of the call."""
    if request.response_schema is None:
        return {}
    form = request.model.structured
    if form is None:
        form = "json_schema" if _takes_schema(request.model.model) else "none"
    if form == "json_schema":
        schema = {"name": "reply", "schema": request.response_schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    return {} if form == "none" else {"response_format": {"type": form}}


@cache
def _takes_schema(model: str) -> bool:
    return load_litellm().supports_response_schema(model=model)


_registered: set[str] = set()


def _register(model: ChatModel) -> None:
    """Let litellm's price map know a model that it lacks: searching for it is half the CPU time of a call."""
    litellm = load_litellm()
    if model.model in _registered:
        return
    _registered.add(model.model)
    provider, _, rest = model.model.partition("/")
    own = {entry["provider"] for entry in litellm.custom_provider_map}
    if provider in own or (model.price is None and declared_price(model) is not None):
        return
    if model.model not in litellm.model_cost and rest not in litellm.model_cost:
        prices = dict.fromkeys(_COSTS, 0.0)  # the cost is counted by `_cost`
        litellm.register_model({model.model: {**prices, "litellm_provider": provider, "mode": "chat"}})


_COSTS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_creation_input_token_cost",
    "cache_read_input_token_cost",
)


def _read(response: Any, model: ChatModel, secrets: Mapping[str, str]) -> ChatAnswer:
    usage = getattr(response, "usage", None)
    prompt_tokens = _tokens(getattr(usage, "prompt_tokens", None))
    completion_tokens = _tokens(getattr(usage, "completion_tokens", None))
    spent: Spent = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "cost_usd": _cost(response, model, prompt_tokens, completion_tokens),
    }
    if not response.choices:
        raise CallFailed("the reply has no choices", usd=spent["cost_usd"])
    choice = response.choices[0]
    text = _whole_characters(redact(choice.message.content or "", secrets))
    fields = (
        getattr(choice, "provider_specific_fields", None) or {}
    )  # of some providers, there is no such field
    native = str(fields.get("native_finish_reason") or choice.finish_reason)
    if native.lower() in _BROKEN:
        raise _unusable(f"the reply broke off (finish reason {native}) after {_shown(text)}", spent)
    refusal = (choice.message.provider_specific_fields or {}).get("refusal")
    if refusal:
        return ChatAnswer(
            "refused", text=text, reason=_whole_characters(redact(str(refusal), secrets)), **spent
        )
    if choice.finish_reason == "content_filter":
        reason = f"{FILTERED} (finish reason {native}) after {_shown(text)}"
        raise _unusable(reason, spent, ChatAnswer("refused", reason=reason, **spent))
    if choice.finish_reason == "length":
        return ChatAnswer("truncated", text=text, **spent)
    if not text.strip():
        raise _unusable(f"the reply is empty (finish reason {native})", spent)
    return ChatAnswer("answered", text=text, **spent)


def _tokens(number: Any) -> int:
    """A number of tokens, or 0 where a reply does not say: some servers write -1 then."""
    return int(number) if number and 0 < number <= _MOST_TOKENS else 0


def _whole_characters(text: str) -> str:
    """`text` without halves of surrogate pairs, as of an emoji that was cut: no file can hold them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unusable(reason: str, spent: Mapping[str, Any], answer: ChatAnswer | None = None) -> CallFailed:
    return CallFailed(reason, usd=spent["cost_usd"], retries=_UNUSABLE_RETRIES, answer=answer)


def _shown(text: str) -> str:
    """The beginning of a text that was not kept."""
    if not text.strip():
        return "no text"
    beginning = " ".join(text.split())
    return repr(beginning if len(beginning) <= _MAX_REASON else f"{beginning[:_MAX_REASON]} ...")


def _cost(response: Any, model: ChatModel, prompt_tokens: int, completion_tokens: int) -> float:
    """USD: by the declared price, else as litellm's price map has it (0 where it does not know the model)."""
    if model.price is not None:
        return (prompt_tokens * model.price[0] + completion_tokens * model.price[1]) / 1e6
    return float(response._hidden_params.get("response_cost") or 0.0)
