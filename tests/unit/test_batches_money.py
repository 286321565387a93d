"""Claims about the money that batches cost: a ceiling holds for what is outstanding, too."""

from __future__ import annotations

import pytest
from batch_questions import MODEL, ask, echo, requests_to, settings
from batch_server import BatchServer, serving

from skillift.batches import asking as batches
from skillift.chat.client import ChatModel, ChatRequest
from skillift.errors import UserError


@pytest.fixture(autouse=True)
def no_question_is_too_few(monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 0)


def test_a_ceiling_is_held_against_the_price_of_batches(cache):
    server = BatchServer(echo)
    with serving(server) as address:
        requests = requests_to(address, 100)
        with pytest.raises(UserError, match=r"ceiling is 0\.14 USD.*this job would cost up to 0\.15 USD"):
            ask(cache, requests, budget_usd=0.14)
        assert server.log == []
        answers, _ = ask(cache, requests, settings(most_requests=1000), budget_usd=0.151)
    assert {answer.status for answer in answers} == {"answered"}
    assert cache.spent() == {MODEL: pytest.approx(0.15)}
    assert server.count("create") == 1


def test_an_outstanding_batch_counts_against_the_ceiling_until_it_is_collected(cache):
    server = BatchServer(echo, fail={"look": [404]})
    with serving(server) as address:
        requests = requests_to(address, 100)
        with pytest.raises(UserError, match="cannot be looked at"):
            ask(cache, requests[:80], settings(most_requests=99), budget_usd=0.15)
        assert cache.reserved() == {MODEL: pytest.approx(0.12)}
        with pytest.raises(UserError, match=r"0\.12 USD are under way"):
            ask(cache, requests_to(address, 130)[100:], budget_usd=0.15)
        # the same questions are not counted a second time
        answers, _ = ask(cache, requests[:80], settings(most_requests=99), budget_usd=0.15)
    assert len(answers) == 80
    assert cache.reserved() == {}
    assert cache.spent() == {MODEL: pytest.approx(0.12)}
    assert server.count("create") == 1


def test_what_is_left_for_direct_calls_may_pass_the_ceiling_and_then_stops(cache):
    server = BatchServer(echo, end=dict.fromkeys(range(9), "failed"))
    with serving(server) as address, pytest.raises(UserError, match="the next request would cost up to"):
        ask(cache, requests_to(address, 100), settings(most_requests=1000), budget_usd=0.2, concurrency=1)
    assert cache.spent()[MODEL] <= 0.2
    assert server.count("chat") == pytest.approx(66, abs=1)


def test_a_model_without_a_price_is_an_error_where_there_is_a_budget(cache):
    server = BatchServer(echo)
    with serving(server) as address:
        request = ChatRequest(ChatModel(MODEL, api_base=address, where="judges.main"), [])
        with pytest.raises(UserError, match=r"judges\.main, key 'price'"):
            ask(cache, [request], budget_usd=1.0)
    assert server.log == []
