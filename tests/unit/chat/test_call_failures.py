"""Claims about failed calls that end a job: the account, the key, a setting, or too many of them."""

from __future__ import annotations

import asyncio

import pytest
from stub_models import chat_completion, chat_server

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.chat.failures import account_problem, check_failed, setting_problem
from skillift.errors import UserError

# status and body, as the providers' documentation and public reports give them
USED_UP = {
    "OpenAI": (
        429,
        {
            "error": {
                "message": "You exceeded your current quota, please check your plan and billing details.",
                "type": "insufficient_quota",
                "code": "insufficient_quota",
            }
        },
    ),
    "OpenAI, hard limit": (400, {"error": {"message": "Billing hard limit has been reached"}}),
    "Anthropic": (
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your credit balance is too low to access the Anthropic API.",
            },
        },
    ),
    "Anthropic, billing": (402, {"type": "error", "error": {"type": "billing_error", "message": "pay"}}),
    "Gemini, a day": (
        429,
        {
            "error": {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": "You exceeded your current quota. quotaId: "
                "GenerateRequestsPerDayPerProjectPerModel-FreeTier. Please retry in 32.5s.",
            }
        },
    ),
    "OpenRouter": (402, {"error": {"code": 402, "message": "Insufficient credits"}}),
    "OpenRouter, key": (403, {"error": {"code": 403, "message": "Key limit exceeded (total limit)"}}),
    "OpenRouter, free": (429, {"error": {"message": "Rate limit exceeded: free-models-per-day"}}),
    "Azure": (
        403,
        {"error": {"code": "403", "message": "Out of call volume quota. Quota will be replenished"}},
    ),
    "Groq": (429, {"error": {"message": "Rate limit reached on tokens per day (TPD): Limit 500000"}}),
    "DeepSeek": (402, {"error": {"message": "Insufficient Balance"}}),
    "Fireworks": (412, {"error": {"message": "Account x is suspended, check your billing"}}),
    "a proxy": (
        400,
        {"error": {"message": "Budget has been exceeded! Current cost: 2", "type": "budget_exceeded"}},
    ),
    "a revoked key": (401, {"error": {"message": "Incorrect API key provided"}}),
}
PASSING = {
    "OpenAI": (429, {"error": {"message": "Rate limit reached on tokens per min (TPM): Limit 30000"}}),
    "Gemini, a minute": (
        429,
        {
            "error": {
                "status": "RESOURCE_EXHAUSTED",
                "message": "You exceeded your current quota. quotaId: "
                "GenerateRequestsPerMinutePerProjectPerModel-FreeTier. Please retry in 0.2s.",
            }
        },
    ),
    "overloaded": (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
}


def _requests(address, number, **settings):
    model = ChatModel("hosted_vllm/served", api_base=address, where="judges.main", **settings)
    return [ChatRequest(model, [{"role": "user", "content": str(n)}]) for n in range(number)]


@pytest.mark.parametrize("name", USED_UP)
def test_a_used_up_account_ends_the_job_at_its_first_reply_and_the_rest_is_asked_once_it_is_paid(
    name, tmp_path
):
    paid = []

    def respond(_):
        return USED_UP[name] if len(arrived) > 6 and not paid else (200, chat_completion("yes"))

    with chat_server(respond) as (address, arrived), AnswerCache(tmp_path / "answers.sqlite") as cache:
        options = {"cache": cache, "retries": 8, "backoff_s": 0.01, "concurrency": 1, "max_failed_share": 0.9}
        with (
            ChatClient(**options) as client,
            pytest.raises(UserError, match=r"^judges\.main, key 'model'.*kept"),
        ):
            client.ask_all(_requests(address, 20))
        assert len(arrived) == 7
        paid.append(True)
        with ChatClient(**options) as client:
            answers = client.ask_all(_requests(address, 20))
    assert {answer.text for answer in answers} == {"yes"}
    assert len(arrived) == 21  # each question once, and the one that was refused


@pytest.mark.parametrize("name", PASSING)
def test_a_limit_that_passes_is_waited_for(name):
    left = [PASSING[name]]
    respond = lambda _: left.pop() if left else (200, chat_completion("yes"))  # noqa: E731
    with chat_server(respond) as (address, arrived), ChatClient(retries=2, backoff_s=0.01) as client:
        (answer,) = client.ask_all(_requests(address, 1))
    assert (answer.text, len(arrived)) == ("yes", 2)


def test_a_moderated_question_is_no_used_up_account():
    assert account_problem(403, "Your chosen model requires moderation and your input was flagged") == ""
    assert account_problem(500, "insufficient_quota") == ""


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("temperature", "Unsupported value: 'temperature' does not support 0 with this model."),
        ("temperature", "`temperature` is deprecated for this model."),
        ("temperature", "Unsupported parameter: 'temperature' is not supported with this model."),
        ("top_p", "top_p is not supported by this model"),
        ("response_format", "This response_format type is unavailable now"),
        ("response_format", "Invalid parameter: 'response_format' of type 'json_schema' is not supported"),
    ],
)
def test_a_setting_that_the_model_does_not_take_ends_the_job_with_the_key_to_set(key, text):
    respond = lambda _: (400, {"error": {"message": text}})  # noqa: E731
    with chat_server(respond) as (address, arrived), ChatClient(retries=8) as client:
        match = rf"judges\.main, key '{key}' .*Write `{key}: "
        with pytest.raises(UserError, match=match):
            client.ask_all(_requests(address, 30, temperature=0.0))
    assert len(arrived) <= 4


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 4096 tokens; you requested 5000 (max_tokens 500).",
        "The messages must not be empty",
    ],
)
def test_a_question_that_is_refused_says_nothing_of_the_settings(text):
    assert setting_problem(400, text) == ("", "")


def test_a_server_that_refuses_every_call_ends_the_job_after_its_first_calls():
    respond = lambda _: (501, {"error": {"message": "not here"}})  # noqa: E731
    options = {"retries": 2, "backoff_s": 0.001, "max_failed_share": 0.5}
    match = r"judges\.main .*4 of 296 failed, at most 148 may.*not here"
    with chat_server(respond) as (address, arrived), ChatClient(**options) as client:
        requests = _requests(address, 296)
        with pytest.raises(UserError, match=match):
            client.ask_all(requests)
    assert 4 * 3 <= len(arrived) <= 7 * 3  # a call that has failed lets another begin


@pytest.mark.slow
def test_more_failures_than_the_share_end_the_job_and_answers_under_way_are_kept(tmp_path):
    def respond(body):
        number = int(body["messages"][0]["content"])
        return (400, {"error": {"message": "bad"}}) if number in (10, 11) else (200, chat_completion("yes"))

    with chat_server(respond) as (address, arrived), AnswerCache(tmp_path / "answers.sqlite") as cache:
        few = ChatClient(cache=cache, max_failed_share=0.02)
        with few, pytest.raises(UserError, match="2 of 50 failed, at most 1 may"):
            few.ask_all(_requests(address, 50))
        first = len(arrived)
        with ChatClient(cache=cache, max_failed_share=0.04) as client:
            answers = client.ask_all(_requests(address, 50))
    assert sorted(answer.status for answer in answers) == ["answered"] * 48 + ["failed"] * 2
    assert len(arrived) == 52  # nothing but the two failed is asked twice
    assert first < 52


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [True, False])
def test_questions_that_fail_for_good_do_not_end_a_job_whose_others_are_kept(lasting, tmp_path):
    """A dead model ends it all the same."""
    fault = (400, {"error": {"message": "too long"}}) if lasting else (503, {"error": {"message": "gone"}})

    def respond(body):
        return fault if int(body["messages"][0]["content"]) < 5 else (200, chat_completion("yes"))

    with chat_server(respond) as (address, _), AnswerCache(tmp_path / "answers.sqlite") as cache:
        options = {"cache": cache, "max_failed_share": 0.1, "retries": 1, "backoff_s": 0.001}
        with ChatClient(**options) as client:
            client.ask_all(_requests(address, 60)[5:])
        with ChatClient(**options) as client:
            if lasting:
                answers = client.ask_all(_requests(address, 60))
                assert [answer.status for answer in answers] == ["failed"] * 5 + ["answered"] * 55
            else:
                with pytest.raises(UserError, match="4 of 60 failed"):
                    client.ask_all(_requests(address, 60))


def test_a_table_with_more_failed_rows_than_may_is_refused():
    check_failed("judges.main", ["late"], 100, 0.01)
    with pytest.raises(UserError, match=r"^judges\.main: 2 of 100 failed, at most 1 may .*0\.01.*late"):
        check_failed("judges.main", ["late", "late"], 100, 0.01)


def test_a_call_under_way_at_the_end_of_a_job_is_kept(tmp_path):
    """The job ends while a slow answer is on its way: it is paid for, so it is waited for."""

    def respond(body):
        if body["messages"][0]["content"] == "0":
            asyncio.run(asyncio.sleep(0.5))
            return 200, chat_completion("slow")
        return 402, {"error": {"message": "Insufficient credits"}}

    with chat_server(respond) as (address, arrived), AnswerCache(tmp_path / "answers.sqlite") as cache:
        with ChatClient(cache=cache) as client, pytest.raises(UserError, match="Insufficient credits"):
            client.ask_all(_requests(address, 2))
        assert cache.get(_requests(address, 1)[0].key())["text"] == "slow"
    assert len(arrived) == 2


def _without_usage(text):
    reply = chat_completion(text)
    del reply["usage"]
    return reply


def test_a_reply_without_usage_is_booked_at_its_estimate_so_the_ceiling_binds(tmp_path, capsys):
    price = (1000.0, 1000.0)
    respond = lambda _: (200, _without_usage("yes"))  # noqa: E731
    with chat_server(respond) as (address, arrived), AnswerCache(tmp_path / "answers.sqlite") as cache:
        requests = _requests(address, 10, price=price, max_tokens=90)
        with ChatClient(cache=cache, concurrency=1) as client:
            answers = client.ask_all(requests[:2])
        assert min(answer.cost_usd for answer in answers) >= 0.09  # 90 tokens of the reply
        paid = sum(answer.cost_usd for answer in answers)
        assert cache.spent()["hosted_vllm/served"] == pytest.approx(paid)
        client = ChatClient(cache=cache, concurrency=1, budget_usd=0.5)
        with client, pytest.raises(UserError, match=r"the ceiling is 0\.50 USD"):
            client.ask_all(requests)
    assert len(arrived) == 2
    assert capsys.readouterr().err.count("do not say what they took") == 1
