"""Claims about batches that are under way: none is created twice, lost, or waited for without an end."""

from __future__ import annotations

import pytest
from batch_questions import EXPECTED, MODEL, ask, echo, requests_to, settings, texts
from batch_server import BatchServer, serving

from skillift.chat.batches import asking as batches
from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.batches.state import CREATED, BatchState
from skillift.chat.client import ChatClient
from skillift.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_question_is_too_few(monkeypatch):
    monkeypatch.setattr(batches, "_FEW", 0)


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


def test_a_batch_that_may_exist_is_not_created_again_by_the_next_run(cache):
    server = BatchServer(echo, fail={"create": [-1], "list": [500]})
    with serving(server) as address:
        with pytest.raises(UserError, match="Run again to go on"):
            ask(cache, requests_to(address, 4))
        answers, _ = ask(cache, requests_to(address, 4))
    assert texts(answers) == EXPECTED[:4]
    assert server.count("create") == 1


def test_a_batch_that_is_kept_no_more_fails_as_the_provider_said(cache, monkeypatch):
    monkeypatch.setattr(BatchState, "find", lambda self, batch_id: None)  # another process gave it up
    server = BatchServer(echo, fail={"create": [-1]})
    with serving(server) as address, pytest.raises(UserError, match="a batch cannot be submitted"):
        ask(cache, requests_to(address, 2))


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
