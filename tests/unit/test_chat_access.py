"""Claims about what is found out before a model's first call."""

from __future__ import annotations

import socket

import pytest

from skillift.chat import ChatClient, ChatModel, ChatRequest
from skillift.chat_access import check_access
from skillift.errors import UserError


def _entry(**entry):
    return ChatModel.from_entry(entry, "judges.main")


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
    check_access(_entry(model=model))


def test_a_provider_that_nobody_knows_is_an_error():
    with pytest.raises(UserError, match=r"^judges\.main, key 'model': found 'antropic/claude'"):
        check_access(_entry(model="antropic/claude"))


def test_an_address_where_nothing_listens_is_an_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(UserError, match=r"^judges\.main, key 'api_base': found 'http.*Start the server"):
            check_access(_entry(model="hosted_vllm/x", api_base=address))


@pytest.mark.parametrize(
    "price", [{"input_per_million": 1.0}, {"input_per_million": 1, "output_per_million": "5"}]
)
def test_a_price_that_is_no_price_is_an_error(price):
    with pytest.raises(UserError, match=r"^judges\.main, key 'price'.*output_per_million"):
        _entry(model="hosted_vllm/x", price=price)


def test_offline_judges_and_local_servers_need_no_key():
    check_access(_entry(model="offline/tail"))
    check_access(_entry(model="hosted_vllm/x"))


def test_a_client_checks_a_model_before_it_asks(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    request = ChatRequest(_entry(model="anthropic/claude-sonnet-4-5"), [{"role": "user", "content": "?"}])
    with ChatClient(retries=3) as client, pytest.raises(UserError, match="ANTHROPIC_API_KEY"):
        client.ask_all([request])
