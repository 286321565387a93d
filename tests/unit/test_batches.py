"""Claims about batches: every question gets its answer, whatever a provider does to batches and lines."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from batch_server import BatchServer, serving
from stub_models import chat_completion

from skillift.batches import asking as batches
from skillift.batches.settings import BatchSettings
from skillift.batches.state import CREATED, BatchState
from skillift.chat.answer_cache import AnswerCache
from skillift.chat.client import ChatClient, ChatModel, ChatRequest
from skillift.errors import UserError

PRICE = (0.0, 1000.0)  # a reply of 3 tokens costs 0.3 cents, half in a batch
MODEL = "hosted_vllm/served"


@pytest.fixture
def cache(tmp_path):
    with AnswerCache(tmp_path / "answers.sqlite") as kept:
        yield kept


@pytest.fixture(autouse=True)
def no_question_is_too_few(monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 0)


def echo(body):
    return 200, chat_completion(f"reply to {body['messages'][0]['content']}")


def requests_to(address, n_requests=6, **entry):
    model = ChatModel(MODEL, api_base=address, max_tokens=3, price=PRICE, **entry)
    return [ChatRequest(model, [{"role": "user", "content": f"question {n}"}]) for n in range(n_requests)]


def settings(**options):
    return BatchSettings(frozenset([MODEL]), **{"poll_s": 0.02, "most_requests": 4, **options})


def ask(cache, requests, batch=None, **options):
    with ChatClient(
        cache=cache, batch=batch or settings(), timeout_s=20, backoff_s=0.01, **options
    ) as client:
        return client.ask_all(requests, "asking"), client


def texts(answers):
    return [answer.text for answer in answers]


EXPECTED = [f"reply to question {n}" for n in range(6)]


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


@pytest.mark.parametrize(
    "fail",
    [
        {"upload": [500, 0, 429]},
        {"create": [429, 503]},
        {"create": [0]},
        {"create": [-1]},
        {"create": [-1], "list": [500]},
        {"look": [500, 0, 429]},
        {"content": [503, 0]},
    ],
    ids=str,
)
def test_calls_about_a_batch_may_fail_and_no_batch_is_created_twice(fail, cache):
    server = BatchServer(echo, fail=fail)
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address), retries=5)
    assert texts(answers) == EXPECTED
    assert server.count("create") == 2
    assert set(server.answered().values()) == {1}
    assert server.count("chat") == 0


@pytest.mark.parametrize("event", ["upload", "create"])
def test_a_provider_that_takes_no_batches_is_an_error_that_names_the_setting(event, cache):
    server = BatchServer(echo, fail={event: [404]})
    with serving(server) as address:
        with pytest.raises(UserError, match=r"judge \(hosted_vllm/served\): a batch cannot be.*`api\.batch`"):
            ask(cache, requests_to(address), retries=3)
        assert BatchState(cache).open_batches() == []
        answers, _ = ask(cache, requests_to(address), BatchSettings())
    assert texts(answers) == EXPECTED


def test_a_batch_that_may_exist_is_not_created_anew_by_the_next_run(cache):
    server = BatchServer(echo, fail={"create": [-1], "list": [500]})
    with serving(server) as address:
        with pytest.raises(UserError, match="Run again to go on"):
            ask(cache, requests_to(address, 4))
        answers, _ = ask(cache, requests_to(address, 4))
    assert texts(answers) == EXPECTED[:4]
    assert server.count("create") == 1


def test_a_batch_is_found_behind_many_others(cache):
    server = BatchServer(echo, fail={"create": [-1]})
    with serving(server) as address:
        with pytest.raises(UserError):
            server.fail["list"] = [500]
            ask(cache, requests_to(address, 4))
        first = dict(server.batches["batch_0"])
        for number in range(250):
            server.batches[f"other_{number}"] = first | {"id": f"other_{number}", "metadata": None}
        answers, _ = ask(cache, requests_to(address, 4))
    assert texts(answers) == EXPECTED[:4]
    assert (server.count("create"), server.count("list")) == (1, 3)


def test_a_batch_that_takes_too_long_is_cancelled_and_what_it_has_is_kept(cache):
    server = BatchServer(echo, looks=10**6)
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address, 4), settings(wait_h=0.1 / 3600))
    assert texts(answers) == EXPECTED[:4]
    assert server.count("cancel") >= 1
    assert set(server.answered().values()) == {1}


def test_a_batch_that_does_not_even_end_when_cancelled_is_given_up(cache, monkeypatch, capsys):
    monkeypatch.setattr(batches, "_CANCELLING_S", 0.1)
    server = BatchServer(echo, looks=10**6, fail={"cancel": [500] * 99})
    with serving(server) as address:
        answers, _ = ask(cache, requests_to(address, 4), settings(wait_h=0.0))
    assert texts(answers) == EXPECTED[:4]
    assert "did not end though it was cancelled" in capsys.readouterr().err
    assert (server.count("create"), server.count("chat")) == (1, 4)


def test_a_batch_that_nobody_knows_is_an_error_and_given_up_after_two_days(cache, capsys):
    server = BatchServer(echo)
    with serving(server) as address:
        requests = requests_to(address, 2)
        with ChatClient(cache=cache, batch=settings(), timeout_s=20) as client:
            place = batches._place(requests[0].model)
            state = client._batches.state
            batch = state.plan(place, MODEL, {request.key(): request for request in requests}, 0.5)
            state.advance(batch, CREATED, "batch_of_another_account")
            with pytest.raises(
                UserError, match=r"batch_of_another_account\) cannot be looked at.*the account"
            ):
                client.ask_all(requests)
        cache._connection.execute("UPDATE batches SET at = at - 200000")
        answers, _ = ask(cache, requests)
    assert texts(answers) == EXPECTED[:2]
    assert "is not known any more" in capsys.readouterr().err
    assert cache.reserved() == {}


def test_a_batch_that_cannot_be_looked_for_is_given_up_after_two_days(cache):
    server = BatchServer(echo, fail={"create": [-1], "list": [405]})
    with serving(server) as address:
        for _ in range(2):
            with pytest.raises(UserError, match=r"a batch cannot be looked for.*given up after two days"):
                ask(cache, requests_to(address, 2))
            server.fail["list"] = [405]
        cache._connection.execute("UPDATE batches SET at = at - 200000")
        answers, _ = ask(cache, requests_to(address, 2))
    assert texts(answers) == EXPECTED[:2]


def test_an_outstanding_batch_is_waited_for_even_after_batches_were_turned_off(cache):
    server = BatchServer(echo, fail={"look": [404]})
    with serving(server) as address:
        with pytest.raises(UserError, match="cannot be looked at"):
            ask(cache, requests_to(address, 3))
        assert len(BatchState(cache).lines()) == 3
        answers, _ = ask(cache, requests_to(address, 5), BatchSettings(poll_s=0.02))
    assert texts(answers) == EXPECTED[:5]
    assert (server.count("create"), server.count("chat")) == (1, 2)
    assert set(server.answered().values()) == {1}


def test_answers_to_questions_that_are_not_asked_any_more_are_kept(cache):
    server = BatchServer(echo, fail={"look": [404]})
    with serving(server) as address:
        requests = requests_to(address)
        with pytest.raises(UserError, match="cannot be looked at"):
            ask(cache, requests[:2])
        server.looks = 0
        ask(cache, requests[3:4])
    assert [cache.get(request.key()) is not None for request in requests[:4]] == [True, True, False, True]


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


# money


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
