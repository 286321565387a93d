"""Claims about retries: which calls are made again, when, and that nobody below retries as well."""

from __future__ import annotations

import time

import pytest
from stub_models import chat_completion, chat_server

from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.chat.retries import CallFailed, pause, retry_after
from skillift.errors import UserError


def _asked(respond, n_requests=1, provider="hosted_vllm", **options):
    """Answers, bodies that arrived, and the client's counts."""
    with chat_server(respond) as (address, arrived), ChatClient(backoff_s=0.01, **options) as client:
        model = ChatModel(f"{provider}/served", api_base=address)
        requests = [ChatRequest(model, [{"role": "user", "content": str(n)}]) for n in range(n_requests)]
        return client.ask_all(requests), arrived, client.counts


def _first(*faults):
    """Faults for the first requests, then an answer."""
    left = list(faults)
    return lambda _: left.pop(0) if left else (200, chat_completion("yes"))


FAULTS = {
    **{
        str(code): (code, {"error": {"message": "later"}})
        for code in (408, 409, 429, 500, 502, 503, 504, 529)
    },
    "empty choices": (200, {**chat_completion("lost"), "choices": []}),
    "no choices": (200, {"id": "x", "object": "chat.completion"}),
    "an error with status 200": (200, {"error": {"message": "upstream", "code": 502}}),
    "invalid JSON": (200, b'{"id": "x", "choi'),
    "not JSON": (200, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
    "an empty body": (200, b""),
    "a list": (200, b"[1, 2]"),
    "a dropped connection": (200, b"{", {"Content-Length": "100"}),
}


@pytest.mark.parametrize("provider", ["hosted_vllm", "openai"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_is_asked_again(fault, provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    (answer,), arrived, counts = _asked(_first(FAULTS[fault]), provider=provider, retries=1, timeout_s=20)
    assert (answer.status, answer.text, len(arrived)) == ("answered", "yes", 2)
    assert (counts.retried, counts.failed) == (1, 0)


@pytest.mark.parametrize("provider", ["hosted_vllm", "openai"])
@pytest.mark.parametrize("code", [400, 413, 422])
def test_a_lasting_fault_is_not_asked_again(code, provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    fault = (code, {"error": {"message": "never"}})
    (answer,), arrived, counts = _asked(lambda _: fault, provider=provider, retries=3)
    assert (answer.status, len(arrived), counts.failed) == ("failed", 1, 1)
    assert "never" in answer.reason


@pytest.mark.parametrize("code", [401, 403, 404])
def test_what_no_request_can_pass_ends_the_job_and_names_the_key(code):
    fault = (code, {"error": {"message": "no"}})
    with pytest.raises(UserError, match=r"^judge, key 'model' \(hosted_vllm/served\): .*check"):
        _asked(lambda _: fault, retries=3)


@pytest.mark.parametrize("code", [403, 404])
def test_a_refusal_of_one_request_is_one_failure_where_others_were_answered(code):
    def respond(body):
        fault = body["messages"][0]["content"] == "3"
        return (code, {"error": {"message": "gone"}}) if fault else (200, chat_completion("yes"))

    answers, _, _ = _asked(respond, 4, concurrency=1)
    assert [answer.status for answer in answers] == ["answered"] * 3 + ["failed"]


def test_a_call_is_made_once_and_as_often_again_as_retries_say():
    (answer,), arrived, counts = _asked(lambda _: (503, {"error": {"message": "later"}}), retries=2)
    assert (answer.status, len(arrived), counts.retried, counts.failed) == ("failed", 3, 2, 1)


@pytest.mark.slow
def test_a_time_out_is_asked_again():
    first = [True]

    def respond(_):
        if first:
            first.pop()
            time.sleep(30)
        return 200, chat_completion("yes")

    (answer,), arrived, _ = _asked(respond, retries=1, timeout_s=3)
    assert (answer.text, len(arrived)) == ("yes", 2)


def test_refused_and_truncated_answers_are_results_and_not_asked_again():
    def respond(body):
        if body["messages"][0]["content"] == "1":
            return 200, chat_completion("part", "length")
        reply = chat_completion("")
        reply["choices"][0]["message"]["refusal"] = "I will not"
        return 200, reply

    answers, arrived, _ = _asked(respond, 2, retries=3)
    assert [answer.status for answer in answers] == ["refused", "truncated"]
    assert len(arrived) == 2


@pytest.mark.slow
def test_retry_after_is_honoured():
    start = time.monotonic()
    fault = (429, {"error": {"message": "later"}}, {"Retry-After": "1"})
    (answer,), arrived, _ = _asked(_first(fault), retries=1)
    assert (answer.text, len(arrived)) == ("yes", 2)
    assert time.monotonic() - start >= 1


def test_a_provider_that_asks_for_an_hour_is_not_waited_for():
    fault = (429, {"error": {"message": "quota"}}, {"Retry-After": "3600"})
    with pytest.raises(UserError, match="quota of the day or longer"):
        _asked(lambda _: fault, retries=5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers, seconds):
    assert retry_after(headers, now=10.0) == seconds


def test_pauses_grow_are_random_and_have_an_end():
    longest = [max(pause(attempt, None, 1.0) for _ in range(300)) for attempt in (1, 3, 5, 30)]
    for found, bound in zip(longest, (1, 4, 16, 60), strict=True):
        assert 0.8 * bound < found <= bound
    assert all(5 <= pause(1, 5.0, 1.0) <= 6 for _ in range(50))


@pytest.mark.parametrize(
    ("code", "transient"), [(None, True), (200, True), (429, True), (500, True), (400, False), (404, False)]
)
def test_what_passes_is_told_by_the_status(code, transient):
    assert CallFailed("why", code).transient is transient
