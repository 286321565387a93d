"""Claims about the money that batches cost: a ceiling holds for what is outstanding, too."""

from __future__ import annotations

import pytest
from batch_questions import MODEL, ask, echo, requests_to, settings
from batch_server import BatchServer, serving
from stub_models import chat_completion

from skillift.chat.batches import asking as batches
from skillift.chat.client import ChatModel, ChatRequest
from skillift.errors import UserError

pytestmark = pytest.mark.slow


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


def test_a_used_up_account_ends_the_job_once_the_batch_is_kept_and_the_rest_is_asked_again(cache):
    paid = []

    def answer(body):
        if body["messages"][0]["content"] in ("question 2", "question 3") and not paid:
            return 429, {
                "error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}
            }
        return echo(body)

    server = BatchServer(answer)
    with serving(server) as address:
        requests = requests_to(address, 6)
        with pytest.raises(UserError, match=r"was not answered whole.*insufficient_quota.*are used up"):
            ask(cache, requests, settings(most_requests=99))
        assert [cache.get(request.key()) is None for request in requests] == [n in (2, 3) for n in range(6)]
        assert server.count("chat") == 0
        paid.append(True)
        answers, _ = ask(cache, requests, settings(most_requests=99))
    assert {answer.status for answer in answers} == {"answered"}
    assert set(server.answered().values()) == {1}


def test_an_account_that_cannot_create_a_batch_ends_the_job_without_a_retry(cache):
    server = BatchServer(echo, fail={"create": [402] * 9})
    with serving(server) as address, pytest.raises(UserError, match=r"cannot be submitted.*are used up"):
        ask(cache, requests_to(address, 6), retries=8)
    assert server.count("refused create") == 1
    assert cache.reserved() == {}


def test_more_failed_lines_than_may_end_the_job(cache):
    def answer(body):
        refused = body["messages"][0]["content"] != "question 2"
        return (400, {"error": {"message": "not today"}}) if refused else echo(body)

    server = BatchServer(answer)
    with serving(server) as address:
        match = "of 6 failed, at most 3 may.*not today"
        with pytest.raises(UserError, match=match):
            ask(cache, requests_to(address, 6), settings(most_requests=99), max_failed_share=0.5)
    assert server.count("chat") == 0


def test_a_reply_of_a_batch_without_usage_is_booked_at_its_share_of_the_estimate(cache):
    def answer(body):
        reply = chat_completion("yes")
        del reply["usage"]
        return 200, reply

    server = BatchServer(answer)
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address, 4))
    assert [answer.cost_usd for answer in answers] == pytest.approx(
        [0.0015] * 4
    )  # 3 tokens at half the price
    assert cache.spent() == {MODEL: pytest.approx(0.006)}


def test_a_model_without_a_price_is_an_error_where_there_is_a_budget(cache):
    server = BatchServer(echo)
    with serving(server) as address:
        request = ChatRequest(ChatModel(MODEL, api_base=address, where="judges.main"), [])
        with pytest.raises(UserError, match=r"judges\.main, key 'price'"):
            ask(cache, [request], budget_usd=1.0)
    assert server.log == []
