"""Claims about batches: every question gets its answer, whatever a provider does to batches and lines."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from batch_questions import EXPECTED, MODEL, PRICE, ask, echo, requests_to, settings, texts
from batch_server import BatchServer, serving
from progress_lines import lines_told
from stub_models import chat_completion

from skillift.chat.batches import asking as batches
from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.batches.state import BatchState
from skillift.chat.client import ChatModel, ChatRequest

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_question_is_too_few(monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 0)


def test_a_job_is_asked_in_batches_at_half_the_price_and_then_never_again(cache):
    server = BatchServer(echo)
    with serving(server) as address:
        answers, client = ask(cache, requests_to(address))
        assert texts(answers) == EXPECTED
        assert [answer.cost_usd for answer in answers] == [pytest.approx(0.0015)] * 6
        assert cache.spent() == {MODEL: pytest.approx(0.009)}
        assert client.counts.usd == pytest.approx(0.009)
        assert (server.count("create"), server.count("chat"), client.counts.cached) == (2, 0, 0)
        again, _ = ask(cache, requests_to(address))
        directly, _ = ask(cache, requests_to(address), BatchSettings())
    assert again == directly == answers
    assert (server.count("create"), server.count("chat")) == (2, 0)
    assert set(server.answered().values()) == {1}
    assert BatchState(cache).open_batches() == []
    assert BatchState(cache).lines() == {}


def test_lines_say_how_many_answers_the_provider_has_while_it_is_waited_for(cache):
    with serving(BatchServer(echo)) as address, lines_told() as lines:
        ask(cache, requests_to(address), settings(poll_s=0.1))
    waiting = [line for line in lines if line.label == "asking, in batches"]
    assert {(line.total, line.unit) for line in waiting} == {(6, "answer")}
    assert waiting[0].done < 6 and waiting[-1].done == 6


def test_a_question_and_its_answer_are_the_same_as_without_a_batch(cache):
    bodies = []

    def note(body):
        bodies.append(body)
        return 200, chat_completion("half", "length")

    schema = {"type": "object", "properties": {"x": {"type": "string"}}}
    with serving(BatchServer(note)) as address:
        model = ChatModel(MODEL, address, 0.5, 0.9, 7, {"provider": {"order": ["a"]}}, PRICE)
        request = ChatRequest(model, [{"role": "user", "content": "Grüße 😀 \n"}], schema)
        (batched,), _ = ask(cache, [request])
        (direct,), _ = ask(None, [request], BatchSettings())
    assert bodies[0] == bodies[1]
    assert batched.cost_usd == pytest.approx(direct.cost_usd / 2)
    assert (batched.status, batched.text, batched.prompt_tokens, batched.completion_tokens) == (
        (direct.status, direct.text, direct.prompt_tokens, direct.completion_tokens)
    )


@pytest.mark.parametrize("status", ["expired", "cancelled", "failed"])
def test_what_a_batch_left_open_goes_into_another_one(status, cache, capsys):
    server = BatchServer(echo, end={0: status})
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address))
    assert texts(answers) == EXPECTED
    assert (server.count("create"), server.count("chat")) == (3, 0)
    assert set(server.answered().values()) == {1}
    assert f"batch batch_0 {status}:" in capsys.readouterr().err


def test_batches_that_bring_nothing_end_in_direct_calls(cache, capsys):
    server = BatchServer(echo, end=dict.fromkeys(range(9), "failed"))
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address))
    assert texts(answers) == EXPECTED
    assert [answer.cost_usd for answer in answers] == [pytest.approx(0.003)] * 6
    assert (server.count("create"), server.count("chat")) == (2, 6)
    told = capsys.readouterr().err
    assert "asking: 6 questions are asked directly, at full price" in told
    assert "token_limit_exceeded too many tokens are enqueued" in told


def test_a_few_questions_that_are_left_open_are_asked_directly(cache, monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 2)
    server = BatchServer(echo, end={0: "expired"})
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address))
    assert texts(answers) == EXPECTED
    assert (server.count("create"), server.count("chat")) == (2, 2)


def spoil(lines):
    """A lost line, a malformed one, one of nobody, one twice, one that is no mapping."""
    stranger = json.dumps(json.loads(lines[0]) | {"custom_id": "f" * 64})
    return [lines[2], lines[2][:30], "", stranger, "[]", "null", '{"custom_id": 3}', *lines[3:], lines[2]]


def test_missing_and_malformed_lines_lose_no_question(cache):
    server = BatchServer(echo)

    def once(lines):
        server.edit = list
        return spoil(lines)

    server.edit = once
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address, 4))
    assert texts(answers) == EXPECTED[:4]
    assert server.count("create") == 2
    assert sorted(server.answered().values()) == [1, 1, 2, 2]  # those whose lines were lost


@pytest.mark.parametrize(
    ("status", "reply", "text"),
    [
        (429, {"error": {"message": "slow down"}}, "reply"),
        (500, {"error": {"message": "down"}}, "reply"),
        (200, {"choices": []}, "reply"),
        (200, {}, "reply"),
        (400, {"error": {"message": "bad prompt"}}, None),
    ],
)
def test_an_error_of_one_line_is_a_retry_or_a_named_failure(status, reply, text, cache):
    times = Counter()

    def answer(body):
        times[body["messages"][0]["content"]] += 1
        first = times["question 2"] == 1
        return (status, reply) if body["messages"][0]["content"] == "question 2" and first else echo(body)

    server = BatchServer(answer)
    with serving(server) as address:
        answers, client = ask(cache, requests_to(address))
    if text is None:
        assert (answers[2].status, times["question 2"]) == ("failed", 1)
        assert "bad prompt" in answers[2].reason
        assert client.counts.failed == 1
    else:
        assert texts(answers) == EXPECTED
    assert texts(answers[:2] + answers[3:]) == EXPECTED[:2] + EXPECTED[3:]
    assert server.count("chat") == 0


def test_a_reply_that_brought_no_answer_is_paid_for_all_the_same(cache):
    asked = []

    def answer(body):
        asked.append(body)
        return (200, chat_completion("") | {"choices": []}) if len(asked) == 1 else echo(body)

    with serving(BatchServer(answer)) as address:
        ask(cache, requests_to(address, 2))
    assert cache.spent() == {MODEL: pytest.approx(0.0045)}  # three replies


def test_all_stands_for_models_at_their_providers_own_address(cache, capsys):
    batch = BatchSettings(frozenset(["all"]))
    assert batch.takes(ChatModel("openai/gpt-5-mini"))
    for name in ("hosted_vllm/x", "openrouter/openai/gpt-5", "offline/tail"):
        assert not batch.takes(ChatModel(name))
    server = BatchServer(echo)
    with serving(server) as address:
        assert not batch.takes(ChatModel("openai/served", api_base=address))
        answers, _ = ask(cache, requests_to(address), batch)
    assert texts(answers) == EXPECTED
    assert (server.count("create"), server.count("chat")) == (0, 6)
    told = "api.batch: hosted_vllm/served is asked directly, as no batches are offered there\n"
    assert capsys.readouterr().err.count(told) == 1


def test_a_model_of_openai_goes_the_same_way(cache, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-batch-0123456789")
    server = BatchServer(echo)
    with serving(server) as address:
        model = ChatModel("openai/served", api_base=address, price=PRICE)
        requests = [ChatRequest(model, [{"role": "user", "content": f"question {n}"}]) for n in range(6)]
        batch = BatchSettings(frozenset(["openai/served"]), poll_s=0.02)
        answers, _ = ask(cache, requests, batch)
    assert texts(answers) == EXPECTED
    assert server.count("create") == 1
    assert server.authorizations == {"Bearer sk-batch-0123456789"}
