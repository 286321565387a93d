"""Claims about money: what a job would cost, ceilings, and the ledger."""

from __future__ import annotations

import subprocess
import sys

import pytest
from stub_models import chat_completion, chat_server

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.budget import Budget, count_tokens, estimate
from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.errors import UserError
from skillift.settings.chat_models import AskedModel

PRICE = {"input_per_million": 0.0, "output_per_million": 1000.0}  # a reply of 10 tokens costs a cent


def _requests(n_requests, price=PRICE, **entry):
    priced = {"price": price} if price else {}
    entry = {"model": "hosted_vllm/served", "max_tokens": 10, **priced, **entry}
    model = ChatModel.from_entry(AskedModel(**entry), "judges.main")
    return [ChatRequest(model, [{"role": "user", "content": f"Question {n}"}]) for n in range(n_requests)]


def _reply(tokens=10):
    reply = chat_completion("yes")
    return {**reply, "usage": {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}}


@pytest.mark.slow
def test_a_job_over_its_ceiling_does_not_start_and_says_what_it_would_cost():
    with chat_server(lambda _: (200, _reply())) as (address, arrived):
        requests = _requests(120, api_base=address)
        with (
            ChatClient(budget_usd=1.0) as client,
            pytest.raises(
                UserError, match=r"api\.budget_usd: the ceiling is 1\.00 USD, 0\.00 USD are spent.*1\.20 USD"
            ),
        ):
            client.ask_all(requests)
        assert arrived == []
        with ChatClient(budget_usd=1.2) as client:
            client.ask_all(requests)
    assert len(arrived) == 120


@pytest.mark.slow
def test_kept_answers_and_repeated_requests_cost_nothing(tmp_path):
    with (
        chat_server(lambda _: (200, _reply())) as (address, arrived),
        AnswerCache(tmp_path / "a.sqlite") as cache,
    ):
        requests = _requests(100, api_base=address)
        with ChatClient(cache=cache, budget_usd=1.0) as client:
            client.ask_all(requests[:90] * 2)
        assert estimate(requests, cache)["hosted_vllm/served"].n_requests == 10
        with ChatClient(cache=cache, budget_usd=1.0) as client:
            answers = client.ask_all(requests)
        assert cache.spent() == {"hosted_vllm/served": pytest.approx(1.0)}
        assert len(arrived) == 100
        assert {answer.status for answer in answers} == {"answered"}
        # the next job of the study has nothing left, and may still read what was paid for
        with ChatClient(cache=cache, budget_usd=1.0) as client:
            assert client.ask_all(requests) == answers
            with pytest.raises(UserError, match=r"1\.00 USD are spent"):
                client.ask_all(_requests(1, api_base=address, max_tokens=9))
    assert len(arrived) == 100


def test_a_price_surprise_stops_within_one_window_and_what_was_paid_is_kept(tmp_path):
    with (
        chat_server(lambda _: (200, _reply(tokens=50))) as (address, arrived),
        AnswerCache(tmp_path / "a.sqlite") as cache,
    ):
        requests = _requests(90, api_base=address)
        with (
            ChatClient(concurrency=4, cache=cache, budget_usd=1.0) as client,
            pytest.raises(UserError, match=r"the next request would cost up to 0\.0100 USD"),
        ):
            client.ask_all(requests)
        # 20 answers of 0.05 USD reach the ceiling; at most 4 were under way then
        assert 19 <= len(arrived) <= 24
        assert sum(cache.get(request.key()) is not None for request in requests) == len(arrived)
        assert cache.spent()["hosted_vllm/served"] == pytest.approx(0.05 * len(arrived))


def test_a_ceiling_for_one_model_leaves_others_alone():
    with chat_server(lambda _: (200, _reply())) as (address, arrived):
        dear, cheap = _requests(20, api_base=address), _requests(20, api_base=address, model="hosted_vllm/b")
        with ChatClient(budgets_usd={"hosted_vllm/served": 0.1}) as client:
            assert len(client.ask_all(cheap)) == 20
            with pytest.raises(
                UserError, match=r"api\.budgets_usd\.hosted_vllm/served: the ceiling is 0\.10"
            ):
                client.ask_all(dear)
    assert len(arrived) == 20


def test_a_model_without_a_price_is_never_free_where_there_is_a_budget():
    requests = _requests(1, price=None)
    with (
        ChatClient(budget_usd=1.0) as client,
        pytest.raises(UserError, match=r"judges\.main, key 'price'.*input_per_million"),
    ):
        client.ask_all(requests)
    # litellm knows this model and counts it as free
    with pytest.raises(UserError, match="key 'price'"):
        estimate(_requests(1, price=None, model="openrouter/openai/gpt-5"))


def test_a_price_of_litellms_map_is_used_and_the_studys_goes_before_it():
    for price, usd in ((None, 15e-6), (PRICE, 1000e-6)):
        cost = estimate(_requests(1, price=price, model="anthropic/claude-sonnet-4-5"))
        found = cost["anthropic/claude-sonnet-4-5"]
        assert found.completion_tokens == 10
        assert found.usd == pytest.approx(10 * usd + found.prompt_tokens * (3e-6 if price is None else 0))


def test_offline_judges_are_free_under_any_budget():
    request = ChatRequest(ChatModel("offline/tail"), [{"role": "user", "content": "no markers"}])
    with ChatClient(budget_usd=0.0) as client:
        assert client.ask_all([request])[0].status == "failed"


def test_an_unusable_reply_that_is_charged_is_in_the_ledger(tmp_path):
    with (
        chat_server(lambda _: (200, {**_reply(), "choices": []})) as (address, _),
        AnswerCache(tmp_path / "a.sqlite") as cache,
    ):
        with ChatClient(cache=cache, retries=2, backoff_s=0.01) as client:
            (answer,) = client.ask_all(_requests(1, api_base=address))
        assert answer.status == "failed"
        assert cache.spent() == {"hosted_vllm/served": pytest.approx(0.03)}


def test_prompts_are_counted_by_tokens_and_not_below():
    request = _requests(1)[0]
    long = ChatRequest(request.model, [{"role": "user", "content": "word " * 1000}])
    prompt, reply = count_tokens(long)
    assert 1000 <= prompt <= 1400
    assert reply == 10


def test_what_was_spent_survives_a_kill(tmp_path):
    path = tmp_path / "a.sqlite"
    code = (
        "import os, signal, sys; from skillift.chat.answer_cache import AnswerCache\n"
        "cache = AnswerCache(sys.argv[1])\n"
        "cache.put('key', {'text': 'x'}, 'm/x', 0.25); cache.pay('m/x', 0.5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    with AnswerCache(path) as cache:
        assert cache.spent() == {"m/x": 0.75}
        with pytest.raises(UserError, match=r"0\.75 USD are spent"):
            Budget(cache, study_usd=0.7).check_job(_requests(1))
