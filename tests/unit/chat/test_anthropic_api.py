"""Claims about Anthropic's batches: the same answers as directly, and no batch created twice."""

from __future__ import annotations

import batch_questions
import pytest
from anthropic_server import AnthropicServer
from batch_questions import EXPECTED, echo, settings, texts
from batch_server import serving
from stub_models import chat_completion

from skillift.chat.batches import asking as batches
from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.client import ChatModel
from skillift.errors import UserError
from skillift.judging.verdicts import REPLY_SCHEMA

pytestmark = pytest.mark.slow  # waits for batches

MODEL = "anthropic/claude-haiku-4-5"
KEY = "sk-ant-0123456789"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 0)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


def requests_to(address, n_requests=6):
    return batch_questions.requests_to(address, n_requests, MODEL, REPLY_SCHEMA)


def ask(cache, requests, batch=None, **options):
    return batch_questions.ask(cache, requests, batch or settings(MODEL), **options)[0]


def address_of(address):
    return address.removesuffix("/v1")


def test_a_question_and_its_answer_are_the_same_as_without_a_batch(cache):
    bodies = []

    def note(body):
        bodies.append(body)
        return 200, chat_completion("half", "length")

    server = AnthropicServer(note)
    with serving(server) as address:
        (request,) = requests_to(address_of(address), 1)
        (batched,) = ask(cache, [request])
        (direct,) = ask(None, [request], BatchSettings())
    assert (server.count("create"), server.count("chat")) == (1, 1)
    assert bodies[0] == bodies[1]
    assert bodies[0]["output_format"]["schema"] == REPLY_SCHEMA
    assert "structured-outputs" in server.features
    assert (batched.status, batched.text) == (direct.status, direct.text) == ("truncated", "half")
    assert batched.cost_usd == pytest.approx(direct.cost_usd / 2)
    assert batched.cost_usd > 0


@pytest.mark.parametrize(
    ("end", "fail", "n_batches"),
    [
        ({}, {}, 2),
        ({0: "expired"}, {}, 3),
        ({1: "cancelled"}, {}, 3),
        ({}, {"create": [-1]}, 2),
        ({}, {"create": [529, 0], "look": [500], "content": [0]}, 2),
    ],
    ids=str,
)
def test_every_question_is_answered_once_whatever_happens_to_calls_and_batches(end, fail, n_batches, cache):
    server = AnthropicServer(echo, end=end, fail=fail)
    with serving(server) as address:
        requests = requests_to(address_of(address))
        assert texts(ask(cache, requests, retries=4)) == EXPECTED
        assert texts(ask(cache, requests)) == EXPECTED
    assert (server.count("create"), server.count("chat")) == (n_batches, 0)
    assert set(server.answered().values()) == {1}


@pytest.mark.parametrize("ended", [False, True])
def test_a_batch_that_may_exist_is_told_by_its_size_and_its_questions(ended, cache):
    server = AnthropicServer(echo)
    with serving(server) as address:
        first, second = requests_to(address_of(address), 4), requests_to(address_of(address), 6)[2:]
        ask(None, first)  # another batch of the same size, which has ended
        server.fail = {"create": [-1], "list": [500]}
        with pytest.raises(UserError, match="Run again to go on"):
            ask(cache, second)
        if ended:
            for _ in range(3):
                server.look("batch_1")
        assert texts(ask(cache, second)) == EXPECTED[2:]
    assert (server.count("create"), server.count("chat")) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "status", "n_batches"),
    [("invalid_request_error", "failed", 1), ("overloaded_error", "answered", 2)],
)
def test_an_error_of_one_question_is_a_named_failure_or_a_retry(kind, status, n_batches, cache):
    seen = []

    def answer(body):
        seen.append(body["messages"][0]["content"])
        first = seen.count("question 1") == 1
        error = {"type": "error", "error": {"type": kind, "message": "no"}}
        return (400, error) if first and seen[-1] == "question 1" else echo(body)

    server = AnthropicServer(answer)
    with serving(server) as address:
        answers = ask(cache, requests_to(address_of(address), 3))
    assert [answer.status for answer in answers] == ["answered", status, "answered"]
    assert server.count("create") == n_batches


def test_a_bill_that_is_not_paid_ends_the_job_once_the_batch_is_kept(cache):
    def answer(body):
        error = {"type": "error", "error": {"type": "billing_error", "message": "pay first"}}
        return (402, error) if body["messages"][0]["content"] == "question 1" else echo(body)

    server = AnthropicServer(answer)
    with serving(server) as address:
        requests = requests_to(address_of(address), 3)
        with pytest.raises(UserError, match=r"was not answered whole.*pay first.*are used up"):
            ask(cache, requests)
    assert [cache.get(request.key()) is None for request in requests] == [False, True, False]


def test_the_key_goes_to_the_provider_and_into_no_message(cache):
    server = AnthropicServer(echo, fail={"create": [401]})
    message = r"a batch cannot be submitted.*no create now.*\[ANTHROPIC_API_KEY\]"
    with serving(server) as address, pytest.raises(UserError, match=message) as raised:
        ask(cache, requests_to(address_of(address)))
    assert KEY not in str(raised.value)
    assert BatchSettings(frozenset(["all"])).takes(ChatModel(MODEL))
