"""Claims about what is found out before a model's first call."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from loopback import serve

from skillift.chat.access import check_access
from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.errors import UserError
from skillift.settings.chat_models import AskedModel


def _entry(**entry):
    return ChatModel.from_entry(AskedModel(**entry), "judges.main")


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("openrouter/openai/gpt-5", "OPENROUTER_API_KEY"),
        ("openai/gpt-4o", "OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_an_error_before_any_call_and_names_the_variable(model, variable, monkeypatch):
    for value in (None, ""):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
        with pytest.raises(
            UserError, match=rf"^judges\.main, key 'model' .*Set {variable} in the environment"
        ):
            check_access(_entry(model=model))
    monkeypatch.setenv(variable, "sk-0123456789")
    monkeypatch.setattr("skillift.chat.access.check_served", lambda _: None)  # it would ask the provider
    check_access(_entry(model=model))


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [
        ("anthropic/claude-opus-4-7", "temperature", 0.0),
        ("anthropic/claude-opus-4-8", "temperature", 0.0),
        ("anthropic/claude-opus-4-8", "top_p", 0.9),
        ("openai/gpt-5.5", "temperature", 0.0),
        ("openai/o3", "temperature", 0.0),
    ],
)
def test_a_setting_that_the_model_refuses_is_told_before_any_call_with_the_key_to_set(
    model, key, value, monkeypatch
):
    monkeypatch.setenv(f"{model.partition('/')[0].upper()}_API_KEY", "sk-0123456789")
    monkeypatch.setattr("skillift.chat.access.check_served", lambda _: None)  # it would ask the provider
    match = rf"^judges\.main, key '{key}' \({model}\): found {value}, expected .*Write `{key}: null` there"
    with pytest.raises(UserError, match=match):
        check_access(_entry(model=model, **{key: value}))
    check_access(_entry(model=model, **{key: None}))
    check_access(
        _entry(model="anthropic/claude-haiku-4-5" if "anth" in model else "openai/gpt-4o", **{key: value})
    )


def test_a_provider_that_nobody_knows_is_an_error():
    with pytest.raises(UserError, match=r"^judges\.main, key 'model': found 'antropic/claude'"):
        check_access(_entry(model="antropic/claude"))


def test_an_address_where_nothing_listens_is_an_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(UserError, match=r"^judges\.main, key 'api_base': found 'http.*Start the server"):
            check_access(_entry(model="hosted_vllm/x", api_base=address))


def test_offline_judges_and_local_servers_need_no_key():
    assert check_access(_entry(model="offline/tail")) is None
    assert check_access(_entry(model="hosted_vllm/x")) is None


def test_a_client_checks_a_model_before_it_asks(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    request = ChatRequest(_entry(model="anthropic/claude-sonnet-4-5"), [{"role": "user", "content": "?"}])
    with ChatClient(retries=3) as client, pytest.raises(UserError, match="ANTHROPIC_API_KEY"):
        client.ask_all([request])


@contextmanager
def _catalogue(served, more=None):
    """A server with a list of models; `more` maps further names to the status of asking for one of them."""
    paths, keys = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            keys.append(self.headers.get("Authorization") or self.headers.get("x-api-key"))
            status, reply = 200, {"data": [{"id": name} for name in served or []]}
            if self.path != "/v1/models":
                status, reply = (more or {}).get(self.path.removeprefix("/v1/models/"), 404), {}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>" if served is None else json.dumps(reply).encode())

        def log_message(self, *_):
            pass

    with serve(Handler) as address:
        yield f"{address}/v1", paths, keys


def test_a_model_that_the_provider_does_not_serve_is_an_error_that_names_what_it_serves():
    message = r"^judges\.main, key 'model': found 'hosted_vllm/qwen3-8', expected a model that .* \(qwen3-8b"
    with _catalogue(["qwen3-8b", "llama"]) as (address, _, _), pytest.raises(UserError, match=message):
        check_access(_entry(model="hosted_vllm/qwen3-8", api_base=address))


@pytest.mark.parametrize(
    ("served", "asked", "more"),
    [
        (["qwen3-8b"], "qwen3-8b", {}),
        (["qwen3-8b:latest"], "qwen3-8b", {}),
        (["openai/gpt"], "openai/gpt:free", {}),
        (["dated-20260101"], "dated-latest", {"dated-latest": 200}),  # an alias
        (["openai/*"], "openai/gpt", {}),  # a proxy's pattern
        ([], "anything", {}),
        (["other"], "anything", {"anything": 503}),  # nothing is known
    ],
)
def test_a_model_that_may_be_served_passes(served, asked, more):
    with _catalogue(served, more) as (address, _, _):
        assert check_access(_entry(model=f"hosted_vllm/{asked}", api_base=address)) is None


def test_a_server_without_a_list_of_models_is_asked_all_the_same():
    with _catalogue(None) as (address, paths, _):
        check_access(_entry(model="hosted_vllm/anything", api_base=address))
    assert paths == ["/v1/models"]


@pytest.mark.parametrize(
    ("provider", "header"), [("openai", "Bearer sk-0123456789"), ("anthropic", "sk-0123456789")]
)
def test_the_list_of_models_is_asked_for_with_the_providers_key(provider, header, monkeypatch):
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-0123456789")
    with _catalogue(["big"]) as (address, _, keys):
        check_access(_entry(model=f"{provider}/big", api_base=address))
        with pytest.raises(UserError, match="big") as caught:
            check_access(_entry(model=f"{provider}/bog", api_base=address))
    assert set(keys) == {header}
    assert "0123456789" not in str(caught.value)
