"""Chat models for tests: a provider `stub` inside litellm, and a server that speaks the OpenAI chat API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import polars as pl
from loopback import serve

from skillift.chat.client import ChatModel, load_litellm
from skillift.contracts.pipeline import EPISODES

STUB = ChatModel("stub/model")


@contextmanager
def stub_provider(answer: Callable[[list[dict]], object]) -> Iterator[list[list[dict]]]:
    """Let `stub/model` answer by `answer(messages)`; yields the list of requests that arrived.

    `answer` returns the reply's text, or (text, finish_reason), raises, or returns an awaitable of these.
    """
    litellm = load_litellm()
    from litellm.llms.custom_llm import CustomLLM

    arrived: list[list[dict]] = []

    class Stub(CustomLLM):
        async def acompletion(self, model, messages, *arguments, model_response, **options):
            arrived.append(messages)
            found = answer(messages)
            if hasattr(found, "__await__"):
                found = await found
            text, finish = found if isinstance(found, tuple) else (found, "stop")
            model_response.choices[0].message.content = text
            model_response.choices[0].finish_reason = finish
            model_response.usage = litellm.Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
            model_response._hidden_params["response_cost"] = 0.25
            return model_response

    before = litellm.custom_provider_map
    litellm.custom_provider_map = [*before, {"provider": "stub", "custom_handler": Stub()}]
    try:
        yield arrived
    finally:
        litellm.custom_provider_map = before


@contextmanager
def chat_server(respond: Callable[[dict], tuple]) -> Iterator[tuple[str, list[dict]]]:
    """A server on this machine; yields its address and the list of request bodies that arrived.

    `respond` returns status and reply (a mapping, or the bytes of any body), and headers if there are more;
    the body it gets holds the request's `Authorization` under that name.
    """
    arrived: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            arrived.append(body)
            status, reply, *more = respond(body | {"Authorization": self.headers.get("Authorization", "")})
            data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | (more[0] if more else {})).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with serve(Handler) as address:
        yield f"{address}/v1", arrived


def chat_completion(text: str, finish_reason: str = "stop") -> dict:
    """A reply of the OpenAI chat API."""
    return {
        "id": "reply",
        "object": "chat.completion",
        "created": 0,
        "model": "served",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def make_episodes(responses: dict[str, str], condition: str = "none", finish_reason: str = "stop"):
    """Episodes of the holdout: task id -> response."""
    n_rows = len(responses)
    columns = {
        "step": [0] * n_rows,
        "suite": ["holdout"] * n_rows,
        "condition": [condition] * n_rows,
        "task_id": list(responses),
        "sample": [0] * n_rows,
        "engine": ["vllm"] * n_rows,
        "prompt_sha256": ["0" * 64] * n_rows,
        "response": list(responses.values()),
        "finish_reason": [finish_reason] * n_rows,
        "prompt_tokens": [1] * n_rows,
        "completion_tokens": [1] * n_rows,
    }
    types = {name: EPISODES.columns[name].dtype.type for name in columns}
    return pl.DataFrame(columns, schema=types).sort(*EPISODES.unique)
