"""Claims about the client for chat models; litellm is real, its providers are stubs or a local server."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from progress_lines import lines_told
from stub_models import STUB, chat_completion, chat_server, stub_provider

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.chat.counts import Counts
from skillift.errors import UserError
from skillift.settings.chat_models import AskedModel


def _request(text: str = "Hello", **options) -> ChatRequest:
    return ChatRequest(STUB, [{"role": "user", "content": text}], **options)


def _ask(answer, requests, cache=None, **options):
    with stub_provider(answer) as arrived, ChatClient(cache=cache, **options) as client:
        return client.ask_all(requests), arrived


def test_answers_come_in_the_order_of_the_requests():
    async def later(text):
        await asyncio.sleep(0.05 if text == "0" else 0)
        return f"reply to {text}"

    answers, _ = _ask(lambda messages: later(messages[0]["content"]), [_request(str(n)) for n in range(5)])
    assert [answer.text for answer in answers] == [f"reply to {n}" for n in range(5)]
    assert {answer.status for answer in answers} == {"answered"}
    assert (answers[0].prompt_tokens, answers[0].completion_tokens, answers[0].cost_usd) == (7, 3, 0.25)


def test_equal_requests_are_asked_and_paid_once():
    answers, arrived = _ask(lambda _: "yes", [_request(), _request(), _request("Other")])
    assert len(arrived) == 2
    assert [answer.text for answer in answers] == ["yes"] * 3
    assert [answer.cost_usd for answer in answers] == [0.25, 0.0, 0.25]


def test_lines_say_how_many_are_answered_what_was_kept_and_what_was_paid(tmp_path):
    async def later():
        await asyncio.sleep(0.1)
        return "yes"

    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        _ask(lambda _: "yes", [_request("0"), _request("1")], cache)
        with lines_told() as lines:
            _ask(lambda _: later(), [_request(str(number)) for number in range(6)], cache, concurrency=1)
    assert {(line.label, line.total, line.unit) for line in lines} == {("asking", 6, "answer")}
    at_work = [line for line in lines if 2 < line.done < 6]
    assert at_work[0].details[1:4] == ("cached 2", "retried 0", "failed 0")
    assert at_work[-1].details[4].endswith(" USD") and at_work[-1].details[4] > at_work[0].details[4]


def test_failed_calls_are_counted_of_those_that_ended():
    assert Counts(failed=3).notes(1200)[2] == "failed 3 of 1,200"


def test_the_last_line_counts_the_last_failure_too():
    async def fail_at_last(text):
        await asyncio.sleep(0.1)
        if text == "2":
            raise ConnectionError("gone")
        return "yes"

    with lines_told() as lines:
        _ask(
            lambda messages: fail_at_last(messages[0]["content"]),
            [_request(str(number)) for number in range(3)],
            concurrency=1,
        )
    assert lines[-1].done == 3 and lines[-1].details[3] == "failed 1 of 3"


def test_samples_of_one_request_are_asked_each():
    _, arrived = _ask(lambda _: "yes", [_request(sample=0), _request(sample=1)])
    assert len(arrived) == 2


def test_no_more_requests_are_under_way_than_allowed():
    under_way, most = 0, 0

    async def answer():
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return "yes"

    _ask(lambda _: answer(), [_request(str(number)) for number in range(12)], concurrency=3)
    assert most == 3


def test_a_failed_request_is_one_answer_and_not_the_end():
    def answer(messages):
        if messages[0]["content"] == "bad":
            raise RuntimeError("the provider is out")
        return "yes"

    (bad, good), arrived = _ask(answer, [_request("bad"), _request("good")])
    assert bad.status == "failed"
    assert "the provider is out" in bad.reason
    assert good.status == "answered"
    assert len(arrived) == 2


def test_a_request_without_an_answer_in_time_has_failed():
    (answer,), _ = _ask(lambda _: asyncio.sleep(60, "late"), [_request()], timeout_s=0.05)
    assert (answer.status, answer.reason) == ("failed", "no answer within 0.05 s")


@pytest.mark.parametrize(("finish_reason", "status"), [("length", "truncated"), ("stop", "answered")])
def test_a_truncated_answer_has_a_status_of_its_own(finish_reason, status):
    (answer,), _ = _ask(lambda _: ("half an ans", finish_reason), [_request()])
    assert (answer.status, answer.text) == (status, "half an ans")


def test_a_filtered_answer_is_asked_again_twice_then_refused_and_kept_without_its_half(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        (answer,), arrived = _ask(
            lambda _: ("half an ans", "content_filter"), [_request()], cache, retries=8, backoff_s=0.001
        )
        assert (answer.status, answer.text, len(arrived)) == ("refused", "", 3)
        assert "half an ans" in answer.reason
        assert cache.spent() == {"stub/model": 0.75}  # each attempt is paid for, and counted once
        (again,), arrived = _ask(lambda _: "yes", [_request()], cache)
    assert (again, arrived) == (answer, [])


def test_a_reply_with_half_a_character_is_kept_and_not_asked_again(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        (answer,), _ = _ask(lambda _: "cut \ud83d, whole \ud83d\ude00", [_request()], cache)
        assert answer.text == "cut \ufffd, whole \U0001f600"
        (again,), arrived = _ask(lambda _: "yes", [_request()], cache)
    assert (again, arrived) == (answer, [])


@pytest.mark.parametrize("number", [-1, 10**30])
def test_a_number_of_tokens_that_cannot_be_is_none(number, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "local")
    usage = {"prompt_tokens": number, "completion_tokens": number, "total_tokens": number}
    with chat_server(lambda _: (200, chat_completion("yes") | {"usage": usage})) as (address, _):
        model = ChatModel("openai/served", api_base=address, max_tokens=10, price=(1.0, 1.0))
        with ChatClient() as client:
            (answer,) = client.ask_all([ChatRequest(model, [{"role": "user", "content": "Hello"}])])
    assert (answer.prompt_tokens, answer.completion_tokens) == (0, 0)
    assert answer.cost_usd > 0  # booked as the most that it may have cost


@pytest.mark.parametrize(("text", "finish_reason"), [("", "stop"), (" \n", "stop"), ("ANSWER: 4", "error")])
def test_a_reply_that_is_empty_or_broke_off_is_asked_again_and_never_an_answer(text, finish_reason):
    left = [(text, finish_reason)]
    (answer,), arrived = _ask(
        lambda _: left.pop() if left else "ANSWER: 42", [_request()], retries=8, backoff_s=0.001
    )
    assert (answer.status, answer.text, len(arrived)) == ("answered", "ANSWER: 42", 2)
    (answer,), arrived = _ask(lambda _: (text, finish_reason), [_request()], retries=8, backoff_s=0.001)
    assert (answer.status, answer.text, len(arrived)) == ("failed", "", 3)
    assert ("broke off" in answer.reason) == (finish_reason == "error")


def test_a_kept_answer_is_not_asked_for_again_and_is_the_same(tmp_path):
    path = tmp_path / "answers.sqlite"
    with AnswerCache(path) as cache:
        first, _ = _ask(lambda _: "yes", [_request()], cache)
    with AnswerCache(path) as cache:
        second, arrived = _ask(lambda _: "no", [_request(), _request()], cache)
    assert arrived == []
    assert second[0] == first[0]


def test_a_failure_is_not_kept(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        _ask(lambda _: 1 / 0, [_request()], cache)
        answers, _ = _ask(lambda _: "yes", [_request()], cache)
    assert answers[0].text == "yes"


def _marked(task: str = "Question?") -> str:
    blocks = {"task": task, "reference": "1", "response": "ANSWER: 1"}
    code = "0123456789abcdef"
    return "\n".join(f"<<<{name} {code}>>>\n{text}\n<<<end {name} {code}>>>" for name, text in blocks.items())


def test_an_offline_judge_is_not_cached_since_its_answer_depends_on_code(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache, ChatClient(cache=cache) as client:
        request = ChatRequest(ChatModel("offline/tail"), [{"role": "user", "content": _marked()}])
        (answer,) = client.ask_all([request])
        assert answer.status == "answered"
        assert cache.get(request.key()) is None


def test_an_offline_judge_without_markers_in_its_prompt_fails_and_says_so():
    with ChatClient() as client:
        (answer,) = client.ask_all(
            [ChatRequest(ChatModel("offline/tail"), [{"role": "user", "content": "1?"}])]
        )
    assert answer.status == "failed"
    assert "no block 'task'" in answer.reason


def test_a_broken_cache_ends_the_job(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        cache._connection.execute("DROP TABLE answers")
        with pytest.raises(UserError, match="cache of answers cannot be used"):
            _ask(lambda _: "yes", [_request("a"), _request("b")], cache)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": ChatModel("stub/other")},
        {"model": ChatModel("stub/model", temperature=0.5)},
        {"model": ChatModel("stub/model", max_tokens=5)},
        {"model": ChatModel("stub/model", api_base="http://localhost/v1")},
        {"model": ChatModel("stub/model", extra_body={"provider": {"order": ["x"]}})},
        {"messages": [{"role": "user", "content": "Hello!"}]},
        {"response_schema": {"type": "object"}},
        {"sample": 1},
    ],
)
def test_a_key_covers_everything_that_can_change_an_answer(changed):
    plain = {"model": STUB, "messages": [{"role": "user", "content": "Hello"}]}
    assert ChatRequest(**{**plain, **changed}).key() != ChatRequest(**plain).key()


def test_a_key_leaves_out_the_price():
    priced = ChatModel.from_entry(
        AskedModel(model="stub/model", price={"input_per_million": 1.0, "output_per_million": 5.0})
    )
    assert ChatRequest(priced, []).key() == ChatRequest(STUB, []).key()


def test_an_offline_judge_that_does_not_exist_is_an_error_before_any_call():
    with pytest.raises(UserError, match="key 'model'"):
        ChatModel.from_entry(AskedModel(model="offline/oracle"))


@pytest.mark.parametrize("provider", ["hosted_vllm", "openai"])
def test_a_request_over_http_is_sent_once_even_when_the_server_fails(provider, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    def respond(body):
        if body["messages"][0]["content"] == "bad":
            return 500, {"error": {"message": "overloaded"}}
        return 200, chat_completion("yes")

    with chat_server(respond) as (address, arrived), ChatClient(timeout_s=20) as client:
        entry = {
            "model": f"{provider}/served",
            "api_base": address,
            "temperature": 0.0,
            "max_tokens": 9,
            "price": {"input_per_million": 1.0, "output_per_million": 2.0},
        }
        model = ChatModel.from_entry(AskedModel(**entry))
        bad, good = client.ask_all(
            [ChatRequest(model, [{"role": "user", "content": text}]) for text in ("bad", "good")]
        )
    assert len(arrived) == 2
    assert (arrived[0]["temperature"], arrived[0]["max_tokens"]) == (0.0, 9)
    assert bad.status == "failed"
    assert "overloaded" in bad.reason
    assert (good.text, good.prompt_tokens, good.cost_usd) == ("yes", 7, pytest.approx(13e-6))


def test_offline_calls_cost_no_money():
    model = ChatModel("offline/tail")
    requests = [
        ChatRequest(model, [{"role": "user", "content": _marked(str(number))}]) for number in range(50)
    ]
    with ChatClient() as client:
        answers = client.ask_all(requests)
    assert {answer.text for answer in answers} == {'{"conclusion": "1", "passed": true}'}
    assert {answer.cost_usd for answer in answers} == {0.0}


def test_an_offline_judge_is_asked_without_litellm_whose_import_takes_seconds():
    code = (
        "import sys\n"
        "from skillift.chat.client import ChatClient, ChatModel, ChatRequest\n"
        "with ChatClient() as client:\n"
        "    request = ChatRequest(ChatModel('offline/tail'), [{'role': 'user', 'content': sys.argv[1]}])\n"
        "    assert client.ask_all([request])[0].status == 'answered'\n"
        "assert 'litellm' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, _marked()]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.slow
def test_loading_litellm_asks_nobody_and_reads_no_env_file(tmp_path):
    (tmp_path / ".env").write_text("FROM_ENV_FILE=1\n")
    code = (
        "import os, socket\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from skillift.chat.client import load_litellm\n"
        "assert load_litellm().telemetry is False\n"
        "assert 'FROM_ENV_FILE' not in os.environ\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")
